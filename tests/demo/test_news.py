"""The lines about revisions: what changed and why, surprises before routine."""

from picustream.demo.news import Weight
from picustream.demo.tally import Tally
from picustream.models.record import DEAD_LETTER
from picustream.scoring.scores.mods.record import MODS
from tests.demo.records import DEAD, drawn, mods


def test_news_of_an_amended_day_names_the_change_and_the_cause(tally: Tally) -> None:
    carried = {"points": 2, "basis": "carried-forward", "value": 234}
    tally.record(MODS, mods(3, 1, "final", renal=carried))
    news = tally.record(MODS, mods(3, 2, "amended", renal={"points": 3, "value": 370}))
    assert news is not None
    assert news.what == "day 3 MODS 2→3 amended: renal 2→3 carried→measured"
    assert (news.reason, news.event_id, news.weight) == ("observation", "S-1/chemistry/02", Weight.SURPRISE)


def test_a_day_that_fills_up_is_routine_and_a_measured_value_that_changes_is_not(tally: Tally) -> None:
    tally.record(MODS, mods(4, 1, renal={"basis": "assumed-normal", "value": None}))
    filled = tally.record(MODS, mods(4, 2, renal={"points": 1, "value": 120}))
    changed = tally.record(MODS, mods(4, 3, renal={"points": 0, "value": 99}))
    assert filled is not None
    assert changed is not None
    assert (filled.weight, changed.weight) == (Weight.ROUTINE, Weight.SURPRISE)
    assert "renal 1→0 (120→99)" in changed.what


def test_a_treatment_start_amends_closed_days_without_surprise(tally: Tally) -> None:
    tally.record(MODS, {**mods(3, 1, "final"), "elapsed_day": None})
    news = tally.record(MODS, {**mods(3, 2, "amended"), "elapsed_day": -1})
    assert news is not None
    assert (news.what, news.weight) == ("day 3 MODS 0 amended: trial day -1", Weight.ROUTINE)


def test_surprises_stay_in_sight_among_the_routine(tally: Tally) -> None:
    tally.record(DEAD_LETTER, DEAD)
    for revision in range(1, 200):
        tally.record(MODS, mods(4, revision, renal={"basis": "assumed-normal", "value": revision}))
    assert any("unit-unknown" in line for line in drawn(tally))
