"""What the reference refuses as a whole, and why, worked out by hand (docs/topics.md#what-is-refused, T6)."""

from datetime import datetime
from typing import Any

import pytest

from . import accepts, dead_letters
from .worked import adt, charted, trial
from .written import Event

AT = "2025-01-02T03:04:05Z"


def sound() -> Event:
    """A laboratory event with nothing wrong."""
    return charted("lab", AT, {"creatinine": (90, "umol/L")})


def reported(event: Event, clock: str | None = None, **parameters: Any) -> tuple[str, set[str]] | None:
    """Reason and possible paths of the one dead letter of an event that is refused; None for one that is not."""
    letters = dead_letters(*event, clock and datetime.fromisoformat(clock), parameters)
    return None if not letters else (letters[0].reason, set(letters[0].paths))


@pytest.mark.parametrize(
    ("time", "fine"),
    [
        ("2025-01-02T03:04:05+08:00", True),
        ("2025-01-02T03:04Z", True),
        ("2025-01-02T03:04:05.123456789-05:00", True),
        ("2025-01-02T03:04:05+00:00", True),
        ("2025-01-02T03:04:05-00:01", True),
        ("2025-01-02T03:04:05-00:00", False),
        ("2025-01-02T24:00:00Z", False),
        ("2025-01-02T24:00Z", False),
        ("2025-01-02T03:04:60Z", False),
        ("2025-01-02T03:04:05", False),
        ("2025-01-02", False),
        (None, False),
    ],
)
def test_a_time_needs_a_known_offset_and_an_hour_of_its_own_day(time: Any, fine: bool) -> None:
    """As docs/topics.md#what-all-messages-share says."""
    topic, value = sound()
    assert reported((topic, value | {"observed_at": time})) == (None if fine else ("schema", {"/observed_at"}))


@pytest.mark.parametrize(
    ("time", "fine"),
    [
        ("2000-01-01T00:00:00Z", True),
        ("2000-01-01T08:00:00+08:00", True),
        ("1999-12-31T23:59:59.999999Z", False),
        ("2000-01-01T07:59:59.999+08:00", False),
        ("1970-01-01T00:00:00Z", False),
        ("1900-01-01T00:00:00+08:00", False),
        ("0001-01-01T00:00:00Z", False),
    ],
)
@pytest.mark.parametrize("name", ["occurred_at", "recorded_at", "onset_at"])
def test_t6_a_time_before_the_earliest_is_refused(name: str, time: str, fine: bool) -> None:
    event = trial("ards_assessed", AT, result="confirmed", **({name: time} if name != "occurred_at" else {}))
    event[1][name] = time
    assert reported(event) == (None if fine else ("in-the-past", {f"/{name}"}))


def test_t6_the_earliest_moment_is_a_parameter() -> None:
    assert reported(sound(), earliest="2025-01-02T03:04:05Z") is None
    assert reported(sound(), earliest="2025-01-02T03:04:05.000001Z") == ("in-the-past", {"/observed_at"})


def test_the_order_of_an_events_faults() -> None:
    """`schema` before `in-the-future` before `in-the-past`."""
    topic, value = sound()
    both = value | {"observed_at": "1970-01-01T00:00:00Z", "recorded_at": "2025-01-03T00:00:00Z"}
    assert reported((topic, both), "2025-01-02T04:00:00Z") == ("in-the-future", {"/recorded_at"})
    assert reported((topic, both), "2025-01-03T00:00:00Z") == ("in-the-past", {"/observed_at"})
    assert reported((topic, both | {"ward": 7}), "2025-01-02T04:00:00Z") == ("schema", {"/ward"})


def test_a_refused_event_has_no_dead_letters_of_its_observations() -> None:
    topic, value = charted("lab", "1970-01-01T00:00:00Z", {"creatinine": ("<10", "furlong")}, specimen="ART")
    assert len(dead_letters(topic, value)) == 1


def one(**fields: Any) -> Event:
    """The sound event with its observation changed."""
    topic, value = sound()
    (observation,) = value["observations"]
    return topic, value | {"observations": [{**observation, **fields}]}


@pytest.mark.parametrize(
    ("event", "path"),
    [
        (one(comparator=5), "/observations/0/comparator"),
        (one(comparator=None), "/observations/0/comparator"),
        (one(code="sodium", comparator=[]), "/observations/0/comparator"),
        (one(code=146829), "/observations/0/code"),
        (one(flag="H"), "/observations/0/flag"),
        (charted("lab", AT, {"creatinine": (1, "mg/dL")}, specimen=None), "/specimen"),
        (charted("ventilator", AT, {"peep": (5, "cmH2O")}, support=3), "/support"),
        (charted("lab", AT, {}), "/observations"),
        (charted("ventilator", AT, {}), "/observations"),
        (charted("ventilator", AT, {}, support="unknown", mode="PC"), "/observations"),
        (charted("ventilator", AT, {}, control="VC"), "/observations"),
        (adt("moved", AT), ""),
        (adt("discharged", AT), "/destination"),
        (adt("discharged", AT, destination="expired"), "/destination"),
        (adt("discharged", AT, destination=["expired"]), "/destination"),
        (adt("admitted", AT, id="a"), "/id"),
        (adt("admitted", AT, birth_date="2023-02-29"), "/birth_date"),
    ],
)
def test_what_does_not_fit_the_closed_schema(event: Event, path: str) -> None:
    reason, paths = reported(event) or ("", set())
    assert (reason, path in paths) == ("schema", True)


def test_a_missing_value_is_a_fault_of_schema_also_of_a_unmapped_code() -> None:
    topic, value = one(code="sodium", system="L")
    del value["observations"][0]["value"]
    assert reported((topic, value)) == ("schema", {"/observations/0/value"})
    value["status"] = "registered"
    assert accepts(topic, value)


@pytest.mark.parametrize(
    "event",
    [
        charted("ventilator", AT, {}, control="oscillation"),
        charted("ventilator", AT, {}, support="room-air", control="VC"),
        adt("moved", AT, bed="12"),
        adt("moved", AT, status="cancelled", recorded_at=AT),
        adt("discharged", AT, status="entered-in-error", recorded_at=AT),
        adt("admitted", AT, bed="12", unit="PICU", birth_date="9999"),
        one(comparator="about"),
        one(unit=""),
    ],
)
def test_what_is_accepted_all_the_same(event: Event) -> None:
    assert accepts(*event)


def test_a_later_version_says_when_it_was_filed_before_its_ids_and_times_are_checked() -> None:
    topic, value = sound()
    twice = value | {"observations": value["observations"] * 2, "observed_at": "1970-01-01T00:00:00Z"}
    assert reported((topic, twice | {"status": "corrected"})) == ("recorded-at-missing", {"/recorded_at"})
    assert reported((topic, twice)) == ("duplicate-observation", {"/observations/0/id", "/observations/1/id"})
