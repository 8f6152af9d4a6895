"""APPS of a day and 24 hours after the onset: rules A1 and A4-A8."""

from typing import Any

import pytest

from picustream.scoring.scores.apps.record import APPS
from tests.scoring.build import Record, Stay, at, date_of, obs

WARD = Stay().admitted("day 1 00:00", birth_date="2020-05-01").discharged("day 6 00:00")
ONSET = "day 2 08:00"
"""Its target is day 3 08:00, its window from day 3 02:00 to day 3 14:00."""


def gas(ward: Stay, when: str, pao2: Any = 80, fio2: str = "0.5", support: str | None = "invasive") -> Stay:
    """A gas with its ventilator event; the source says who was asked, to be found in the inputs."""
    return ward.vent(when, support, obs("peep", 8)).gas(when, pao2=pao2, fio2=fio2)


BEGUN = gas(WARD, ONSET)


def plateau(ward: Stay, when: str, value: Any = 25, variable: str = "plateau_pressure", **fields: Any) -> Stay:
    return ward.vent(when, None, obs(variable, value), **fields)


def at_24h(ward: Stay, episode: int = 1) -> Record:
    found = ward.apps_24h(episode)
    assert found is not None
    return found


def daily(ward: Stay, day: int) -> Record:
    found = ward.apps(day)
    assert found is not None
    return found


def told(component: Record) -> tuple[Any, Any, Any]:
    return component["points"], component["value"], component["reason"]


# A1. ---------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("A1")
@pytest.mark.parametrize(("pao2", "points"), [("79.00000001", 1), ("79", 2), ("52.5", 2), ("52.49999999", 3)])
def test_a1_ratio_points(pao2: str, points: int) -> None:
    """Above 158 one point, from 105 on two, below three; the edges belong to the middle."""
    assert daily(gas(WARD, ONSET, pao2), 2)["components"]["pf"]["points"] == points


@pytest.mark.proves("A1", "A6")
@pytest.mark.parametrize(("pressure", "points"), [
    ("26.9999", 1), ("27", 2), ("27.0", 2), ("27.0001", 2), ("30", 2), ("30.0001", 3),
])  # fmt: skip
def test_a1_plateau_points(pressure: str, points: int) -> None:
    """Below 27 one point, up to 30 two, above three."""
    ward = plateau(BEGUN, ONSET, pressure)
    assert daily(ward, 2)["components"]["plateau"]["points"] == points
    disputed = ward.under(apps={"plateau_27_points": 1})
    assert daily(disputed, 2)["components"]["plateau"]["points"] == (1 if pressure in ("27", "27.0") else points)


@pytest.mark.proves("A1", "A7")
@pytest.mark.parametrize(("born", "points", "age"), [
    ("1978-01-03", 1, 46), ("1978-01-02", 2, 47), ("1958-01-03", 2, 66), ("1958-01-02", 3, 67),
])  # fmt: skip
def test_a1_age_in_completed_years_at_the_onset(born: str, points: int, age: int) -> None:
    """The birthday itself counts, on the onset's local date: 2 January."""
    ward = gas(Stay().admitted("day 1 00:00", birth_date=born).discharged("day 6 00:00"), ONSET)
    found = daily(ward, 2)["components"]["age"]
    assert told(found) == (points, age, None)
    assert (found["unit"], found["inputs"][0]["value"]) == ("a", born)


@pytest.mark.proves("A1")
def test_a1_a_childs_total_says_that_it_comes_from_adults() -> None:
    """3 to 7 for a child: marked wherever it is shown."""
    record = daily(plateau(gas(WARD, ONSET, 30), ONSET, 35), 2)
    assert record["total"] == 7
    assert "adult-derived-score" in record["caveats"]


# A4. ---------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("A4")
@pytest.mark.parametrize(("when", "inside"), [
    ("day 3 02:00 -1us", False), ("day 3 02:00", True), ("day 3 14:00", True), ("day 3 14:00 +1us", False),
])  # fmt: skip
def test_a4_the_pair_lies_18_to_30_hours_after_the_onset(when: str, inside: bool) -> None:
    """Both ends included; nothing else takes its place."""
    record = at_24h(gas(BEGUN, when, 70))
    assert told(record["components"]["pf"]) == ((2, 140, None) if inside else (None, None, "no-pair"))


@pytest.mark.proves("A4")
def test_a4_the_pair_nearest_to_24_hours_is_taken() -> None:
    """At equal distance the earlier."""
    ward = gas(gas(BEGUN, "day 3 06:00", 60), "day 3 10:00", 70)
    assert at_24h(ward)["components"]["pf"]["value"] == 120
    assert at_24h(gas(ward, "day 3 09:59", 75))["components"]["pf"]["value"] == 150


@pytest.mark.proves("A4", "P1")
def test_a4_the_support_at_24_hours_does_not_matter() -> None:
    """A child extubated by then is scored by what it has."""
    assert at_24h(gas(BEGUN, "day 3 08:00", 100, support="oxygen"))["components"]["pf"]["value"] == 200


