"""Refused events that seem to report a death in another form: a discharge as `expired`, a field, a type.

A death is the worst event to lose (O3), so the dead letter says how it is sent.
"""

import re
from decimal import Decimal
from typing import Any

SEND_DIED = "of a child who died send the type `died`, with the time of death"

_WORD = re.compile(r"(?<![a-z])(?:expired?|deceased|died|dead|death|exp|morgue|exitus)(?![a-z])|死亡", re.IGNORECASE)
_CODES = frozenset({"20", "40", "41", "42"})
"""Of the discharge dispositions of HL7 (table 0112) and of UB-04."""
_NAMES = frozenset({"event_id", "source", "patient_id", "stay_id", "id", "unit", "bed"})
"""Fields that hold identifiers, in which a word means nothing."""


def tells_of_death(fields: dict[str, Any]) -> bool:
    """Whether an event of another type than `died` seems to report a death."""
    if fields.get("type") == "died":
        return False
    words = [*fields, *(value for name, value in fields.items() if name not in _NAMES)]
    return any(isinstance(one, str) and _WORD.search(one) for one in words) or _is_code(fields.get("destination"))


def _is_code(value: Any) -> bool:
    return isinstance(value, str | Decimal) and str(value).strip() in _CODES
