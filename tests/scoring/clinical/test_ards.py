"""When moderate-to-severe ARDS begins, and when it begins again: rules A2 and A3."""

from typing import Any

import pytest

from picustream.scoring.scores.apps.record import APPS
from tests.scoring.build import Stay, at, obs

WARD = Stay().admitted("day 1 00:00", birth_date="2020-05-01").discharged("day 15 00:00")

SICK, WELL = 100, 101
"""PaO2 at an FiO2 of 0.5: P/F 200, and just above it."""


def gas(ward: Stay, when: str, pao2: Any = SICK, support: str = "invasive", peep: Any = 5, **fields: Any) -> Stay:
    """A gas with the ventilator's settings of its own moment."""
    return ward.vent(when, support, obs("peep", peep)).gas(when, pao2=pao2, fio2="0.5", **fields)


def onsets(ward: Stay) -> list[str]:
    """When each episode in force began, as days and hours."""
    found = []
    while (record := ward.apps_24h(len(found) + 1)) is not None:
        found.append(record["onset_at"])
    return found


def times(*moments: str) -> list[str]:
    return [at(moment).isoformat() for moment in moments]


@pytest.mark.proves("A2")
@pytest.mark.parametrize(("pao2", "support", "peep", "candidate"), [
    ("100", "invasive", "5", True),
    ("100.0000001", "invasive", "5", False),
    ("100", "non-invasive", "5", False),
    ("100", "high-flow", "5", False),
    ("100", "unknown", "5", False),
    ("100", "invasive", "4.9", False),
    ("20", "invasive", "60", True),
])  # fmt: skip
def test_a2_a_candidate_has_200_at_most_on_a_ventilator_with_5_at_least(
    pao2: str, support: str, peep: str, candidate: bool
) -> None:
    """P/F <= 200, invasive, PEEP >= 5 cmH2O: all three, both limits included."""
    assert onsets(gas(WARD, "day 2 08:00", pao2, support, peep)) == (times("day 2 08:00") if candidate else [])


@pytest.mark.proves("A2")
def test_a2_an_unknown_peep_makes_no_candidate() -> None:
    """PEEP is not assumed."""
    assert onsets(WARD.vent("day 2 08:00", "invasive").gas("day 2 08:00", pao2=60, fio2="0.5")) == []


@pytest.mark.proves("A3", "I1")
def test_a3_onset_is_the_first_candidates_sample() -> None:
    """A candidate that becomes known later and was earlier moves the onset."""
    ward = gas(WARD, "day 3 08:00")
    assert onsets(ward) == times("day 3 08:00")
    assert onsets(gas(ward, "day 2 08:00", recorded="day 5 08:00")) == times("day 2 08:00")


@pytest.mark.proves("A3")
@pytest.mark.parametrize(("again", "episodes"), [("day 3 08:00 -1us", 1), ("day 3 08:00", 2)])
def test_a3_a_new_episode_begins_24_hours_after_the_last_candidate(again: str, episodes: int) -> None:
    """With a better pair in between; exactly 24 h are enough."""
    ward = gas(gas(gas(WARD, "day 2 08:00"), "day 2 20:00", WELL), again)
    assert len(onsets(ward)) == episodes


@pytest.mark.proves("A3")
@pytest.mark.parametrize(("pao2", "support", "episodes"), [
    (WELL, "invasive", 2), (WELL, "oxygen", 2), (SICK, "invasive", 1), (SICK, "oxygen", 1),
])  # fmt: skip
def test_a3_it_takes_a_better_pair_in_between_whatever_its_support(pao2: int, support: str, episodes: int) -> None:
    """Three days without a gas above 200 are one episode; recovery may be seen off the ventilator."""
    ward = gas(gas(WARD, "day 2 08:00"), "day 3 08:00", pao2, support)
    assert len(onsets(gas(ward, "day 5 08:00"))) == episodes


@pytest.mark.proves("A3")
def test_a3_the_24_hours_run_from_the_previous_candidate_not_from_the_onset() -> None:
    """A candidate 12 h before keeps the episode going, though its onset is days ago."""
    ward = gas(gas(gas(WARD, "day 2 08:00"), "day 4 08:00"), "day 4 14:00", WELL)
    assert len(onsets(gas(ward, "day 4 20:00"))) == 1
    assert len(onsets(gas(ward, "day 5 08:00"))) == 2


@pytest.mark.proves("A3")
def test_a3_a_relapse_within_24_hours_uses_the_recovery_up() -> None:
    """Better, bad again after 12 h, bad again a day later with nothing better in between: one episode."""
    ward = gas(gas(gas(WARD, "day 2 08:00"), "day 2 14:00", WELL), "day 2 20:00")
    assert len(onsets(gas(ward, "day 4 08:00"))) == 1


