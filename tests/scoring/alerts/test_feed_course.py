"""Alerts about sources over random courses: split, spread, crashed, evaluated anyhow: each once (I1, I3)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.eventfiles.replay import run
from picustream.models import text
from picustream.models.event import VITAL
from picustream.models.record import ALERT
from picustream.scoring.alerts.feed_monitor import FeedMonitor
from picustream.scoring.alerts.feed_snapshot import FeedSnapshot, joined
from picustream.scoring.alerts.source import MISROUTED, Source
from picustream.scoring.engine import Engine
from picustream.scoring.outputs import Output
from picustream.scoring.rules import Rules
from picustream.scoring.validation import InputRecord
from tests.reference.generate import history
from tests.scoring.build import Stay, at, obs
from tests.scoring.histories import SHIPPED, input_records, shuffled, written
from tests.scoring.running import Worker

SOURCES = ("his", "lis", "monitor", "gw-2")
PARTITIONS = 3
START = at("day 1")
STAYS = ("S0", "S1", "S2", "S3")


@dataclass(frozen=True)
class Step:
    """So many minutes later something comes of a source, or the partitions are read, or one loses its memory."""

    minutes: int
    what: str
    source: str
    stay: str


STEPS = st.lists(
    st.builds(
        Step,
        st.sampled_from([0, 1, 20, 45, 60, 300, 1441]),
        st.sampled_from(
            ["good", "good", "bad", "unread", "ahead", "misrouted", "late", "admitted", "discharged", "look", "crash"]
        ),
        st.sampled_from(SOURCES),
        st.sampled_from(STAYS),
    ),
    max_size=60,
)


def input_record(step: Step, place: int, moment: datetime) -> InputRecord:
    """What comes at a moment."""
    when, fields = moment.isoformat(), {"source": step.source, "stay_id": step.stay, "event_id": f"e{place}"}
    day_before = (moment - timedelta(days=2)).isoformat()
    if step.what in ("admitted", "discharged"):
        ((topic, body),) = Stay().adt(step.what, when, **fields).events
    elif step.what == "bad":
        ((topic, body),) = Stay().vital(when, heart_rate=(place, "furlongs"), **fields).events
    elif step.what == "unread":
        unmapped = [obs("heart_rate", 100, code=f"local-{number}", system="urn:gw") for number in range(15)]
        ((topic, body),) = Stay().vital(when, *unmapped, **fields).events
    else:
        observed = {"ahead": "day 9999", "late": day_before}.get(step.what, when)
        ((topic, body),) = Stay().vital(observed, heart_rate=100 + place % 50, **fields).events
    misrouted = step.what == "misrouted"
    return InputRecord(topic, 0, place, None, written(body), misrouted=misrouted, arrived_at=moment)


class Ward:
    """Partitions as a group of workers holds them: engines, and what the store keeps of each."""

    def __init__(self, partitions: int, rules: Rules = SHIPPED) -> None:
        self._rules = rules
        self._stores: list[dict[str, dict[str, bytes]]] = [{} for _ in range(partitions)]
        self._engines = [self._engine(number) for number in range(partitions)]
        self.outputs: list[Output] = []

    def _engine(self, number: int) -> Engine:
        count = len(self._stores)
        return Engine(self._rules, lambda source: sum(source.encode()) % count == number)

    def take(self, number: int, found: Sequence[InputRecord], now: datetime) -> None:
        """One batch of one partition."""
        engine = self._engines[number]
        batch = engine.read(found, now)
        for stay in engine.missing(batch, now):
            engine.install(stay, self._stores[number].get(stay, {}))
        effects = engine.process(batch, now)
        self.outputs += effects.outputs
        for stay, fields in effects.writes.items():
            kept = self._stores[number].setdefault(stay, {})
            kept |= {name: value for name, value in fields.items() if value is not None}
            for name in [name for name, value in fields.items() if value is None]:
                kept.pop(name, None)

    def snapshot(self, now: datetime) -> FeedSnapshot:
        return joined([store.get("", {}) for store in self._stores], now)

    def look(self, now: datetime) -> None:
        """Every engine is given what all of them observed, and publishes what follows."""
        snapshot = self.snapshot(now)
        for number, engine in enumerate(self._engines):
            engine.observe(snapshot)
            self.take(number, (), now)

    def crash(self, number: int) -> None:
        """Memory is lost; what the store keeps is not. What stays fall due is of no interest here."""
        self._engines[number] = self._engine(number)


def course(
    steps: Sequence[Step], partitions: int, *, crashes: bool, batch: int = 1, ward: Ward | None = None
) -> list[dict[str, Any]]:
    """Every record of an alert about a source, as published; read after each batch and at each evaluation."""
    ward, now, waiting = ward or Ward(partitions), START, {}
    for place, step in enumerate(steps):
        now += timedelta(minutes=step.minutes)
        if step.what == "look":
            flush(ward, waiting, now)
            ward.look(now)
        elif step.what == "crash":
            if crashes:
                flush(ward, waiting, now)
                ward.crash(place % partitions)
        else:
            number = sum(step.stay.encode()) % partitions
            waiting.setdefault(number, []).append(input_record(step, place, now))
            if len(waiting[number]) >= batch:
                ward.take(number, waiting.pop(number), now)
    flush(ward, waiting, now)
    ward.look(now + timedelta(days=3))
    ward.look(now + timedelta(days=30))
    return of_sources(ward.outputs)


def flush(ward: Ward, waiting: dict[int, list[InputRecord]], now: datetime) -> None:
    for number in sorted(waiting):
        ward.take(number, waiting.pop(number), now)


def of_sources(outputs: Sequence[Output]) -> list[dict[str, Any]]:
    found = [text.parse(output.value) for output in outputs if output.topic == ALERT]
    return [one for one in found if one["alert_id"].startswith("alert/")]


def chains(revisions_of: Sequence[dict[str, Any]]) -> dict[str, list[tuple[str, str]]]:
    """State and since of each alert's records, as published."""
    found: dict[str, list[tuple[str, str]]] = {}
    for one in revisions_of:
        found.setdefault(one["alert_id"], []).append((one["state"], one["since"]))
        assert one["revision"] == len(found[one["alert_id"]])
    return found


