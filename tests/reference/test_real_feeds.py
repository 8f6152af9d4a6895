"""The reference on what real feeds send, with expectations worked out by hand (E1, A7)."""

import json
from itertools import pairwise
from typing import Any

import pytest

from . import current_records, dead_letters
from .worked import ADMITTED, AT, DAY, LATE, LEFT, adt, charted, creatinine, envelope, lab, mods, renal
from .written import Event

FILED = f"{DAY}T09:00:00+08:00"


def faults(event: Event) -> list[tuple[str, str]]:
    """Reason and path of every dead letter."""
    return [(letter.reason, letter.paths[0]) for letter in dead_letters(*event)]


@pytest.mark.parametrize(
    "system",
    [
        *["LN", "ln", " LOINC\t", "Loinc", "http://loinc.org/", "https://loinc.org", "\u00a0http://loinc.org "],
        *["2.16.840.1.113883.6.1", "urn:oid:2.16.840.1.113883.6.1"],
    ],
)
def test_every_listed_name_of_loinc_is_loinc(system: str) -> None:
    event = lab(creatinine(system=system, code=" 14682-9 "))
    assert (renal(event)["points"], faults(event)) == (2, [])


@pytest.mark.parametrize(
    ("code", "system", "known"),
    [
        ("14682-9", "https://loinc.org/", True),  # not in the list
        ("14682-9", "urn:oid:2.16.840.1.113883.6.10", True),
        ("creatinine", "http://loinc.org", True),
        ("14682-9", "urn:picustream:variable", True),
        ("11556-8", "urn:example:lis", True),  # whatever the specimen
        ("2951-2", "urn:example:lis", False),  # sodium: unmapped
        ("CREA", "urn:example:lis", False),
    ],
)
def test_a_known_code_under_another_system_is_a_dead_letter(code: str, system: str, known: bool) -> None:
    event = lab(creatinine(code=code, system=system))
    assert faults(event) == ([("system-unknown", "/observations/0/system")] if known else [])
    assert renal(event)["basis"] == "assumed-normal"


def test_system_unknown_does_not_depend_on_status() -> None:
    event = lab(creatinine(system="L", status="cancelled"), recorded_at=FILED)
    assert faults(event) == [("system-unknown", "/observations/0/system")]


@pytest.mark.parametrize("value", ["<10", "250", "", None, True, [250], {"value": 250}])
def test_a_value_that_is_no_number_costs_its_observation_alone(value: Any) -> None:
    event = lab(creatinine(value), {"code": "777-3", "value": 60, "unit": "K/uL"})
    assert faults(event) == [("value-not-numeric", "/observations/0/value")]
    found = mods([ADMITTED, LEFT, event], DAY)
    assert (found["renal"]["basis"], found["haematologic"]["points"]) == ("assumed-normal", 2)


@pytest.mark.parametrize("fields", [{"code": "2951-2"}, {"status": "registered"}, {"code": "11556-8"}])
def test_values_and_comparators_of_what_is_not_used_are_not_checked(fields: dict[str, Any]) -> None:
    assert faults(lab(creatinine("clotted", comparator="about", **fields))) == []


@pytest.mark.parametrize(
    ("wrong", "reported"),
    [
        ({"system": "L", "value": "x", "comparator": "~", "unit": "furlong"}, "system-unknown"),
        ({"value": "x", "comparator": "~", "unit": "furlong"}, "value-not-numeric"),
        ({"value": 9999, "comparator": "~", "unit": "furlong"}, "word-unknown"),
        ({"value": 9999, "comparator": "<", "unit": "furlong"}, "unit-unknown"),
        ({"value": 9999, "comparator": "<", "unit": "kPa"}, "unit-mismatch"),
        ({"value": 9999, "comparator": "<", "unit": " "}, "unit-missing"),
        ({"value": 9999, "comparator": "<"}, "implausible"),
        ({"value": 9999, "comparator": "<", "status": "cancelled"}, None),
    ],
)
def test_of_several_faults_the_first_in_the_settled_order_is_named(wrong: dict[str, Any], reported: str | None) -> None:
    found = [reason for reason, _ in faults(lab(creatinine(**wrong), recorded_at=FILED))]
    assert found == ([reported] if reported else [])


