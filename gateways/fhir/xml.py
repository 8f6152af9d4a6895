"""FHIR as XML is not read, but its values are counted: each is accounted for as a letter."""

import re

_TAG = re.compile(rb"<(/?)(Observation|component|extension|dataAbsentReason|value[A-Z]\w*)\b")


def count_in_xml(data: bytes) -> int:
    """How many values can be seen in XML: components of Observations, and one of its own in each that has one."""
    components, own, inside = 0, 0, dict.fromkeys((b"Observation", b"component", b"extension"), 0)
    waits = False  # for a value of its own
    for closes, name in _TAG.findall(data):
        if name in inside:
            inside[name] += -1 if closes else 1
            components += name == b"component" and not closes and inside[b"Observation"] > 0
            waits = waits or (name == b"Observation" and not closes)
        elif waits and not inside[b"component"] and not inside[b"extension"]:
            own, waits = own + 1, False
    return components + own
