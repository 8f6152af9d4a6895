"""The trial is data: another protocol, in a zone whose clocks change, runs through the same code.

`protocols/example-dst.toml` differs from the shipped protocol in zone, ages, window, follow-up and every open choice.
"""

import re
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from picustream.demo.ward import ward
from picustream.scoring.rules import DEFAULT_PROTOCOL, load_rules
from picustream.scoring.scores.mods.record import MODS
from tests.project.test_imports import CORE, ROOT, modules, name
from tests.scoring.build import Record, Stay, at
from tests.scoring.compare import Key, current
from tests.scoring.histories import PLACES, SHIPPED, disagreements, replayed, with_parameters

EXAMPLE = load_rules(ROOT / "protocols" / "example-dst.toml")
RULES = {"shipped": SHIPPED, "example": EXAMPLE}
CHANGED = {
    part: getattr(EXAMPLE.protocol, part).model_dump() for part in ("time", "age", "window", "follow_up", "mods")
}
CHANGED["apps"] = EXAMPLE.protocol.apps.model_dump()
BY_NAME = {"id", "version", "title", "sha256"}

WARD = [(message.topic, message.value) for message in ward().events]

SPRING, AUTUMN = "2025-03-09", "2025-11-02"
"""The days of 2025 on which New York changes its clocks."""

CHILD = Stay().under(**CHANGED).admitted("2025-06-02T09:00-04:00", birth_date="2020-05-01", sex="female")


@cache
def ward_under(protocol: str) -> dict[Key, Record]:
    """The records in force of the simulated ward under one of the two protocols."""
    return current(replayed(WARD, RULES[protocol]))


def days_of_the_ward(protocol: str) -> list[Record]:
    return [record for key, record in ward_under(protocol).items() if key[0] == "mods"]


def milestones_of_the_ward(protocol: str) -> set[Any]:
    return {key[2] for key in ward_under(protocol) if key[0] == "outcome"}


def test_what_is_tried_here_is_the_file() -> None:
    """The small stays below run under the example's own values, and each part of it differs from the shipped one."""
    assert with_parameters(CHANGED).protocol.model_dump(exclude=BY_NAME) == EXAMPLE.protocol.model_dump(exclude=BY_NAME)
    assert [part for part in CHANGED if getattr(EXAMPLE.protocol, part) == getattr(SHIPPED.protocol, part)] == []


@pytest.mark.proves("I7")
def test_i7_every_record_names_the_protocol_that_made_it() -> None:
    """Id, version and hash are those of the file; no two protocols share them."""
    stamps = {protocol: [r["protocol"] for r in ward_under(protocol).values()] for protocol in RULES}
    for protocol, named in stamps.items():
        assert named
        assert all(stamp == RULES[protocol].protocol.stamp() for stamp in named)
    assert SHIPPED.protocol.id != EXAMPLE.protocol.id
    assert SHIPPED.protocol.sha256 != EXAMPLE.protocol.sha256


@pytest.mark.proves("T1")
@pytest.mark.parametrize("protocol", RULES)
def test_t1_the_wards_days_are_those_of_the_protocols_zone(protocol: str) -> None:
    """Each day runs from local midnight to local midnight, and is named by its date there."""
    zone = RULES[protocol].protocol.zone
    days = days_of_the_ward(protocol)
    assert days
    for day in days:
        start, end = (datetime.fromisoformat(day["window"][edge]).astimezone(zone) for edge in ("start", "end"))
        assert (start.date().isoformat(), start.time(), end.time()) == (day["day"], time(0), time(0))
        assert day["window"]["timezone"] == zone.key


@pytest.mark.proves("O3", "O4")
def test_o3_o4_milestones_are_named_by_the_parameters() -> None:
    """Days of the window and of follow-up are in the names, and those of another trial do not."""
    ours = {"window-day-1", "window-day-7", "death-90d", "survival-90d"}
    theirs = {"window-day-3", "window-day-15", "death-28d", "survival-28d"}
    assert milestones_of_the_ward("example") & (ours | theirs) == ours
    assert milestones_of_the_ward("shipped") & (ours | theirs) == theirs


@pytest.mark.proves("I1")
def test_i1_the_ward_equals_the_reference_under_the_example() -> None:
    """In all that the reference has a parameter for, but the verbal score: under sedation it counts for nothing, and
    the reference shows it as the 5 that is assumed where we show the 1 that was charted (M6)."""
    parameters = {name: getattr(getattr(EXAMPLE.protocol, part), field) for name, (part, field) in PLACES.items()}
    del parameters["intubated_verbal"]
    assert disagreements(WARD, parameters) == []


@pytest.mark.proves("T1", "T4", "M7")
@pytest.mark.parametrize(("day", "before", "after", "length"), [
    (SPRING, "-05:00", "-04:00", 23),
    (AUTUMN, "-04:00", "-05:00", 25),
])  # fmt: skip
def test_t1_a_night_of_changed_clocks_is_one_day_of_the_example(day: str, before: str, after: str, length: int) -> None:
    """The day has its real length; it closes, and a value ages, by hours that really passed."""
    ward = Stay().under(**CHANGED).admitted(f"{day}T00:00{before}", birth_date="2020-05-01", sex="female")
    ward = ward.lab(f"{day}T00:00{before}", creatinine=250)
    tomorrow = (at(f"{day}T00:00{before}") + timedelta(days=1)).date().isoformat()
    ward = ward.discharged(f"{tomorrow}T18:00{after}")
    assert ward.mods_days == [day, tomorrow]
    window = ward.mods(day)["window"]
    assert at(window["end"]) - at(window["start"]) == timedelta(hours=length)
    assert at(window["end"]) == at(f"{tomorrow}T00:00{after}")
    assert ward.organ(tomorrow, "renal")["age_hours"] == length + 24
    final = [record for record in ward.revisions(MODS, day=day) if record["status"] == "final"]
    assert at(final[0]["emitted_at"]) == at(f"{tomorrow}T12:00{after}")


