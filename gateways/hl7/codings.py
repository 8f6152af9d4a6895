"""Codes, units and specimens of HL7 v2 in the words of FHIR."""

from collections.abc import Iterable, Mapping

from picustream.gateways.hl7.message import DELETED, Segment
from picustream.gateways.statement import Coding

MDC = "urn:iso:std:iso:11073:10101"
_UCUM = {"UCUM", "HTTP://UNITSOFMEASURE.ORG", "2.16.840.1.113883.6.8"}
_SYSTEMS = {
    **dict.fromkeys(("LN", "LOINC", "2.16.840.1.113883.6.1"), "http://loinc.org"),
    **dict.fromkeys(("MDC", "2.16.840.1.113883.6.24"), MDC),
    **dict.fromkeys(("SCT", "SNM", "SNOMED-CT", "2.16.840.1.113883.6.96"), "http://snomed.info/sct"),
}
"""Names of table 0396 and identifiers of the systems that are known by a name of their own."""
_CODED = ((1, 2, 3), (4, 5, 6), (10, 11, 12))
"""Code, text and system in a CWE, and in its alternates."""
FIRST_SETTING = 1 << 24
"""Of MDC codes: a setting is its parameter's code plus 2^24."""
_WORDS = {"CE", "CWE", "CNE", "IS", "ID", "ST", "TX"}
_LONGEST_WORDS = 300
_SETTINGS, _MEASUREMENTS = {"ASET", "MSET"}, {"AMEAS", "MMEAS", "ACALC", "MCALC"}
_SPECIMENS = {
    **dict.fromkeys(("BLDA", "122552005", "ARTERIAL", "ARTERIAL BLOOD"), "arterial"),
    **dict.fromkeys(("BLDV", "122555007", "VENOUS", "VENOUS BLOOD"), "venous"),
    **dict.fromkeys(("BLDC", "122554006", "CAPILLARY", "CAPILLARY BLOOD"), "capillary"),
    **dict.fromkeys(("BLDMV", "MIXED-VENOUS", "MIXED VENOUS"), "mixed-venous"),
}
"""Tables 0487 and 0070, SNOMED CT, and the words themselves."""


def codings(obx: Segment, local_system: str | None) -> tuple[Coding, ...]:
    """Every code of OBX-3; one without a system is of the source's own."""
    found = []
    most = obx.components(3)
    for code, text, system in _CODED[: 1 + (most > 3) + (most > 9)]:
        if (value := _given(obx, 3, code)) and len(value) <= 200:
            found.append(Coding(value, system_of(_given(obx, 3, system)) or local_system or "", _given(obx, 3, text)))
    return tuple(found)


def system_of(name: str) -> str:
    """The name of a system as FHIR writes it, where we know it; else as it is."""
    return _SYSTEMS.get(name.upper().removeprefix("URN:OID:"), name)


def unit(obx: Segment) -> tuple[str | None, bool]:
    """The unit of OBX-6, and whether it is said to be UCUM."""
    if not obx.raw(6):
        return None, False
    coded = [(_given(obx, 6, code), _given(obx, 6, system)) for code, _, system in _CODED[:2]]
    for code, system in coded:
        if code and system.upper().removeprefix("URN:OID:") in _UCUM:
            return code, True
    return next((code for code, _ in coded if code), _given(obx, 6, 2) or None), False


def is_setting(obx: Segment, found: tuple[Coding, ...]) -> bool | None:
    """Whether a device states a setting or a measurement, where OBX-17 or the code of MDC says so."""
    methods = {_given(obx, 17, 1, repetition).upper() for repetition in range(1, obx.repetitions(17) + 1)}
    if methods & _SETTINGS:
        return True
    if any(is_setting_code(coding) for coding in found):
        return True
    return False if methods & _MEASUREMENTS else None


def is_setting_code(coding: Coding) -> bool:
    """Whether a code of MDC is that of a setting."""
    if coding.system != MDC or not coding.code.isdecimal():
        return False
    return int(coding.code) >= FIRST_SETTING or coding.display.endswith("_SETTING")


def method(obx: Segment) -> str:
    """How and where it was measured: OBX-17 and OBX-20."""
    words = [_given(obx, field, component) for field in (17, 20) if obx.raw(field) for component in (1, 2)]
    return " ".join(word for word in words if word)


def words(obx: Segment) -> tuple[str, ...]:
    """Codes and texts of OBX-5, where it is a coded value or a short text."""
    if obx.text(2).strip().upper() not in _WORDS or len(obx.raw(5)) > _LONGEST_WORDS or obx.repetitions(5) != 1:
        return ()
    found = (_given(obx, 5, component) for component in (1, 2, 4, 5))
    return tuple(dict.fromkeys(word for word in found if word))


def specimen(segment: Segment, field: int, local: Mapping[str, str]) -> str:
    """The specimen that SPM-4 or OBR-15 names; `local` are the words of the source."""
    if not segment.raw(field):
        return "unknown"
    parts = ((component, subcomponent) for component in (1, 2, 4, 5) for subcomponent in (1, 2, 4, 5))
    return specimen_of((segment.text(field, 1, component, subcomponent) for component, subcomponent in parts), local)


def specimen_of(words: Iterable[str], local: Mapping[str, str]) -> str:
    """The specimen that the first known of these codes and names means."""
    own = {word.strip().upper(): meant for word, meant in local.items()}
    found = (own.get(word) or _SPECIMENS.get(word) for word in (one.strip().upper() for one in words) if word)
    return next((meant for meant in found if meant), "unknown")


def _given(segment: Segment, field: int, component: int, repetition: int = 1) -> str:
    text = segment.text(field, repetition, component).strip()
    return "" if text == DELETED else text
