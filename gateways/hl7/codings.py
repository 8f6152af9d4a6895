"""Codes, units and specimens of HL7 v2 in the words of FHIR."""

from collections.abc import Iterable, Mapping

from picustream.gateways.hl7.cells import Cell, alike
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
    return _codings(obx.cell(3), local_system)


@alike
def _codings(cell: Cell, local_system: str | None) -> tuple[Coding, ...]:
    found = []
    for given in cell.repetitions()[:1]:
        most = given.components
        for code, text, system in _CODED[: 1 + (most > 3) + (most > 9)]:
            if (value := _said(given, code)) and len(value) <= 200:
                found.append(Coding(value, system_of(_said(given, system) or local_system or ""), _said(given, text)))
    return tuple(found)


def system_of(name: str) -> str:
    """The name of a system as FHIR writes it, where we know it; else as it is."""
    return _SYSTEMS.get(name.upper().removeprefix("URN:OID:"), name)


def unit(obx: Segment) -> tuple[str | None, bool]:
    """The unit of OBX-6, and whether it is said to be UCUM."""
    return _unit(obx.cell(6)) if obx.raw(6) else (None, False)


@alike
def _unit(cell: Cell) -> tuple[str | None, bool]:
    given = cell.repetitions()[0]
    coded = [(_said(given, code), _said(given, system)) for code, _, system in _CODED[:2]]
    for code, system in coded:
        if code and system.upper().removeprefix("URN:OID:") in _UCUM:
            return code, True
    return next((code for code, _ in coded if code), _said(given, 2) or None), False


def is_setting(obx: Segment, found: tuple[Coding, ...]) -> bool | None:
    """Whether a device states a setting or a measurement, where OBX-17 or the code of MDC says so."""
    methods = {_said(one, 1).upper() for one in obx.cell(17).repetitions()} if obx.raw(17) else set()
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


def method(obx: Segment) -> tuple[str, ...]:
    """How and where it was measured: codes and texts of OBX-17 and OBX-20."""
    if not obx.raw(17) and not obx.raw(20):
        return ()
    given = [one for field in (17, 20) if obx.raw(field) for one in obx.cell(field).repetitions()]
    return tuple(word for one in given for component in (1, 2, 4, 5) if (word := _said(one, component)))


def words(obx: Segment) -> tuple[str, ...]:
    """Codes and texts of OBX-5, where it is a coded value or a short text."""
    if obx.text(2).strip().upper() not in _WORDS or len(obx.raw(5)) > _LONGEST_WORDS or obx.repetitions(5) != 1:
        return ()
    found = (_said(obx.cell(5), component) for component in (1, 2, 4, 5))
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


def _said(cell: Cell, component: int) -> str:
    text = cell.text(component).strip()
    return "" if text == DELETED else text
