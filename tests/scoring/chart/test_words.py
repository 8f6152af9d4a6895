"""Names, blanks and words as real feeds send them: what is read, and what costs itself alone (docs/topics.md)."""

import json
from typing import Any

import pytest

from tests.scoring.build import Stay, obs
from tests.scoring.histories import SHIPPED, replayed

WARD = Stay().admitted("day 1 00:00", birth_date="2020-05-01", sex="female").discharged("day 5 00:00")
OID = "2.16.840.1.113883.6.1"
PAO2 = {"code": "2703-7", "value": 90, "unit": "mm[Hg]"}
NAMES = [
    "LN",
    "ln",
    "LOINC",
    "Loinc",
    "http://loinc.org/",
    "https://loinc.org",
    OID,
    f"urn:oid:{OID}",
    " LN ",
    "\tloinc\n",
]


def creatinine(**fields: Any) -> dict[str, Any]:
    return {"code": "14682-9", "value": 523, "unit": "umol/L", **fields}


def letters(ward: Stay) -> list[tuple[str, str, str]]:
    return [(one["reason"], one["scope"], one["path"]) for one in ward.dead_letters]


@pytest.mark.proves("V1")
@pytest.mark.parametrize("system", NAMES)
def test_loinc_is_known_by_its_other_names(system: str) -> None:
    ward = WARD.lab("day 1 09:00", creatinine(system=system))
    assert (ward.organ(1, "renal")["points"], ward.dead_letters) == (4, [])


@pytest.mark.proves("V1")
@pytest.mark.parametrize("system", ["urn:lis", "http://snomed.info/sct", "urn:picustream:variable", "loinc.org", "L N"])
def test_a_known_code_under_another_system_is_refused(system: str) -> None:
    """Whatever the status: nobody asks for a code in vain."""
    for status in ("final", "registered", "entered-in-error"):
        ward = WARD.lab("day 1 09:00", creatinine(system=system), status=status, recorded="day 1 10:00")
        assert letters(ward) == [("system-unknown", "observation", "/observations/0/system")]
        assert ward.organ(1, "renal")["basis"] == "assumed-normal"


@pytest.mark.proves("V1")
def test_the_name_of_a_variable_needs_its_system() -> None:
    """`creatinine` is no LOINC code."""
    assert (
        letters(WARD.lab("day 1 09:00", {"code": "creatinine", "value": 523, "unit": "umol/L"}))[0][0]
        == "system-unknown"
    )


@pytest.mark.proves("V1", "P1")
def test_a_gas_that_is_not_arterial_is_ignored_without_a_word() -> None:
    """11556-8 is under its system; the specimen says that it is no PaO2."""
    ward = WARD.lab("day 1 09:00", {"code": "11556-8", "value": 40, "unit": "mm[Hg]"}, specimen="venous")
    assert ward.dead_letters == []
    elsewhere = WARD.lab("day 1 09:00", {"system": "urn:lis", "code": "11556-8", "value": 40}, specimen="venous")
    assert [reason for reason, *_ in letters(elsewhere)] == ["system-unknown"]


@pytest.mark.proves("V1")
@pytest.mark.parametrize("unit", ["\u00b5mol/L", "\u03bcmol/L", "umol/L ", "\u00a0umol/L"])
def test_blanks_and_both_micro_signs_are_spellings(unit: str) -> None:
    """As sent in the receipt; an invisible blank inside is not guessed away."""
    ward = WARD.lab("day 1 09:00", creatinine(code=" 14682-9 ", unit=unit))
    found = ward.organ(1, "renal")
    assert (found["points"], found["inputs"][0]["original"]["unit"]) == (4, unit)
    assert found["inputs"][0]["id"].endswith("#14682-9")
    inside = WARD.lab("day 1 09:00", creatinine(unit="umol\u200b/L"))
    assert letters(inside) == [("unit-unknown", "observation", "/observations/0/unit")]


@pytest.mark.proves("V1", "I2")
@pytest.mark.parametrize("value", [None, "<10", "clotted", "190", "10T", True, [], [1], {"value": 1}, ""])
def test_what_is_no_number_costs_its_observation_alone(value: Any) -> None:
    """The event's other values are used; a version with it hides the older one."""
    ward = WARD.lab("day 1 08:00", creatinine(id="c"), recorded="day 1 08:10")
    event = ward.lab("day 1 08:00", creatinine(id="c", value=value), obs("platelets", 60), recorded="day 1 09:00")
    assert letters(event) == [("value-not-numeric", "observation", "/observations/0/value")]
    assert event.organ(1, "haematologic")["points"] == 2
    rejected = event.organ(1, "renal")
    assert (rejected["basis"], rejected["candidates_rejected"]) == (
        "assumed-normal",
        [{"id": "c", "reason": "value-not-numeric"}],
    )