@pytest.mark.parametrize("spoilt", [{"value": "250"}, {"system": "L"}, {"comparator": "~"}, {"unit": "x"}])
def test_a_version_that_became_a_dead_letter_hides_the_older_one(spoilt: dict[str, Any]) -> None:
    """The default id is made of the trimmed code, so both are one observation."""
    first = lab(creatinine(), event_id="e1")
    later = lab(creatinine(**{"code": "14682-9 ", **spoilt}), event_id="e1", recorded_at=FILED)
    assert renal(first)["points"] == 2
    assert renal(later, first)["basis"] == "assumed-normal"


def test_blanks_do_not_hide_that_an_id_occurs_twice() -> None:
    assert faults(lab(creatinine(), creatinine(code=" 14682-9"))) == [("duplicate-observation", "/observations/0/id")]


ORDER = ["registered", "preliminary", "final", "amended", "entered-in-error"]
SAME = [("registered", "unknown"), ("amended", "corrected"), ("cancelled", "entered-in-error")]


@pytest.mark.parametrize(("lower", "higher"), list(pairwise(ORDER)))
@pytest.mark.parametrize("own", [True, False], ids=["of the observation", "of the event"])
def test_of_two_filed_at_one_moment_the_higher_status_wins(lower: str, higher: str, own: bool) -> None:
    """Whatever their event ids and their order; an observation's own status goes before its event's."""

    def version(status: str, value: int, name: str) -> Event:
        one = creatinine(value, id="c")
        if own:
            return lab({**one, "status": status}, event_id=name, recorded_at=FILED, status="final")
        return lab(one, event_id=name, recorded_at=FILED, status=status)

    versions = [version(lower, 90, "z"), version(higher, 510, "a")]
    expected = 4 if higher in ("preliminary", "final", "amended") else 0
    assert renal(*versions)["points"] == renal(*versions[::-1])["points"] == expected


@pytest.mark.parametrize(("one", "other"), SAME)
def test_of_equal_statuses_the_greater_event_id_wins(one: str, other: str) -> None:
    consent = {"recorded_at": FILED, "decision": "given", "id": "c", "status": one}
    other_consent = consent | {"status": other, "decision": "refused"}
    for first, second in ((consent, other_consent), (other_consent, consent)):
        events = [
            ("picu.trial.v1", envelope(type="consent", occurred_at=AT, **first) | {"event_id": "b"}),
            ("picu.trial.v1", envelope(type="consent", occurred_at=AT, **second) | {"event_id": "a"}),
        ]
        criteria = current_records([ADMITTED, *events], LATE)["eligibility", "S"]["criteria"]
        detail = next(each["detail"] for each in criteria if each["criterion"] == "consent")
        stated = one == "amended"  # the others state nothing, or withdraw
        assert detail == (f"consent-{first['decision']}" if stated else "consent-not-recorded")


def test_a_withdrawal_filed_with_the_discharge_wins_and_need_not_name_a_destination() -> None:
    """By event id alone the discharge would win."""
    left = adt("discharged", "2025-01-02T12:00:00+08:00", destination="ward", recorded_at=FILED, event_id="Z")
    taken_back = adt("discharged", "2025-01-02T12:00:00+08:00", status="cancelled", recorded_at=FILED, event_id="A")
    assert ("outcome", "S", "picu-discharge") not in current_records([ADMITTED, taken_back, left], LATE)


