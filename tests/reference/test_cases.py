"""The reference on small inputs of what real feeds did, with expectations worked out by hand."""

from typing import Any

import pytest

from tests.cases import case, there

from . import current_records, dead_letters, read, replay_clock
from .written import Event


def events_of(name: str) -> list[Event]:
    return list(read(case(name)))


def records_of(name: str) -> dict[Any, Any]:
    """The records of a case."""
    events = events_of(name)
    return current_records(events, replay_clock(events))


def faults_of(name: str) -> list[tuple[str, str]]:
    """Event id and reason of every dead letter of a case."""
    return [(event[1]["event_id"], one.reason) for event in events_of(name) for one in dead_letters(*event)]


def points(records: dict[Any, Any], stay: str, day: str) -> list[int]:
    """The points of the six organs."""
    return [one["points"] for one in records["mods", stay, day]["components"]]


@pytest.mark.parametrize(
    ("name", "stay", "day", "expected"),
    there(
        [
            ("loinc-by-another-name", "S-loinc", "2025-06-02", [0, 3, 2, 0, 0, 0]),
            ("05", "S-5", "2025-03-03", [0, 4, 0, 0, 0, 0]),
        ]
    ),
)
def test_loinc_by_the_names_that_feeds_have_for_it(name: str, stay: str, day: str, expected: list[int]) -> None:
    assert faults_of(name) == []
    assert points(records_of(name), stay, day) == expected


@pytest.mark.parametrize(("name", "event_id"), there([("admission-in-1970", "adm-1"), ("08", "his-1")]))
def test_an_admission_in_1970_opens_no_stay(name: str, event_id: str) -> None:
    assert faults_of(name) == [(event_id, "in-the-past")]
    assert records_of(name) == {}


@pytest.mark.parametrize(
    ("name", "stay", "day", "expected"),
    there(
        [
            ("preliminary-and-final-without-filing-time", "S-stages", "2025-06-02", [0, 3, 0, 0, 3, 0]),
            ("11", "S-13", "2025-03-03", [0, 4, 0, 0, 4, 0]),
        ]
    ),
)
def test_the_final_result_counts_where_both_have_no_filing_time(
    name: str, stay: str, day: str, expected: list[int]
) -> None:
    assert points(records_of(name), stay, day) == expected


@pytest.mark.parametrize(
    ("name", "stay", "day", "refused", "expected"),
    there(
        [
            ("below-the-limit", "S-limit", "2025-06-02", ("r1", "r3", "r4", "r5"), [2, 2, 0, 0, 4, 0]),
            ("12", "S-14", "2025-03-03", ("l1", "l3", "l4", "l5"), [3, 1, 0, 0, 4, 0]),
        ]
    ),
)
def test_what_is_no_number_costs_itself_and_platelets_below_a_low_limit_are_4_points(
    name: str, stay: str, day: str, refused: tuple[str, ...], expected: list[int]
) -> None:
    assert faults_of(name) == [(event_id, "value-not-numeric") for event_id in refused]
    records = records_of(name)
    assert points(records, stay, day) == expected
    assert records["mods", stay, day]["components"][4]["comparator"] == "<"


@pytest.mark.parametrize(
    ("name", "stay", "day"),
    there(
        [("discharge-cancelled-in-the-same-minute", "S-cancel", "2025-06-05"), ("14c", "S-14c", "2025-03-06")],
    ),
)
def test_the_cancellation_of_the_same_minute_wins(name: str, stay: str, day: str) -> None:
    records = records_of(name)
    assert ("outcome", stay, "picu-discharge") not in records
    assert points(records, stay, day) == [0, 4, 0, 0, 0, 0]


IMPOSSIBLE = {
    "birth-dates": ["adm-zeros", "adm-digits", "adm-moment", "adm-empty"],
    "19": [f"his-S-19{letter}-admitted" for letter in "efgh"],
}
MET = {
    "birth-dates": {
        **{"S-dummy": None, "S-unborn": False, "S-month": False, "S-year": None},
        **{"S-far": False, "S-28-days": True, "S-27-days": False, "S-grown": False},
    },
    "19": {
        **{"S-19a": None, "S-19b": False, "S-19c": False, "S-19d": None},
        **{"S-19i": False, "S-19j": True, "S-19k": False, "S-19l": False},
    },
}
TOTALS = {
    "birth-dates": {"S-dummy": None, "S-unborn": None, "S-month": 4, "S-year": 4},
    "19": {"S-19a": None, "S-19b": None, "S-19c": 4, "S-19d": 4},
}


@pytest.mark.parametrize(("name",), there([("birth-dates",), ("19",)]))
def test_birth_dates_that_cannot_be(name: str) -> None:
    assert faults_of(name) == [(event_id, "schema") for event_id in IMPOSSIBLE[name]]
    records = records_of(name)
    ages = {key[1]: record["criteria"][1] for key, record in records.items() if key[0] == "eligibility"}
    assert {stay: age["met"] for stay, age in ages.items()} == MET[name]
    assert next(iter(ages.values()))["detail"] == "birth-date-implausible"
    totals = {key[1]: record["total"] for key, record in records.items() if key[0] == "apps" and key[2] == "daily"}
    assert totals == TOTALS[name]


@pytest.mark.parametrize(
    ("name", "stay", "days", "ratio"),
    there(
        [
            ("extubation-without-a-reading", "S-tube", ("2025-06-02", "2025-06-03"), 400),
            ("25", "S-25", ("2025-03-03", "2025-03-04"), 404.761905),
        ]
    ),
)
def test_room_air_after_an_extubation_without_a_reading(
    name: str, stay: str, days: tuple[str, ...], ratio: float
) -> None:
    assert faults_of(name) == [("v4", "word-unknown"), ("v5", "word-unknown"), ("v5", "unit-unknown")]
    records = records_of(name)
    for day in days:
        respiratory = records["mods", stay, day]["components"][0]
        assert (respiratory["basis"], float(respiratory["value"])) == ("measured", ratio)
