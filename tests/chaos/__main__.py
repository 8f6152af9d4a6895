"""`python -m tests.chaos [--minutes 2] [--seed N] [--workers 3]`: exit 0 if everything ended right, 1 if not.

A seed repeats the course of blows; the moments at which they fall are the machine's.
"""

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from picustream.commands.main import main as picustream
from picustream.demo import ward
from picustream.local import servers
from picustream.models.record import DEAD_LETTER
from picustream.streams import kafka_clients, topics
from tests.chaos.course import Ground, course
from tests.integration.test_worker_scores import current, different
from tests.integration.workers import Bench

PARTITIONS = 6
COPIES = 4
"""Wards side by side."""
BETWEEN = (0.5, 4.0)
"""Seconds between two blows."""
AT_ONCE = 100
"""Events sent together."""
IMPATIENT = {"delivery_timeout_ms": 15_000, "request_timeout_ms": 5_000}
AFTERWARDS = timedelta(days=40)
"""The workers' clock reads so long after the last day: all is closed and due (T4, O3)."""


def main() -> int:
    """Run one course; the exit status."""
    options = _options()
    rng = random.Random(options.seed)
    print(f"chaos: seed {options.seed}, {options.minutes:g} minutes, {options.workers} workers", flush=True)
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        ours = servers.up(Path(folder) / "servers", 0, 0)
        try:
            return _run(ours, Path(folder), rng, options)
        finally:
            servers.down(ours.dir, wipe=True)


def _run(ours: servers.Servers, folder: Path, rng: random.Random, options: argparse.Namespace) -> int:
    events, opens = _events()
    clock = opens.astimezone(UTC) + AFTERWARDS
    bench = Bench(_environment(ours, clock), folder, PARTITIONS)
    with kafka_clients.admin(bench.settings) as admin:
        topics.create(admin, bench.settings, topics.ALL)
    ground = Ground(ours, bench, {}, time.sleep)
    for number in range(options.workers):
        ground.start(f"w{number}")
    seconds = options.minutes * 60
    feed = threading.Thread(target=_feed, args=(bench, events, seconds), daemon=True)
    feed.start()
    until, blows = time.monotonic() + seconds, 0
    for blow in course(rng):
        if time.monotonic() > until:
            break
        time.sleep(rng.uniform(*BETWEEN))
        print(f"{max(0, until - time.monotonic()):5.0f} s left: {blow(ground, rng)}", flush=True)
        blows += 1
    feed.join()
    for worker in ground.workers.values():
        worker.kill()
    bench.drain_with("picustream worker")
    faults = _faults(bench, events, folder, clock)
    bench.close()
    print("\n".join([f"{blows} blows, {len(events)} events", *(faults or ["all right: every record, each once"])]))
    return 1 if faults else 0


def _feed(bench: Bench, events: list[tuple[str, dict[str, Any]]], seconds: float) -> None:
    """Sends the events evenly over the time, whatever happens to the broker: each until it is acknowledged."""
    begun = time.monotonic()
    for first in range(0, len(events), AT_ONCE):
        time.sleep(max(0.0, begun + seconds * first / len(events) - time.monotonic()))
        _send(bench, events[first : first + AT_ONCE])


def _send(bench: Bench, some: list[tuple[str, dict[str, Any]]]) -> None:
    while True:
        try:
            with kafka_clients.producer(bench.settings, **IMPATIENT) as producer:
                sent = [producer.send(t, json.dumps(v).encode(), key=v["stay_id"].encode()) for t, v in some]
                for one in sent:
                    one.get(20)
            return
        except Exception as error:  # noqa: BLE001 - the broker is being killed: told, and sent again (a repeat is no harm)
            print(f"        the feed tries again: {type(error).__name__}", flush=True)
            time.sleep(1.0)


def _events() -> tuple[list[tuple[str, dict[str, Any]]], datetime]:
    simulated = ward.ward()
    found = [
        (one.topic, json.loads(json.dumps(one.value).replace('"S-', f'"C{copy}-S-')))
        for one in simulated.events
        for copy in range(COPIES)
    ]
    return found, simulated.closes


def _environment(ours: servers.Servers, clock: datetime) -> dict[str, str]:
    return {
        "PICUSTREAM_KAFKA": ours.kafka,
        "PICUSTREAM_REDIS": ours.redis,
        "PICUSTREAM_GROUP": "chaos",
        "PICUSTREAM_PARTITIONS": str(PARTITIONS),
        "PICUSTREAM_HTTP_PORT": "0",
        "PICUSTREAM_CLOCK_START": clock.isoformat(),
        "PICUSTREAM_CLOCK_AT": datetime.now(UTC).isoformat(),
    }


def _faults(bench: Bench, events: list[tuple[str, dict[str, Any]]], folder: Path, clock: datetime) -> list[str]:
    """What is wrong with the topics, in lines to read."""
    records = [(record.topic, json.loads(record.value)) for record in bench.records()]
    told = [body["event_id"] for _, body in records]
    faults = [f"{len(told) - len(set(told))} event_ids twice"] if len(told) != len(set(told)) else []
    file, out = folder / "events.ndjson", folder / "replayed"
    file.write_text("".join(json.dumps({"topic": topic, "value": value}) + "\n" for topic, value in events))
    if picustream(["replay", str(file), "--out", str(out), "--until", (clock + timedelta(minutes=1)).isoformat()]):
        return [*faults, "the replay failed"]
    lines = [line for file in out.glob("*.ndjson") for line in file.read_text().splitlines()]
    theirs = current((line["topic"], line["value"]) for line in map(json.loads, lines))
    ours = current(iter([record for record in records if record[0] != DEAD_LETTER]))
    faults += [f"{key}: missing" for key in theirs.keys() - ours.keys()]
    faults += [f"{key}: should not be" for key in ours.keys() - theirs.keys()]
    both = {key: body for key, body in ours.items() if key in theirs}
    return faults + [f"{key}: {name} differs" for key, name, *_ in different(both, theirs)]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--workers", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