@pytest.mark.proves("T3", "O4")
def test_t3_the_window_is_counted_in_sdtm_days() -> None:
    """Day 1 is the day of T0 itself, day 7 six days later, and the day before is day -1."""
    ward = CHILD.treatment("2025-06-03T23:00-04:00").discharged("2025-06-12T10:00-04:00")
    published = {day: (ward.mods(day)["sdtm_day"], ward.mods(day)["in_window"]) for day in ward.mods_days}
    assert published["2025-06-02"] == (-1, False)
    assert published["2025-06-03"] == (1, True)
    assert published["2025-06-09"] == (7, True)
    assert published["2025-06-10"] == (8, False)
    reached = ward.outcome("window-day-7")
    assert reached is not None
    assert at(reached["at"]) == at("2025-06-09T00:00-04:00")


@pytest.mark.proves("O3")
@pytest.mark.parametrize(("seen", "died"), [("2025-09-02", True), ("2025-09-03", False)])
def test_o3_a_death_counts_for_the_follow_up_of_the_example(seen: str, died: bool) -> None:
    """Ninety local days after the discharge, the last included."""
    ward = CHILD.discharged("2025-06-04T22:00-04:00").died(f"{seen}T23:30-04:00")
    death, survival = ward.outcome("death-90d"), ward.outcome("survival-90d")
    assert death is not None
    assert survival is not None
    assert (death["reached"], survival["reached"]) == (died, not died)


@pytest.mark.proves("O1")
def test_o1_the_longest_stay_published_is_no_matter_of_the_follow_up() -> None:
    """Truncated at 28 days, though the follow-up lasts 90."""
    published = CHILD.discharged("2025-07-25T10:00-04:00").outcome("picu-los")
    assert published is not None
    assert (published["value"], published["detail"]) == (28, "truncated")


@pytest.mark.proves("E1")
@pytest.mark.parametrize(("born", "met", "state"), [
    ("2025-06-02", True, "screening"),
    ("2010-06-03", True, "screening"),
    ("2010-06-02", None, "review"),
    ("2009-06-03", None, "review"),
    ("2009-06-02", False, "ineligible"),
])  # fmt: skip
def test_e1_the_ages_are_those_of_the_example(born: str, met: bool | None, state: str) -> None:
    """From birth; somebody decides from the 15th birthday on; too old from the 16th."""
    ward = Stay().under(**CHANGED).admitted("2025-06-02T09:00-04:00", birth_date=born, sex="female")
    ward = ward.until("2025-06-02T10:00-04:00")
    assert (ward.criterion("age")["met"], ward.eligibility["state"]) == (met, state)


@pytest.mark.proves("M7")
def test_m7_a_value_is_brought_forward_no_further_than_the_example_says() -> None:
    """Seventy-two hours to the end of the day; then normal is assumed."""
    ward = CHILD.lab("2025-06-02T09:00-04:00", creatinine=250).discharged("2025-06-05T10:00-04:00")
    bases = [ward.organ(day, "renal")["basis"] for day in ward.mods_days]
    assert bases == ["measured", "carried-forward", "carried-forward", "assumed-normal"]


@pytest.mark.proves("M10")
def test_m10_the_example_assumes_a_verbal_5() -> None:
    """Of an intubated child; the charted 1 stays in the receipt."""
    ward = CHILD.vent("2025-06-02T09:00-04:00", "invasive")
    ward = ward.vital("2025-06-02T10:00-04:00", gcs_eye=4, gcs_verbal=1, gcs_motor=6)
    assert ward.organ("2025-06-02", "neurologic")["value"] == 15


@pytest.mark.proves("A1")
def test_a1_a_plateau_of_27_has_the_points_of_the_example() -> None:
    """One point here, two in the shipped protocol."""
    ward = CHILD.vent("2025-06-02T09:30-04:00", "invasive", peep=10, plateau_pressure=27, fio2=0.5)
    ward = ward.gas("2025-06-02T10:00-04:00", pao2=80).discharged("2025-06-03T10:00-04:00")
    points = []
    for stay in (ward, ward.under(apps={"plateau_27_points": 2})):
        (*_, daily) = stay.revisions("picu.score.apps.v1", basis="daily", day="2025-06-02")
        points.append(daily["components"]["plateau"]["points"])
    assert points == [1, 2]


DEFAULTS = {"models/protocol.py": {"Shanghai"}, "scoring/rules.py": {Path(DEFAULT_PROTOCOL).stem}}
"""The only places of the core that may name the trial: the default zone, and the file that is read by default."""


@pytest.mark.parametrize("path", modules(*CORE), ids=name)
def test_no_rule_names_the_trial(path: Path) -> None:
    """Registry number, organisation and place are in the protocol file, not in the code."""
    named = set(re.findall(r"(?i)NCT04850469|fdpicu|Fudan|Shanghai", path.read_text()))
    assert named <= DEFAULTS.get(name(path), set())