@pytest.mark.proves("A3", "V1")
def test_a3_of_pairs_of_one_time_the_order_of_samples_decides() -> None:
    """A better sample of the candidate's own moment lies before or after it by its id."""
    first = gas(WARD, "day 2 08:00")

    def twice(better_id: str) -> Stay:
        better = first.gas("day 4 08:00", obs("pao2", WELL, id=better_id), obs("fio2", "0.5", id=better_id + "f"))
        return better.vent("day 4 08:00", "invasive", obs("peep", 5)).gas(
            "day 4 08:00", obs("pao2", SICK, id="m"), obs("fio2", "0.5", id="mf")
        )

    assert len(onsets(twice("a"))) == 2
    assert len(onsets(twice("z"))) == 1


@pytest.mark.proves("A3", "I1")
def test_a3_a_late_pair_renumbers_the_episodes() -> None:
    """Episode 1 is published anew as another one, and the old episode 1 becomes 2."""
    ward = gas(gas(WARD, "day 5 08:00", WELL), "day 6 08:00")
    early = gas(ward, "day 2 08:00", recorded="day 12 08:00")
    assert onsets(ward) == times("day 6 08:00")
    assert onsets(early) == times("day 2 08:00", "day 6 08:00")


@pytest.mark.proves("A3")
def test_a3_a_number_that_no_longer_exists_is_withdrawn() -> None:
    """The gas in between was entered in error: two episodes become one."""
    ward = gas(gas(gas(WARD, "day 2 08:00"), "day 3 08:00", WELL, event_id="better"), "day 4 08:00")
    assert len(onsets(ward)) == 2
    mended = ward.gas(
        "day 3 08:00", pao2=WELL, fio2="0.5", event_id="better", recorded="day 9 08:00", status="entered-in-error"
    )
    assert len(onsets(mended)) == 1
    assert mended.revisions(APPS, basis="at-24h", episode=2)[-1]["status"] == "entered-in-error"


# What the clinicians say. ------------------------------------------------------------------------------------------

TWO = gas(gas(gas(WARD, "day 2 08:00"), "day 3 08:00", WELL), "day 5 08:00")


@pytest.mark.proves("A3")
def test_a3_without_an_assessment_ards_is_presumptive() -> None:
    """Imaging is unknown to the stream, and the record says so."""
    record = TWO.apps_24h(1)
    assert record is not None
    assert (record["ards"], record["caveats"]) == ("presumptive", ["adult-derived-score", "presumptive-ards"])


@pytest.mark.proves("A3")
def test_a3_confirmed_makes_every_episode_confirmed() -> None:
    """The verdict speaks of the stay, not of one episode."""
    ward = TWO.ards("day 6 08:00", "confirmed")
    records = [ward.apps_24h(1), ward.apps_24h(2), ward.apps(2)]
    assert [(one["ards"], one["caveats"]) for one in records if one] == [("confirmed", ["adult-derived-score"])] * 3


@pytest.mark.proves("A3", "O5")
def test_a3_refuted_withdraws_the_records() -> None:
    """No APPS is left of an ARDS that was none."""
    ward = TWO.ards("day 6 08:00", "refuted")
    assert onsets(ward) == []
    assert ward.apps(2) is None
    last = {(r["basis"], r["day"], r["episode"]): r["status"] for r in ward.revisions(APPS)}
    assert set(last.values()) == {"entered-in-error"}
    restored = ward.ards("day 6 08:00", "refuted", recorded="day 7 08:00", status="entered-in-error")
    assert onsets(restored) == times("day 2 08:00", "day 5 08:00")


@pytest.mark.proves("A3")
@pytest.mark.parametrize(("told", "left"), [
    ("day 1 12:00", ["day 1 12:00", "day 5 08:00"]),
    ("day 5 08:00 -1us", ["day 5 08:00 -1us", "day 5 08:00"]),
    ("day 5 08:00", ["day 5 08:00"]),
    ("day 6 08:00", ["day 6 08:00"]),
])  # fmt: skip
def test_a3_a_confirmed_onset_moves_episode_1_and_swallows_those_before_it(told: str, left: list[str]) -> None:
    """Other episodes at or before the onset that the clinicians give fall away."""
    assert onsets(TWO.ards("day 6 08:00", "confirmed", onset_at=told)) == times(*left)


@pytest.mark.proves("A3")
def test_a3_a_confirmed_onset_makes_an_episode_where_none_was_seen() -> None:
    """Clinicians may know of an ARDS that no gas shows."""
    ward = WARD.ards("day 6 08:00", "confirmed", onset_at="day 3 08:00")
    assert onsets(ward) == times("day 3 08:00")


@pytest.mark.proves("A3", "O5")
def test_a3_confirmed_without_an_onset_gives_no_apps_but_the_milestone() -> None:
    """ARDS is confirmed with its onset unknown: no APPS, the milestone reached without a time."""
    ward = WARD.ards("day 6 08:00", "confirmed")
    assert onsets(ward) == []
    milestone = ward.outcome("ards-onset")
    assert milestone is not None
    assert (milestone["reached"], milestone["at"]) == (True, None)
    assert ward.outcome("apps-24h") is None
