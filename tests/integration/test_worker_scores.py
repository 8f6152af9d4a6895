"""The worker with the real engine equals `replay`: the current records on the topics, receipts included (I1, I2)."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from picustream.commands.main import main
from picustream.scoring.scores.mods.record import MODS
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from tests.integration.ending import Records, current, different, run_replay
from tests.integration.workers import Bench, wait_for
from tests.paths import REAL_DATA, needs_real_data

pytestmark = [pytest.mark.servers, needs_real_data]

PARTITIONS = 4
EVENTS = 3_000
WARD_CLOCK = datetime(2025, 1, 3, tzinfo=UTC)
"""What the worker's clock reads at its start: half a day after the last of these events."""


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first events of the real data, as a file."""
    some = tmp_path_factory.mktemp("events") / "some.ndjson"
    with gzip.open(REAL_DATA, "rt") as lines, some.open("w") as out:
        out.writelines(line for line, _ in zip(lines, range(EVENTS), strict=False))
    return some


@pytest.fixture
def bench(
    fresh_servers: Any, settings_env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    env = settings_env | {
        "PICUSTREAM_PARTITIONS": str(PARTITIONS),
        "PICUSTREAM_CLOCK_START": WARD_CLOCK.isoformat(),
        "PICUSTREAM_CLOCK_AT": datetime.now(UTC).isoformat(),
    }
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    bench = Bench(env, tmp_path, PARTITIONS)
    with kafka_clients.admin(bench.settings) as admin:
        topics.create(admin, bench.settings, topics.ALL)
    yield bench
    bench.close()


def publish(bench: Bench, lines: list[str]) -> None:
    part = bench.folder / f"part-{len(lines)}.ndjson"
    part.write_text("\n".join(lines))
    assert main(["publish", str(part)]) == 0


def replayed(events: Path, out: Path) -> Records:
    return current(run_replay(events, out, WARD_CLOCK + timedelta(minutes=1)))


def test_the_worker_stopped_and_killed_in_the_middle_ends_where_replay_ends(
    bench: Bench, events: Path, tmp_path: Path
) -> None:
    lines = events.read_text().splitlines()
    worker = "picustream worker"
    publish(bench, lines[:1_000])
    first = bench.worker(command=worker)
    wait_for(lambda: bench.records([MODS]), "scores come out")
    assert first.stop() == 0
    second = bench.worker(command=worker)
    publish(bench, lines[1_000:])
    wait_for(lambda: second.logged("ready"), "it is at work again")
    second.kill()
    assert bench.worker("w", "--drain", command=worker).process.wait(240) == 0

    all_told_once_and_as_in(replayed(events, tmp_path / "replayed"), bench)


@pytest.mark.proves("I5", "I3")
def test_a_redis_wiped_while_the_worker_works_is_rebuilt_from_the_topics(
    bench: Bench, events: Path, tmp_path: Path
) -> None:
    lines = events.read_text().splitlines()
    worker = bench.worker(command="picustream worker")
    publish(bench, lines[:1_000])
    wait_for(lambda: bench.records([MODS]), "scores come out")
    with Redis.from_url(bench.settings.redis) as redis:
        redis.flushall()
    publish(bench, lines[1_000:])
    wait_for(lambda: worker.logged("state-rebuilt"), "the loss is noticed and repaired")
    assert worker.stop() == 0
    assert bench.worker("w", "--drain", command="picustream worker").process.wait(240) == 0
    all_told_once_and_as_in(replayed(events, tmp_path / "replayed"), bench)


def all_told_once_and_as_in(theirs: Records, bench: Bench) -> None:
    """No event_id twice on the topics, and the current records are `theirs`."""
    records = [(record.topic, json.loads(record.value)) for record in bench.records()]
    names = [body["event_id"] for _, body in records]
    assert len(names) == len(set(names)), "published twice"
    ours = current(records)
    assert ours.keys() == theirs.keys()
    assert different(ours, theirs) == []