@pytest.mark.proves("A4")
@pytest.mark.parametrize(("when", "inside"), [
    ("day 3 04:00 -1us", False), ("day 3 04:00", True), ("day 3 12:00", True), ("day 3 12:00 +1us", False),
])  # fmt: skip
def test_a4_the_plateau_lies_within_4_hours_of_the_pairs_sample(when: str, inside: bool) -> None:
    """Either side, both ends included."""
    record = at_24h(plateau(gas(BEGUN, "day 3 08:00", 70), when))
    assert told(record["components"]["plateau"]) == ((1, 25, None) if inside else (None, None, "not-measured"))


@pytest.mark.proves("A4")
def test_a4_the_plateau_nearest_to_the_sample_is_taken() -> None:
    """At equal distance the earlier."""
    ward = plateau(plateau(gas(BEGUN, "day 3 08:00", 70), "day 3 07:00", 28), "day 3 09:00", 35)
    assert at_24h(ward)["components"]["plateau"]["value"] == 28


@pytest.mark.proves("A4", "I8")
@pytest.mark.parametrize(("clock", "status"), [
    ("day 3 02:00", None),
    ("day 3 09:00", "preliminary"),
    ("day 3 20:00 -1us", "preliminary"),
    ("day 3 20:00", "final"),
])  # fmt: skip
def test_a4_it_is_published_once_there_is_a_pair_and_closes_36_hours_after_the_onset(
    clock: str, status: str | None
) -> None:
    """30 h and the time to finalise; none before there is a pair."""
    record = gas(BEGUN, "day 3 08:00", 70).until(clock).apps_24h()
    assert (record["status"] if record else None) == status


@pytest.mark.proves("A4", "A7")
def test_a4_it_closes_without_a_pair_too() -> None:
    """No gas came: at closing the record says so."""
    assert BEGUN.until("day 3 20:00 -1us").apps_24h() is None
    record = at_24h(BEGUN.until("day 3 20:00"))
    assert (record["status"], record["total"]) == ("final", None)
    assert {name: one["reason"] for name, one in record["components"].items()} == {
        "age": None, "pf": "no-pair", "plateau": "no-pair",
    }  # fmt: skip


@pytest.mark.proves("A4", "T3")
def test_a4_its_days_are_those_of_the_target() -> None:
    """Counted on the day on which 24 hours are over."""
    record = at_24h(BEGUN.treatment("day 1 12:00"))
    assert (record["elapsed_day"], record["sdtm_day"], record["in_window"]) == (2, 3, False)
    assert (at(record["effective_at"]), record["day"]) == (at("day 3 08:00"), None)


# A5. ---------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("A5")
def test_a5_every_day_from_the_onset_day_on_with_an_invasive_pair_is_scored() -> None:
    """Not before, not without a pair, not without the ventilator."""
    ward = gas(gas(gas(BEGUN, "day 1 08:00", 150), "day 3 08:00", 150), "day 4 08:00", 150, support="oxygen")
    assert [ward.apps(day) is not None for day in (1, 2, 3, 4, 5)] == [False, True, True, False, False]


@pytest.mark.proves("A5")
def test_a5_the_days_first_invasive_pair_is_taken_even_before_the_onset() -> None:
    """On the onset day it may precede the onset; a first one off the ventilator is passed over."""
    ward = gas(gas(BEGUN, "day 2 06:00", 120, support="oxygen"), "day 2 07:00", 110)
    record = daily(ward, 2)
    assert record["components"]["pf"]["value"] == 220
    assert at(record["onset_at"]) == at(ONSET)


@pytest.mark.proves("A5")
def test_a5_the_onset_is_that_of_episode_1() -> None:
    """A later episode does not change what the daily records speak of."""
    ward = gas(gas(BEGUN, "day 3 08:00", 150), "day 4 08:00")
    assert at(daily(ward, 4)["onset_at"]) == at(ONSET)
    assert ward.apps_24h(2) is not None


@pytest.mark.proves("A5", "T4")
@pytest.mark.parametrize(("clock", "status"), [("day 3 06:00 -1us", "preliminary"), ("day 3 06:00", "final")])
def test_a5_it_closes_with_its_day(clock: str, status: str) -> None:
    """Six hours after midnight."""
    assert daily(BEGUN.until(clock), 2)["status"] == status


@pytest.mark.proves("A5", "T2")
def test_a5_a_withdrawn_pair_takes_its_day_back() -> None:
    """No pair is left of the day: no record."""
    good = {"pao2": 150, "fio2": "0.5", "event_id": "g9"}
    ward = BEGUN.vent("day 3 08:00", "invasive").gas("day 3 08:00", **good)
    gone = ward.gas("day 3 08:00", **good, recorded="day 5 08:00", status="cancelled")
    assert ward.apps(3) is not None
    assert gone.apps(3) is None
    assert gone.revisions(APPS, basis="daily", day=date_of(3))[-1]["status"] == "entered-in-error"


