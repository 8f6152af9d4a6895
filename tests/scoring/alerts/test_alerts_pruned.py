"""Alerts about versions while stays are pruned, rebuilt and reloaded: what holds is what holds of the whole history."""

from datetime import timedelta
from typing import Any

import pytest

from picustream.scoring.chart import pruning
from tests.reference.generate import case
from tests.scoring import running
from tests.scoring.build import Stay, at, obs
from tests.scoring.chart.test_pruning import crashing
from tests.scoring.feeding import alerts, firing
from tests.scoring.histories import SEEDS, SHIPPED, replayed, rules_for
from tests.scoring.rebuilding import with_state_lost
from tests.scoring.running import Worker


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that may be pruned is pruned at once."""
    monkeypatch.setattr(pruning, "MOST_PER_DAY", 0)
    monkeypatch.setattr(pruning, "NEWEST", timedelta(minutes=10))
    monkeypatch.setattr(pruning, "NEWEST_COUNT", 1)
    monkeypatch.setattr(running, "MEMORY", 60_000)


OF_WHAT_IS_KEPT = ("id-reused", "conflicting-duplicate", "correction-unmatched")
"""Alerts that compare versions: what was pruned is not compared (docs/alerts.md)."""


@pytest.mark.proves("I9", "I1")
@pytest.mark.parametrize("seed", range(SEEDS))
def test_i9_what_is_firing_at_the_end_does_not_depend_on_what_was_pruned(seed: int, eager: None) -> None:
    """Shuffled, repeated, with memory lost: nothing fires that would not, and what would does, but for versions of what
    was pruned."""
    made = case(seed)
    plain = firing(replayed(made.events, rules_for(made.protocol), made.until))
    bounded = firing(crashing(made, seed).outputs)
    assert bounded <= plain
    assert {one.split("/")[2] for one in plain - bounded} <= set(OF_WHAT_IS_KEPT)


def ward(*, corrected: range = range(0), reused: range = range(0)) -> Stay:
    """A child on a monitor for four hours, some of whose values came as corrections of nothing; some ids are used again
    two hours later."""
    stay = Stay().admitted("day 1 08:00")
    for number in range(120):
        when = (at("day 1 08:00") + timedelta(minutes=2 * number)).isoformat()
        more: dict[str, Any] = {"status": "corrected", "recorded": when} if number in corrected else {}
        event_id = number - 60 if number - 60 in reused else number
        stay = stay.vital(when, heart_rate=100, event_id=f"v{event_id}", source="monitor", **more)
    return stay


def taken(stay: Stay, *, crash: bool) -> Worker:
    worker = Worker(SHIPPED, bounded=True, until=at("day 3"))
    for event in stay.events:
        worker.take([event])
        if crash:
            worker.crash()
    return worker


def states(worker: Worker, name: str) -> list[str]:
    return [one["state"] for one in alerts(worker.end()) if one["name"] == name]


@pytest.mark.proves("I9")
@pytest.mark.parametrize("crash", [False, True])
def test_i9_a_correction_that_met_nothing_stays_until_its_original_comes(crash: bool, eager: None) -> None:
    """Though the values around it are pruned; no history is needed for it."""
    stay = ward(corrected=range(30, 31))
    assert states(taken(stay, crash=crash), "correction-unmatched") == ["firing"]
    late = stay.vital("day 1 20:00", spo2=99, source="monitor").vital(
        "day 1 09:00", heart_rate=99, event_id="v30", source="monitor", recorded="day 1 08:59"
    )
    worker = taken(late, crash=crash)
    assert states(worker, "correction-unmatched") == ["firing", "resolved"]
    assert worker.reloads == 0


@pytest.mark.proves("I9")
@pytest.mark.parametrize("crash", [False, True])
def test_i9_a_correction_of_what_was_pruned_has_met_it(crash: bool, eager: None) -> None:
    """All that is known of it is that it was there."""
    stay = ward().vital(
        "day 1 09:00", heart_rate=99, event_id="v30", source="monitor", recorded="day 1 13:00", status="corrected"
    )
    assert states(taken(stay, crash=crash), "correction-unmatched") == []


@pytest.mark.proves("I9")
def test_i9_of_corrections_of_nothing_so_many_are_kept(eager: None) -> None:
    """A feed that calls everything corrected is bounded like another."""
    few, all_ = (taken(ward(corrected=range(0, count)), crash=True) for count in (40, 120))
    assert all_.bytes_of("S") < few.bytes_of("S") + 2000
    assert states(all_, "correction-unmatched") == ["firing"] * 32


@pytest.mark.proves("I9", "I1")
@pytest.mark.parametrize("crash", [False, True])
def test_i9_ids_used_again_are_over_only_when_none_is_left_among_what_was_pruned(crash: bool, eager: None) -> None:
    """One of three stays in the chart; once it is corrected, the history has the others."""
    stay = Stay().admitted("day 1 08:00")
    for hour in ("09", "11"):
        for name in "abc":
            when = f"day 1 {hour}:00"
            stay = stay.vital(when, heart_rate=90, source="monitor", event_id=name, recorded=f"day 1 {hour}:01")
    worker = Worker(SHIPPED, bounded=True, until=at("day 3"))
    worker.take(stay.events)
    for minute in range(60):
        stay = stay.vital(f"day 1 13:{minute:02}", heart_rate=100, source="monitor")
    for hour, name in enumerate("abc", 14):
        late = {"event_id": name, "recorded": f"day 1 {hour}:00", "status": "cancelled"}
        stay = stay.vital("day 1 11:00", obs("heart_rate"), source="monitor", **late)
    for place, event in enumerate(stay.events[7:], 7):
        worker.take([event])
        if crash:
            worker.crash()
        found = [one["state"] for one in alerts(worker.outputs) if one["name"] == "id-reused"]
        assert found == (["firing", "resolved"] if place == len(stay.events) - 1 else ["firing"])
    assert worker.reloads > 0


@pytest.mark.proves("I5", "I3")
@pytest.mark.parametrize("seed", range(20))
def test_i5_alerts_about_versions_are_rebuilt_with_the_state(seed: int) -> None:
    """Lost at any moment: what fires at the end is what fires without the loss, and nothing fires twice in a row."""
    made = case(seed)
    after, until = with_state_lost(made.events, seed)
    assert firing(after) == firing(replayed(made.events, SHIPPED, until))
    chains: dict[str, list[str]] = {}
    for record in alerts(after):
        chains.setdefault(record["alert_id"], []).append(record["state"])
    for chain in chains.values():
        assert chain == (["firing", "resolved"] * len(chain))[: len(chain)]
