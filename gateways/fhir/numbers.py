"""`value[x]` as one number with its unit, or why it is none."""

from decimal import Decimal
from typing import Any, NamedTuple

from picustream.gateways.fhir.elements import UCUM, Fields, inner, objects, text, value_names
from picustream.scoring.faults import Fault

_COMPARATORS = {"<", "<=", ">=", ">"}
_SCORE = "{score}"
"""The unit of an integer and of an ordinal: FHIR has none for them."""
_ORDINAL = {
    "http://hl7.org/fhir/StructureDefinition/ordinalValue",
    "http://hl7.org/fhir/StructureDefinition/itemWeight",
}
_NO_NUMBER = {
    "valueRange": Fault("value-range", "", "a range is not one number"),
    "valueRatio": Fault("value-ratio", "", "a ratio is not one number"),
}


class Reading(NamedTuple):
    """What an Observation or a component states as its value."""

    value: Decimal | Fault | None
    unit: str | None = None
    unit_is_ucum: bool = False
    comparator: str | None = None


def reading(element: Fields, path: str) -> Reading:
    """The number of an Observation or a component; None where it has no value."""
    names = value_names(element)
    if not names:
        return Reading(None)
    if len(names) > 1:
        return Reading(Fault("repeated-value", f"{path}/{known_name(names[0])}", "more than one value[x]"))
    name, value = names[0], element.get(names[0])
    path = f"{path}/{known_name(name)}"
    if value is None:  # its extensions alone
        return Reading(None)
    if name == "valueQuantity":
        return _quantity(value, path)
    if name == "valueInteger":
        return _whole(value, path)
    if name == "valueCodeableConcept":
        return _ordinal(value, path)
    known = _NO_NUMBER.get(name)
    return Reading(Fault(known.reason, path, known.message) if known else _not_numeric(path))


def known_name(name: str) -> str:
    """The name of a `value[x]` as a path has it: one that FHIR does not have is not repeated."""
    return name if name in _NAMES else "value[x]"


_NAMES = {
    f"value{kind}"
    for kind in ("Quantity", "CodeableConcept", "String", "Boolean", "Integer", "Range", "Ratio", "SampledData", "Time",
                 "DateTime", "Period", "Attachment", "Reference", "Decimal")
}  # fmt: skip


def _quantity(quantity: Any, path: str) -> Reading:
    if not isinstance(quantity, dict):
        return Reading(_not_numeric(path))
    value = quantity.get("value")
    if value is None:
        return Reading(None)
    comparator = quantity.get("comparator")
    found: Decimal | Fault = value if isinstance(value, Decimal) else _not_numeric(f"{path}/value")
    if comparator is not None and not (isinstance(comparator, str) and comparator in _COMPARATORS):
        found = Fault("comparator-unknown", f"{path}/comparator", "none of <, <=, >=, >")
        comparator = None
    unit, is_ucum = _unit(quantity)
    return Reading(found, unit, is_ucum, comparator)


def _unit(quantity: Fields) -> tuple[str | None, bool]:
    """The code of UCUM; of another system the text, for its code may be anything (SNOMED CT)."""
    code = text(quantity, "code")
    if code and text(quantity, "system").rstrip("/") in UCUM:
        return code, True
    return text(quantity, "unit") or code or None, False


def _whole(value: Any, path: str) -> Reading:
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return Reading(value, _SCORE, unit_is_ucum=True)
    return Reading(_not_numeric(path))


def _ordinal(concept: Any, path: str) -> Reading:
    """The number that goes with a coded answer: all codings that have one agree."""
    if not isinstance(concept, dict):
        return Reading(_not_numeric(path))
    elements = [concept, *objects(concept.get("coding"))]
    extensions = (one for element in elements for one in objects(element.get("extension")))
    weights = {
        weight
        for one in extensions
        if text(one, "url") in _ORDINAL and isinstance(weight := one.get("valueDecimal"), Decimal)
    }
    if len(weights) > 1:
        return Reading(Fault("repeated-value", path, "its codings have different ordinal values"))
    return Reading(weights.pop(), _SCORE, unit_is_ucum=True) if weights else Reading(_not_numeric(path))


def _not_numeric(path: str) -> Fault:
    return Fault("value-not-numeric", path, "not one number")


def is_absent(element: Fields) -> bool:
    """Whether an Observation or a component says that there is no value."""
    if element.get("dataAbsentReason"):
        return True
    value = inner(element, "valueQuantity")
    return bool(value) and value.get("value") is None