# A6. ---------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("A6", "V3")
@pytest.mark.parametrize(
    ("peep", "pressure", "counts"), [("25", "25", True), ("25.1", "25", False), (None, "25", True)]
)
def test_a6_a_plateau_below_the_peep_of_its_own_time_is_none(peep: str | None, pressure: str, counts: bool) -> None:
    """An unknown PEEP excludes nothing."""
    ward = WARD.vent("day 2 02:00", "invasive", obs("peep", 8)).gas("day 2 05:00", pao2=80, fio2="0.5")
    ward = plateau(ward, "day 2 08:00", pressure)  # the PEEP of 02:00 is out of reach here
    ward = ward if peep is None else ward.vent("day 2 07:00", None, obs("peep", peep))
    assert (daily(ward, 2)["components"]["plateau"]["points"] is not None) is counts


@pytest.mark.proves("A6")
@pytest.mark.parametrize(
    ("control", "counts"), [("pressure", True), ("volume", False), ("unknown", False), (None, False)]
)
def test_a6_a_peak_pressure_is_taken_under_pressure_control(control: str | None, counts: bool) -> None:
    """Shown by its reason; under volume control a peak is no plateau."""
    more = {} if control is None else {"control": control}
    found = daily(plateau(BEGUN, "day 2 09:00", 28, "peak_pressure", **more), 2)["components"]["plateau"]
    assert told(found) == ((2, 28, "peak-in-pressure-control") if counts else (None, None, "not-measured"))


@pytest.mark.proves("A6")
def test_a6_a_true_plateau_goes_before_a_nearer_peak() -> None:
    """A peak is asked only where no plateau qualifies in the window."""
    ward = plateau(BEGUN, ONSET, 35, "peak_pressure", control="pressure")
    assert daily(plateau(ward, "day 2 12:00", 28), 2)["components"]["plateau"]["value"] == 28
    assert daily(plateau(ward, "day 2 12:00", 5), 2)["components"]["plateau"]["value"] == 35


@pytest.mark.proves("A6", "V1")
def test_a6_the_control_is_that_of_the_current_version_of_its_event() -> None:
    """A corrected mode makes a peak usable, or takes it away."""

    def controlled(ward: Stay, control: str, **fields: str) -> Stay:
        return plateau(ward, ONSET, 28, "peak_pressure", control=control, event_id="v9", **fields)

    late = {"recorded": "day 3 08:00", "status": "corrected"}
    told = [controlled(BEGUN, "volume"), controlled(BEGUN, "pressure")]
    told += [controlled(told[0], "pressure", **late), controlled(told[1], "volume", **late)]
    assert [daily(ward, 2)["components"]["plateau"]["points"] for ward in told] == [None, 2, 2, None]


# A7, A8. -----------------------------------------------------------------------------------------------------------


@pytest.mark.proves("A7", "I6")
@pytest.mark.parametrize(("born", "age"), [
    (None, (None, None, "birth-date-missing")),
    ("1978", (None, None, "birth-date-imprecise")),
    ("1978-01", (None, None, "birth-date-imprecise")),
    ("1978-02", (1, 46, None)),
    ("1980", (1, None, None)),
    ("2020-05", (1, 4, None)),
])  # fmt: skip
def test_a7_an_imprecise_birth_date_is_enough_where_every_date_agrees(born: str | None, age: tuple[Any, ...]) -> None:
    """Where it does not, age is missing and with it the total."""
    stay = Stay().admitted("day 1 00:00", **({"birth_date": born} if born else {})).discharged("day 6 00:00")
    record = daily(plateau(gas(stay, ONSET), ONSET), 2)
    assert told(record["components"]["age"]) == age
    assert record["total"] == (None if age[0] is None else 3)


@pytest.mark.proves("A7", "I6")
def test_a7_a_missing_plateau_makes_the_total_null() -> None:
    """Never a default."""
    record = daily(BEGUN, 2)
    assert told(record["components"]["plateau"]) == (None, None, "not-measured")
    assert record["total"] is None


@pytest.mark.proves("A8")
@pytest.mark.parametrize(("peep", "fio2", "standard"), [
    ("10", "0.5", True), ("9.9", "0.5", False), ("10", "0.49", False), ("9.9", "0.49", False),
    (None, "0.5", None), (None, "0.49", False),
])  # fmt: skip
def test_a8_standard_settings_are_peep_10_and_fio2_50(peep: str | None, fio2: str, standard: bool | None) -> None:
    """False as soon as one is known to fail, null while undecided."""
    ward = BEGUN.vent("day 3 08:00", "invasive", *([obs("peep", peep)] if peep else []))
    assert daily(ward.gas("day 3 08:00", pao2=80, fio2=fio2), 3)["standard_settings"] is standard


@pytest.mark.proves("A8")
def test_a8_without_a_pair_nothing_is_known_of_the_settings() -> None:
    """An episode that closed without a gas."""
    assert at_24h(BEGUN)["standard_settings"] is None
