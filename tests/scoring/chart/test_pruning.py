"""A stay does not grow with what a feed sends, and what is pruned changes no record (I9)."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from picustream.models.event import INPUT_TOPICS
from picustream.scoring.chart import pruning
from tests.reference.generate import Case, case
from tests.scoring import running
from tests.scoring.build import FIRST_DAY, obs
from tests.scoring.feeding import alerts
from tests.scoring.histories import SEEDS, SHIPPED, replayed, rules_for, shuffled
from tests.scoring.monitor import monitored
from tests.scoring.running import Worker, assert_same, essence
from tests.scoring.stories import ADMISSION, OFFSET, Event, histories

BOUND = 1_000_000
"""Bytes of a stay in the store on its second day; `docs/architecture.md` names the figure."""


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everything that may go goes at once, so that small histories show what large ones do."""
    monkeypatch.setattr(pruning, "MOST_PER_DAY", 0)
    monkeypatch.setattr(pruning, "NEWEST", timedelta(minutes=10))
    monkeypatch.setattr(pruning, "NEWEST_COUNT", 1)
    monkeypatch.setattr(running, "MEMORY", 60_000)
    yield


def crashing(made: Case, seed: int) -> Worker:
    """A bounded worker that takes the history shuffled and repeated, in batches, and loses its memory now and then."""
    rng = random.Random(seed)
    worker = Worker(rules_for(made.protocol), made.until, bounded=True)
    events: list[Any] = shuffled(made.events, seed)
    while events:
        size = rng.choice([1, 1, 2, 5, 20])
        behind = rng.random() < 0.3
        worker.take(events[:size], behind=rng.sample(INPUT_TOPICS, rng.randint(1, 3)) if behind else ())
        events = events[size:]
        if rng.random() < 0.2:
            worker.crash()
    worker.end()
    return worker


@pytest.mark.proves("I9", "I1")
@pytest.mark.parametrize("seed", range(SEEDS))
def test_i9_pruning_changes_no_record(seed: int, eager: None) -> None:
    """A random nasty history with corrections, shuffled and repeated, equals a run that keeps everything."""
    made = case(seed)
    plain = replayed(made.events, rules_for(made.protocol), made.until)
    assert_same(essence(plain), essence(crashing(made, seed).outputs))


@pytest.mark.proves("I9")
@pytest.mark.parametrize("every", [timedelta(minutes=1), timedelta(seconds=20)], ids=str)
def test_i9_a_dense_feed_is_bounded_and_changes_no_record(every: timedelta) -> None:
    """As large at three times the rate; nothing has to be read again while feeds deliver as they do."""
    events = monitored(16, every)
    worker, largest = Worker(SHIPPED, bounded=True), 0
    for first in range(0, len(events), 50):
        worker.take(events[first : first + 50])
        largest = max(largest, worker.bytes_of("S"))
    assert largest < BOUND
    assert worker.reloads == 0
    assert_same(essence(replayed(events, SHIPPED)), essence(worker.end()))


