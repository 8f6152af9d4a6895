"""A ward as it happens, and whoever waits for its scores: how long a score takes that follows a value.

`send` publishes so many events a second, each as of its moment: nine of a monitor, and then one that is the first of
its kind for a child today and so makes a revision of a score. `listen` waits for that. Each is a process of its own and
writes down when it sent, or got, what; with `echo` the same events go to one topic, and are awaited there.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kafka import TopicPartition

from bench.say import say
from picustream.models.event import ADT, LAB, VITAL
from picustream.runtime.settings import Settings
from picustream.scoring.scores.mods.record import MODS
from picustream.streams.kafka import clients

ECHO = "bench.echo"
EVERY = 10
"""Events of which one makes a revision."""
SETTLE = 3.0
"""Seconds after the admissions."""
LONGEST = 30.0
"""Seconds to wait for the next score."""

Sent = tuple[str, str, dict[str, Any]]
"""Topic, stay, and what is in the event but its names and its time."""

Value = tuple[str, str, Any]
"""Code, unit and value."""

FIRSTS: list[tuple[str, list[Value], dict[str, Any]]] = [
    (LAB, [("14682-9", "umol/L", 91)], {}),
    (LAB, [("14631-6", "umol/L", 33)], {}),
    (LAB, [("777-3", "10*9/L", 140)], {}),
    (LAB, [("2703-7", "mm[Hg]", 78), ("3150-6", "%", 50)], {"specimen": "arterial"}),
    (VITAL, [("9267-6", "{score}", 3), ("9270-0", "{score}", 4), ("9268-4", "{score}", 5)], {}),
]
"""What makes a revision of the day's MODS, each once for a child."""
MONITOR: list[Value] = [("8867-4", "/min", 121), ("76214-6", "mm[Hg]", 61), ("59408-5", "%", 96)]


def stays(events: int) -> int:
    """How many children it takes for every tenth of so many events to be the first of its kind."""
    return -(-events // EVERY // len(FIRSTS))


def events(count: int) -> Iterator[Sent]:
    """The events after the admissions; those that make a revision come as `first`."""
    children, first = [f"L-{number:05d}" for number in range(stays(count))], 0
    for number in range(count):
        if number % EVERY < EVERY - 1:
            yield VITAL, children[number % len(children)], {"event_id": f"m{number}", "observations": listed(MONITOR)}
            continue
        topic, values, own = FIRSTS[first // len(children)]
        event = {"event_id": f"first{first}", "observations": listed(values)} | own
        yield topic, children[first % len(children)], event
        first += 1


def listed(values: list[Value]) -> list[dict[str, Any]]:
    """As observations of an event."""
    return [{"code": code, "unit": unit, "value": value} for code, unit, value in values]


def send(rate: int, count: int, echo: bool) -> dict[str, float]:
    """Admit, settle, and publish; when the events that make a revision were sent, by their names."""
    sent = {}
    with clients.producer(Settings()) as producer:

        def publish(topic: str, stay: str, event: dict[str, Any]) -> None:
            body = {"source": "live", "patient_id": f"P-{stay}", "stay_id": stay} | event
            producer.send(ECHO if echo else topic, json.dumps(body).encode(), key=stay.encode())

        now = datetime.now(UTC)
        for number in range(stays(count)):
            admitted = {"type": "admitted", "birth_date": "2019-03-02", "recorded_at": now.isoformat()}
            at = (now - timedelta(hours=6)).isoformat()
            publish(ADT, f"L-{number:05d}", admitted | {"event_id": f"a{number}", "occurred_at": at})
        producer.flush()
        time.sleep(SETTLE)
        began = time.time()
        for number, (topic, stay, event) in enumerate(events(count)):
            time.sleep(max(0.0, began + number / rate - time.time()))
            at = time.time()
            publish(topic, stay, event | {"observed_at": datetime.fromtimestamp(at, UTC).isoformat()})
            if event["event_id"].startswith("first"):
                sent[event["event_id"]] = at
        producer.flush()
    return sent


def listen(count: int, echo: bool) -> dict[str, float]:
    """When what follows from each event that makes a revision came, by the name of the event."""
    name: Callable[[Any], Any] = (lambda body: body["event_id"]) if echo else (lambda body: body["cause"]["event_id"])
    got: dict[str, float] = {}
    settings = Settings()
    with clients.consumer(settings) as consumer:
        topic = ECHO if echo else MODS
        consumer.assign([TopicPartition(topic, number) for number in range(settings.partitions)])
        consumer.poll(1_000)
        say("ready")
        until = time.monotonic() + SETTLE + LONGEST
        while len(got) < count // EVERY and time.monotonic() < until:
            for records in consumer.poll(1_000).values():
                now = time.time()
                for record in records:
                    event = name(json.loads(record.value)) or ""
                    if event.startswith("first") and event not in got:
                        got[event], until = now, time.monotonic() + LONGEST
    return got


if __name__ == "__main__":
    _, do, per_second, lasts, where, file = sys.argv
    size, echoed = int(per_second) * int(lasts), where == "echo"
    moments = send(int(per_second), size, echoed) if do == "send" else listen(size, echoed)
    Path(file).write_text(json.dumps(moments))