@pytest.mark.proves("I3")
@given(STEPS)
def test_i3_each_alert_fires_and_resolves_in_turn(steps: list[Step]) -> None:
    """I3: firing, resolved, firing ...; each revision once, through any crash; in the end nothing but silence lasts."""
    for alert_id, chain in chains(course(steps, PARTITIONS, crashes=True)).items():
        assert [state for state, _ in chain] == (["firing", "resolved"] * len(chain))[: len(chain)]
        assert chain[-1][0] == "resolved" or alert_id.startswith("alert/feed-silent/")


@pytest.mark.proves("I1", "I2")
@given(STEPS)
def test_i2_a_crash_loses_nothing_and_reports_nothing_again(steps: list[Step]) -> None:
    """I2: with crashes the same records as without."""
    assert chains(course(steps, PARTITIONS, crashes=True)) == chains(course(steps, PARTITIONS, crashes=False))


@pytest.mark.proves("I1")
@given(STEPS, st.integers(1, 5), st.integers(1, 7))
def test_i1_it_does_not_matter_how_a_feed_is_spread_or_split(steps: list[Step], partitions: int, batch: int) -> None:
    """I1: any partitioning, any batches: evaluated at the same moments, the same alerts.

    Lateness is left out: by which clock a day has closed is each partition's own.
    """
    asked = [step for step in steps if step.what != "late"]
    assert chains(course(asked, partitions, crashes=True, batch=batch)) == chains(course(asked, 1, crashes=False))


@pytest.mark.proves("I1")
@given(STEPS, st.randoms(use_true_random=False))
def test_i1_the_view_of_all_does_not_depend_on_the_order_of_what_came(steps: list[Step], rng: Any) -> None:
    """I1: of what a partition read, the order of its five topics is by chance."""
    now, came = START, []
    for place, step in enumerate(steps):
        now += timedelta(minutes=step.minutes)
        if step.what not in ("look", "crash", "late"):
            came.append((sum(step.stay.encode()) % PARTITIONS, input_record(step, place, now)))
    facts = [one for one in came if one[1].topic != VITAL]
    one, other = Ward(PARTITIONS), Ward(PARTITIONS)
    for number, found in came:
        one.take(number, [found], now)
    for number, found in facts + rng.sample([of for of in came if of[1].topic == VITAL], len(came) - len(facts)):
        other.take(number, [found], now)
    left, right = one.snapshot(now), other.snapshot(now)
    assert (left.opened, left.sources.keys()) == (right.opened, right.sources.keys())
    for name, source in left.sources.items():
        assert replace(source, hours={}, faults={}) == replace(right.sources[name], hours={}, faults={})
        assert source.counts(now) == right.sources[name].counts(now)
        assert source.read(now) == right.sources[name].read(now)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.proves("I1", "I3")
def test_i3_a_replay_that_lost_its_memory_at_any_moment_reports_the_same_of_its_sources(seed: int) -> None:
    """I3: one engine for all partitions, crashed between any two batches, beside a run without a crash."""
    events = shuffled(history(seed), seed) if seed % 2 else history(seed)
    worker = Worker(SHIPPED)
    for place in range(0, len(events), 7):
        worker.take(events[place : place + 7])
        worker.crash()
    worker.take([])
    assert chains(of_sources(worker.end())) == chains(of_sources(list(run(SHIPPED, input_records(events)))))


def test_a_view_that_is_not_later_than_what_was_reported_by_changes_nothing() -> None:
    """Partitions move between workers whose clocks differ a little: nothing is taken back and published again."""
    ward = Ward(1)
    ward.take(0, [input_record(Step(0, "misrouted", "monitor", "S0"), 0, START)], START)
    for minutes in (1, 60, 59):
        ward.look(START + timedelta(minutes=minutes))
        ward.crash(0)
    assert [one["state"] for one in of_sources(ward.outputs)] == ["firing", "resolved"]


def test_only_a_later_snapshot_counts_and_what_one_partition_observed_does_not() -> None:
    """Of two snapshots of one moment the first is what was published by: nothing is due of the other."""
    source, second = Source(START, faults={MISROUTED: START}), timedelta(seconds=1)
    watch = FeedMonitor(SHIPPED, lambda _: True)
    watch.load({})
    watch.note_stay("S0", True, START)
    assert watch.due is None
    watch.observe(FeedSnapshot(START, {"monitor": source}, START))
    assert [one.head.digest for one in watch.revisions(START, START)] == ["firing"]
    for as_of in (START, START - second):
        watch.observe(FeedSnapshot(as_of, {}, START))
        assert (watch.due, watch.revisions(as_of, as_of)) == (None, [])
    watch.observe(FeedSnapshot(START + second, {}, START))
    assert [one.head.digest for one in watch.revisions(START, START)] == ["resolved"]