@pytest.mark.proves("I9", "I1")
def test_i9_stays_not_touched_for_long_are_in_the_store_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many stays side by side in an engine that can hold hardly any: the same records."""
    monkeypatch.setattr(running, "MEMORY", most := 150_000)
    events = [(topic, value | {"stay_id": f"S-{seed}"}) for seed in range(5) for topic, value in case(seed).events]
    events = shuffled(events, 1)
    worker = Worker(SHIPPED, bounded=True)
    for first in range(0, len(events), 10):
        worker.take(events[first : first + 10])
        assert worker.held <= most
    assert_same(essence(replayed(events, SHIPPED)), essence(worker.end()))


@pytest.mark.proves("I9", "I1")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_i9_pruning_changes_no_small_story(eager: None, data: st.DataObject) -> None:
    """Few names and few moments, so that versions of one thing meet all the time: any order, repeats and crashes."""
    events = data.draw(histories(max_size=20), label="history")
    again = [
        *events,
        *data.draw(st.lists(st.sampled_from(events), max_size=3) if events else st.just([]), label="repeats"),
    ]
    mixed = data.draw(st.permutations(again), label="order")
    cuts = data.draw(st.lists(st.integers(0, len(mixed)), max_size=8), label="batches end after")
    crashes = data.draw(st.sets(st.sampled_from(cuts)) if cuts else st.just(set()), label="crashes")
    worker, last = Worker(SHIPPED, bounded=True), 0
    for cut in [*sorted(cuts), len(mixed)]:
        worker.take(mixed[last:cut])
        last = cut
        if cut in crashes:
            worker.crash()
    assert_same(essence(replayed(events, SHIPPED)), essence(worker.end()))


def said(topic: str, event_id: str, minute: int, *observations: dict[str, Any], **more: Any) -> Event:
    """An event so many minutes after the admission."""
    body = {"event_id": event_id, "source": "feed", "patient_id": "P", "stay_id": "S"}
    observed = (FIRST_DAY + OFFSET + timedelta(minutes=minute)).isoformat()
    return f"picu.{topic}.v1", body | {"observed_at": observed, "observations": list(observations)} | more


def breath(number: int, control: str, *observations: dict[str, Any], **more: Any) -> Event:
    """What a ventilator says every twenty minutes."""
    usual = (obs("peak_pressure", 30), obs("peep", 8), obs("fio2", "0.6"))
    more = {"support": "invasive", "control": control} | more
    return said("ventilator", f"v{number}", 20 * number, *(observations or usual), **more)


def late(minutes: int) -> str:
    return (FIRST_DAY + OFFSET + timedelta(minutes=minutes)).isoformat()


PEAKS = [breath(number, "volume", obs("peak_pressure", 30)) for number in range(60)]
BREATHING = [breath(number, "volume") for number in range(60)]
HEARD = [said("vital", f"h{number}", 20 * number, obs("heart_rate", 100 + number)) for number in range(60)]
RATE = obs("heart_rate", 150) | {"id": "rate"}
GAS = said("lab", "gas", 610, obs("pao2", 80), obs("fio2", "0.6"), specimen="arterial")

LAST_GAS = said("lab", "gas", 1100, obs("pao2", 80), obs("fio2", "0.6"), specimen="arterial")
MOVED = {"observed_at": late(605), "recorded_at": late(900), "status": "corrected"}

STORIES = {
    "a late peak under pressure control among others": [
        GAS, breath(98, "unknown", obs("peep", 8), observed_at=late(605)), *PEAKS,
        breath(99, "pressure", observed_at=late(630)),
    ],
    "a correction that says no more than that the control was pressure": [
        GAS, *BREATHING, breath(20, "pressure", obs("peep", 9), recorded_at=late(2000), status="corrected"),
    ],
    "the PaO2 of an FiO2 under its event, somewhere else in time": [
        said("lab", "gas", 300, obs("fio2", "0.9"), specimen="arterial"),
        said("lab", "other", 960, obs("fio2", "0.5"), specimen="arterial"),
        said("lab", "gas", 2850, obs("pao2", 150), specimen="arterial", recorded_at=late(60), status="corrected"),
    ],
    **{
        f"the control of a peak that went, told late: {which}": [
            gas, *PEAKS[:30], breath(98, "unknown", obs("peep", 8), observed_at=late(605)), *PEAKS[30:],
            breath(number, "pressure", obs("peep", 8), recorded_at=late(2000), status="corrected"),
        ]
        for which, number, gas in [("an early one", 20, GAS), ("one near the gas", 31, GAS), ("the last", 58, LAST_GAS)]
    },
    "the control of a peak that went, told late: one after a peak that is kept": [
        GAS, *PEAKS[:10], breath(10, "volume", obs("peak_pressure", 30), patient_id="Q"), *PEAKS[11:30],
        breath(98, "unknown", obs("peep", 8), observed_at=late(605)), *PEAKS[30:],
        breath(20, "pressure", obs("peep", 8), recorded_at=late(2000), status="corrected"),
    ],
    "another support, where only the support in force was let go of": [
        GAS, *BREATHING, *HEARD, breath(98, "volume", obs("heart_rate", 99), observed_at=late(605), support="oxygen"),
    ],
    "an older version of a breath that went, somewhere else in time": [
        GAS, *BREATHING[:20], breath(20, "volume", recorded_at=late(2000), status="corrected"), *BREATHING[21:],
        breath(20, "volume", obs("mean_airway_pressure", 12, id="new"), **MOVED, support="oxygen"),
    ],
    **{
        f"a breath that is kept, and later said to lie where others went: {which}": [
            GAS, *BREATHING[:30], breath(30, "volume", support="oxygen"), *BREATHING[31:],
            breath(30, "volume", *parts, observed_at=late(100), recorded_at=late(2000), status="corrected"),
        ]
        for which, parts in {
            "as it was": (), "with a new value": (obs("peep", 8), obs("fio2", "0.6", id="new")),
            "with nothing but new values": (obs("peep", 8, id="one"), obs("fio2", "0.6", id="other")),
        }.items()
    },
    "an FiO2 of the laboratory where FiO2 was let go of, and its PaO2 later": [
        *BREATHING, said("lab", "gas", 610, obs("fio2", "0.9"), specimen="arterial"),
        said("lab", "gas", 1180, obs("pao2", 150), specimen="arterial", recorded_at=late(1300), status="corrected"),
    ],
    "half an event where things were let go of, and a version between": [
        *HEARD[:30], said("vital", "new", 401, RATE, recorded_at=late(900)), *HEARD[30:],
        said("vital", "half", 401, RATE, obs("gcs_total", 8), recorded_at=late(500)),
        said("vital", "between", 1187, RATE | {"value": 60}, recorded_at=late(700)),
        said("vital", "cvp", 1190, obs("cvp", 10)), said("vital", "map", 1190, obs("map_invasive", 60)),
    ],
}  # fmt: skip


@pytest.mark.proves("I9", "A6", "P1")
@pytest.mark.parametrize("crash", [False, True], ids=["in-memory", "loaded-each-time"])
@pytest.mark.parametrize("story", STORIES)
def test_i9_what_is_looked_up_by_its_event_is_not_guessed(story: str, crash: bool, eager: None) -> None:
    """One event in two messages, of which one was pruned: the records of a run that keeps everything."""
    events = [ADMISSION, *STORIES[story]]
    worker = Worker(SHIPPED, bounded=True)
    for event in events:
        worker.take([event])
        if crash:
            worker.crash()
    outputs = worker.end()
    assert_same(essence(replayed(events, SHIPPED)), essence(outputs))
    rebuilt = [one["state"] for one in alerts(outputs) if one["name"] == "state-rebuilt"]
    assert rebuilt == ["firing", "resolved"] * worker.reloads