@pytest.mark.parametrize("empty", [{}, {"observations": []}])
def test_a_ventilator_event_may_state_its_support_alone(empty: dict[str, Any]) -> None:
    """Out of the tube at 7, the gas of 8 is one of room air: 63 / 0.21 = 300."""
    gas = charted("lab", AT, {"pao2": (63, "mmHg")}, specimen="arterial")
    tube = charted("ventilator", f"{DAY}T06:00:00+08:00", {"fio2": (0.4, "1")}, support="invasive")
    out = envelope(observed_at=f"{DAY}T07:00:00+08:00", support="room-air", **empty)
    assert mods([ADMITTED, LEFT, gas, tube, ("picu.ventilator.v1", out)], DAY)["respiratory"]["value"] == 300
    ecmo = ("picu.ventilator.v1", {**out, "support": "ecmo"})
    assert faults(ecmo) == [("schema", "/observations")]


def test_a_word_of_no_list_counts_as_unknown_and_costs_nothing_else() -> None:
    gas = charted("lab", AT, {"pao2": (100, "mmHg")}, specimen="ART")
    tube = charted("ventilator", AT, {"fio2": (0.4, "1")}, support="ecmo", control="PC")
    assert (faults(gas), faults(tube)) == (
        [("word-unknown", "/specimen")],
        [("word-unknown", "/support"), ("word-unknown", "/control")],
    )
    assert mods([ADMITTED, LEFT, gas, tube], DAY)["respiratory"]["value"] == 250


AGES = [
    ("1900-01-01", None, "birth-date-implausible", None),
    ("0001", None, "birth-date-implausible", None),
    ("1905-01-01", None, "birth-date-implausible", None),  # 120 on the day of the admission
    ("1905-01-02", False, "age-119-years", 3),
    ("1905", False, None, 3),  # one of its dates is believed
    ("1904", None, "birth-date-implausible", None),
    ("2025-01-03", False, "born-after-admission", None),  # after the onset, too: none left
    ("2025-01", False, "age-0-days", 1),
    ("9999-12-31", False, "born-after-admission", None),
]


@pytest.mark.parametrize(("birth", "met", "detail", "points"), AGES)
def test_e1_a7_a_birth_date_that_cannot_be_is_none(
    birth: str, met: bool | None, detail: str | None, points: int | None
) -> None:
    """Admission and onset on 1 January 2025."""
    admitted = adt("admitted", "2025-01-01T00:00:00+08:00", birth_date=birth, sex="female")
    values = {"pao2": (60, "mmHg"), "fio2": (0.5, "1"), "peep": (8, "cmH2O"), "plateau_pressure": (20, "cmH2O")}
    records = current_records([admitted, LEFT, charted("ventilator", AT, values, support="invasive")], LATE)
    eligibility = records["eligibility", "S"]
    age = next(one for one in eligibility["criteria"] if one["criterion"] == "age")
    assert (age["met"], age["detail"]) == (met, detail)
    apps = records["apps", "S", "daily", DAY]
    assert apps["components"]["age"]["points"] == points
    assert apps["total"] == (None if points is None else points + 2 + 1)
    minor = birth not in ("1905-01-02", "1905")  # or of unknown age (M11)
    assert ("adult-derived-score" in records["mods", "S", DAY]["caveats"]) is minor


def test_the_clock_of_a_day_is_not_moved_by_beds_and_enrolment_closes_where_the_protocol_says() -> None:
    """`moved` and `bed` change no score."""
    moved = [adt("moved", AT, bed="12"), adt("moved", AT, unit="PICU-B", id="m")]
    parameters = {"closes_after_hours": 72}
    with_beds = current_records([ADMITTED, LEFT, *moved], LATE, parameters)
    assert with_beds.pop(("stay", "S"))["unit"] == "PICU-B"
    without = current_records([ADMITTED, LEFT], LATE, parameters)
    assert with_beds == {key: record for key, record in without.items() if key != ("stay", "S")}
    assert with_beds["eligibility", "S"]["closes_at"].isoformat() == "2025-01-03T16:00:00+00:00"
    assert current_records([ADMITTED, LEFT], LATE)["eligibility", "S"]["closes_at"] is None
    assert json.dumps([faults(event) for event in moved]) == "[[], []]"
