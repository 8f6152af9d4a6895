"""The worker's clock set back and forward between and during its lives (I3, I8).

The engine is the real one: what a closed day says is published once, whatever the clock says afterwards.
"""

import itertools
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from picustream.models.event import ADT, LAB
from picustream.scoring.scores.mods.record import MODS
from picustream.streams.kafka import clients as kafka_clients
from tests.integration.workers import PATIENCE, Bench, Worker, wait_for

pytestmark = [pytest.mark.servers, pytest.mark.proves("I3", "I8")]

OPENS = datetime(2026, 3, 2, 8, tzinfo=UTC)
CLOSES = datetime(2026, 3, 2, 22, tzinfo=UTC)
"""Of that day in Shanghai."""
REAL = "picustream worker"


def worker(toys: Bench, reads: datetime, *options: str) -> Worker:
    """A worker whose clock reads a moment now."""
    at = datetime.now(UTC)
    return toys.worker("w", *options, command=REAL, clock_start=reads.isoformat(), clock_at=at.isoformat())


def drain(toys: Bench, reads: datetime) -> None:
    one = worker(toys, reads, "--drain")
    assert one.process.wait(PATIENCE) == 0, one.log.read_text()


def publish(toys: Bench, *events: tuple[str, dict[str, Any]]) -> None:
    """Events of one stay, with what they have in common."""
    with kafka_clients.producer(toys.settings) as producer:
        for topic, event in events:
            name = f"{topic}-{event.get('observed_at') or event['occurred_at']}".removesuffix("+00:00")
            whole = {"event_id": name, "source": "ward", "patient_id": "P-1", "stay_id": "S-1"}
            producer.send(topic, json.dumps(whole | event).encode(), key=b"S-1").get(PATIENCE)


def platelets(at: datetime, value: int) -> tuple[str, dict[str, Any]]:
    observation = {"code": "777-3", "value": value, "unit": "10*9/L"}
    return LAB, {"observed_at": at.isoformat(), "observations": [observation]}


def admitted() -> tuple[str, dict[str, Any]]:
    return ADT, {"type": "admitted", "occurred_at": OPENS.isoformat()}


def mods(toys: Bench) -> list[tuple[str, int, str]]:
    """Day, revision and status of each MODS record published, in order; each `event_id` of all records once."""
    records = [(one.topic, json.loads(one.value)) for one in toys.records()]
    twice = [name for name, times in Counter(body["event_id"] for _, body in records).items() if times > 1]
    assert not twice, "published again"
    return [(body["day"], body["revision"], body["status"]) for topic, body in records if topic == MODS]


def test_a_clock_set_back_reports_nothing_again_and_stops_nothing(toys: Bench) -> None:
    """Time stands still for the partition until the clock has caught up; events are scored all the while."""
    publish(toys, admitted(), platelets(OPENS + timedelta(hours=1), 90))
    drain(toys, OPENS + timedelta(days=3))
    published = mods(toys)
    closed = {day for day, _, status in published if status == "final"}
    assert closed, "days have closed"

    early = OPENS + timedelta(hours=6)
    drain(toys, early)
    assert mods(toys) == published, "nothing is published again"

    going = worker(toys, early)
    publish(toys, platelets(OPENS + timedelta(minutes=30), 40))
    wait_for(lambda: len(mods(toys)) > len(published), "an earlier value of a closed day is scored")
    assert {status for day, _, status in mods(toys)[len(published) :] if day in closed} == {"amended"}
    assert going.stop() == 0
    assert not going.logged("no-progress")


def test_a_clock_that_jumps_ahead_closes_days_and_what_follows_amends_them(toys: Bench) -> None:
    publish(toys, admitted(), platelets(OPENS + timedelta(hours=1), 90))
    drain(toys, OPENS + timedelta(hours=2))
    first = mods(toys)
    assert {status for _, _, status in first} == {"preliminary"}

    drain(toys, OPENS + timedelta(days=5))
    jumped = mods(toys)
    assert sum(status == "final" for _, _, status in jumped) >= 3, "the days between have closed, too early"

    publish(toys, platelets(OPENS + timedelta(days=1, hours=2), 15))
    drain(toys, OPENS + timedelta(days=1, hours=3))
    amended = mods(toys)[len(jumped) :]
    assert amended
    assert {status for _, _, status in amended} == {"amended"}


@contextmanager
def trickling(toys: Bench) -> Iterator[None]:
    """Values of long ago, filed long ago, come five times a second, without end."""
    over = threading.Event()

    def trickle() -> None:
        with kafka_clients.producer(toys.settings) as producer:
            for number in itertools.count():
                topic, event = platelets(OPENS + timedelta(minutes=1, seconds=number % 600), 90)
                whole = {"event_id": f"late-{number}", "source": "ward", "patient_id": "P-1", "stay_id": "S-1"}
                producer.send(topic, json.dumps(whole | event).encode(), key=b"S-1")
                if over.wait(0.2):
                    return

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_day_closes_while_late_values_trickle_in(toys: Bench) -> None:
    """Time goes by lag and not by silence: whoever waits for a second without a record waits for ever."""
    publish(toys, admitted(), platelets(OPENS + timedelta(hours=1), 90))
    with trickling(toys):
        going = worker(toys, CLOSES - timedelta(seconds=5))
        wait_for(lambda: any(status == "final" for _, _, status in mods(toys)), "the day closes")
    assert going.stop() == 0
