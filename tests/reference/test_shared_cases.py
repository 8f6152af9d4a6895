"""The reference on the cases that stand beside the checkout, with expectations worked out by hand."""

from pathlib import Path
from typing import Any

import pytest

from . import current_records, dead_letters, read, replay_clock
from .written import Event

CASES = Path(__file__).parents[3] / "shared" / "cases"
pytestmark = pytest.mark.skipif(not CASES.exists(), reason="the cases are not beside this checkout")


def events_of(name: str) -> list[Event]:
    """The events of a case by its number."""
    (path,) = CASES.glob(f"{name}-*.ndjson")
    return list(read(path))


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


def test_05_loinc_by_the_name_that_hl7_has_for_it() -> None:
    assert faults_of("05") == []
    assert points(records_of("05"), "S-5", "2025-03-03") == [0, 4, 0, 0, 0, 0]


def test_08_an_admission_in_1970_opens_no_stay() -> None:
    assert faults_of("08") == [("his-1", "in-the-past")]
    events = events_of("08")
    assert current_records(events, replay_clock(events)) == {}


def test_11_the_final_result_counts_where_both_have_no_filing_time() -> None:
    assert points(records_of("11"), "S-13", "2025-03-03") == [0, 4, 0, 0, 4, 0]


def test_12_what_is_no_number_costs_itself_and_less_than_10_is_4_points() -> None:
    assert faults_of("12") == [(name, "value-not-numeric") for name in ("l1", "l3", "l4", "l5")]
    records = records_of("12")
    assert points(records, "S-14", "2025-03-03") == [3, 1, 0, 0, 4, 0]
    assert records["mods", "S-14", "2025-03-03"]["components"][4]["comparator"] == "<"


def test_14c_the_cancellation_of_the_same_minute_wins() -> None:
    records = records_of("14c")
    assert ("outcome", "S-14c", "picu-discharge") not in records
    assert points(records, "S-14c", "2025-03-06") == [0, 4, 0, 0, 0, 0]


def test_19_birth_dates_that_cannot_be() -> None:
    assert faults_of("19") == [(f"his-S-19{letter}-admitted", "schema") for letter in "efgh"]
    records = records_of("19")
    ages = {key[1]: record["criteria"][1] for key, record in records.items() if key[0] == "eligibility"}
    assert {stay: age["met"] for stay, age in ages.items()} == {
        **{"S-19a": None, "S-19b": False, "S-19c": False, "S-19d": None},
        **{"S-19i": False, "S-19j": True, "S-19k": False, "S-19l": False},
    }
    assert ages["S-19a"]["detail"] == "birth-date-implausible"
    totals = {key[1]: record["total"] for key, record in records.items() if key[0] == "apps" and key[2] == "daily"}
    assert totals == {"S-19a": None, "S-19b": None, "S-19c": 4, "S-19d": 4}


def test_25_room_air_after_an_extubation_without_a_reading() -> None:
    assert faults_of("25") == [("v4", "word-unknown"), ("v5", "word-unknown"), ("v5", "unit-unknown")]
    records = records_of("25")
    for day in ("2025-03-03", "2025-03-04"):
        respiratory = records["mods", "S-25", day]["components"][0]
        assert (respiratory["basis"], float(respiratory["value"])) == ("measured", 404.761905)