@pytest.mark.proves("V1")
@pytest.mark.parametrize("status", ["registered", "unknown", "cancelled", "entered-in-error"])
def test_the_value_of_what_does_not_count_is_not_evaluated(status: str) -> None:
    ward = WARD.lab("day 1 08:00", creatinine(value="clotted"), status=status, recorded="day 1 09:00")
    assert ward.dead_letters == []


@pytest.mark.proves("V1")
def test_the_long_form_of_a_binary_number_is_read() -> None:
    """As some feeds write 90.6."""
    written = "90.599999999999994315658113919198513031005859375"
    ward = WARD.lab("day 1 08:00", obs("creatinine", written))
    assert (ward.organ(1, "renal")["points"], ward.dead_letters) == (0, [])


@pytest.mark.proves("P2", "P1")
@pytest.mark.parametrize(("field", "word"), [("support", "ecmo"), ("control", "auto"), ("specimen", "Arterial")])
def test_an_unknown_word_costs_itself_alone(field: str, word: str) -> None:
    """It counts as unknown, and the readings beside it are used."""
    if field == "specimen":
        ward = WARD.lab("day 1 08:00", PAO2, obs("fio2", "0.5"), specimen=word)
    else:
        ward = WARD.charted("picu.ventilator.v1", "day 1 08:00", obs("fio2", "0.5"), **{field: word})
        ward = ward.gas("day 1 08:00", PAO2)
    assert letters(ward) == [("word-unknown", "observation", f"/{field}")]
    assert ward.organ(1, "respiratory")["value"] == 180


@pytest.mark.proves("P1", "P2")
@pytest.mark.parametrize("observations", [None, []])
def test_a_ventilator_event_may_only_state_support(observations: list[Any] | None) -> None:
    """Extubated to room air: the gas after it is not paired with the FiO2 before."""
    fields = {} if observations is None else {"observations": observations}
    ward = WARD.vent("day 1 08:00", "invasive", obs("fio2", "0.6")).event(
        "picu.ventilator.v1", observed_at="2025-01-01T09:00:00+08:00", support="room-air", **fields
    )
    found = ward.gas("day 1 10:00", obs("pao2", 85)).organ(1, "respiratory")
    assert (found["points"], str(found["value"])) == (0, "404.761905")


def version(value: int, status: str, event_id: str) -> tuple[str, dict[str, Any]]:
    said = creatinine(id="c", value=value)
    return WARD.lab("day 1 08:00", said, status=status, recorded="day 1 09:00", event_id=event_id).events[-1]


@pytest.mark.proves("V1", "I1")
@pytest.mark.parametrize(("lower", "higher"), [
    ("registered", "preliminary"), ("unknown", "preliminary"), ("preliminary", "final"), ("final", "amended"),
    ("final", "corrected"), ("corrected", "cancelled"), ("amended", "entered-in-error"),
])  # fmt: skip
def test_of_what_was_filed_at_one_time_the_status_decides(lower: str, higher: str) -> None:
    """Before the event id, in either order of arrival, and without a conflict."""
    for ids in (("a", "z"), ("z", "a")):
        first, second = (version(*said) for said in ((600, lower, ids[0]), (90, higher, ids[1])))
        for events in ((first, second), (second, first)):
            made = [json.loads(one.value) for one in replayed((*WARD.events, *events), SHIPPED)]
            day = [one for one in made if one.get("day") == "2025-01-01" and one["score"] == "MODS"][-1]
            renal = day["components"][1]
            assert renal["value"] == (90 if higher not in ("cancelled", "entered-in-error") else None)
            assert not [one for one in made if one.get("name") == "conflicting-duplicate"]


@pytest.mark.proves("V1", "T2")
def test_a_discharge_cancelled_in_the_same_minute_is_cancelled() -> None:
    """Whatever the event ids are."""
    ward = Stay().until("day 9").admitted("day 1 00:00").lab("day 1 09:00", creatinine=300)
    ward = ward.discharged("day 3 12:00", recorded="day 3 12:05", event_id="Zq81")
    ward = ward.adt("discharged", "day 3 12:00", status="cancelled", recorded="day 3 12:05", event_id="Ab92")
    assert ward.mods(5)["total"] == 2
