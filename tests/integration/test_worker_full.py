"""Servers that refuse to write: full, made to refuse, out of disk. The worker waits, says why, and goes on (I2, I3)."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from kafka.admin import ConfigResource
from kafka.errors import KafkaError
from redis import Redis
from redis.exceptions import ResponseError

from picustream.local import servers as local
from picustream.local.servers import Servers
from picustream.models.event import INPUT_TOPICS
from picustream.runtime.errors import UserError
from picustream.scoring.scores.mods.record import MODS
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from tests.integration.workers import Bench, Worker, assert_exactly_once, toy_events, wait_for

pytestmark = [pytest.mark.servers, pytest.mark.proves("I2", "I3")]

EVENTS = toy_events(400)
IMPATIENT = "4"
"""Seconds of PICUSTREAM_STALL_AFTER: to be refused is no reason to end."""


@contextmanager
def refusing(redis: Redis, **settings: str) -> Iterator[None]:
    """A Redis with other settings, which are put back."""
    before = {name: redis.config_get(name)[name] for name in settings}
    try:
        for name, value in settings.items():
            redis.config_set(name, value)
        yield
    finally:
        for name, value in before.items():
            redis.config_set(name, value)


def at_work(bench: Bench) -> Worker:
    """A worker that has processed the first half of the events."""
    worker = bench.worker(stall_after=IMPATIENT)
    bench.publish(EVENTS[:200])
    wait_for(lambda: len(bench.records([MODS])) == 200, "the first half is processed")
    return worker


def assert_waits(bench: Bench, worker: Worker, why: str) -> None:
    """It is unwell and says why; nothing came out of what it could not write."""

    def troubles() -> list[str]:
        status, text = worker.page("/healthz")
        return [str(one["trouble"]) for one in json.loads(text)["partitions"]] if status == 503 else []

    wait_for(lambda: any(why in trouble for trouble in troubles()), f"it says {why}")
    assert any(why in line.get("trouble", "") for line in worker.log_lines if line["event"] == "no-progress")
    assert worker.process.poll() is None


def assert_goes_on(bench: Bench, worker: Worker) -> None:
    wait_for(lambda: len(bench.records([MODS])) == len(EVENTS), "all is processed")
    wait_for(lambda: worker.page("/healthz")[0] == 200, "it is well again")
    assert worker.stop() == 0
    assert not worker.logged("fenced"), "it took itself for another"
    assert_exactly_once(bench.records(), EVENTS)


def test_a_redis_that_is_full(toys: Bench) -> None:
    worker = at_work(toys)
    with Redis.from_url(toys.settings.redis, decode_responses=True) as redis:
        with refusing(redis, maxmemory="1"):
            toys.publish(EVENTS[200:])
            assert_waits(toys, worker, "OOM")
        assert_goes_on(toys, worker)


def test_a_redis_whose_last_save_failed(toys: Bench, tmp_path: Path) -> None:
    worker = at_work(toys)
    gone = tmp_path / "gone"
    gone.mkdir()
    with Redis.from_url(toys.settings.redis, decode_responses=True) as redis:
        try:
            with refusing(redis, dir=str(gone), save="3600 1"):
                gone.rmdir()
                redis.bgsave()
                wait_for(lambda: redis.info("persistence")["rdb_last_bgsave_status"] == "err", "the save has failed")
                toys.publish(EVENTS[200:])
                assert_waits(toys, worker, "MISCONF")
        except ResponseError as error:
            pytest.skip(f"this Redis does not let itself be broken: {error}")
        finally:
            redis.bgsave()
        assert_goes_on(toys, worker)


def test_a_topic_that_takes_no_record_of_that_size(toys: Bench) -> None:
    worker = at_work(toys)
    with kafka_clients.admin(toys.settings) as admin:

        def largest(size: str) -> None:
            admin.alter_configs([ConfigResource("TOPIC", MODS, {"max.message.bytes": size})])

        try:
            largest("150")
            toys.publish(EVENTS[200:])
            assert_waits(toys, worker, "MessageSizeTooLarge")
        finally:
            largest(topics.configuration(MODS)["max.message.bytes"])
    assert_goes_on(toys, worker)


class Disk:
    """A disk of its own for the data of a server, and a file that fills it."""

    def __init__(self, where: Path, size: str) -> None:
        self.where = where
        kept = where.with_name("kept")
        where.rename(kept)
        where.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(where)], capture_output=True)
        if done.returncode:
            where.rmdir()
            kept.rename(where)
            pytest.skip("no disk can be mounted here; it takes root")
        shutil.copytree(kept, where, dirs_exist_ok=True)

    def fill(self) -> None:
        with (self.where / "filler").open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(4096))
            except OSError:
                return

    def make_room(self) -> None:
        (self.where / "filler").unlink(missing_ok=True)

    def unmount(self) -> None:
        subprocess.run(["umount", "-l", str(self.where)], check=True)


@pytest.mark.parametrize(("which", "size"), [("redis", "20m"), ("kafka", "200m")])
def test_a_disk_that_is_full(tmp_path: Path, settings_env: dict[str, str], which: str, size: str) -> None:
    """Either server ends itself rather than lose what it acknowledged; with room and started again, all goes on."""
    ours = local.up(tmp_path / "servers", 0, 0)
    disk = None
    try:
        getattr(local, f"stop_{which}")(ours.dir)
        disk = Disk(ours.dir / which / "data", size)
        getattr(local, f"start_{which}")(ours.dir)
        _fill_and_make_room(_bench(ours, settings_env, tmp_path), ours, disk, which)
    finally:
        local.down(ours.dir)
        if disk is not None:
            disk.unmount()


def _bench(ours: Servers, settings_env: dict[str, str], folder: Path) -> Bench:
    env = settings_env | {
        "PICUSTREAM_KAFKA": ours.kafka,
        "PICUSTREAM_REDIS": ours.redis,
        "PICUSTREAM_PARTITIONS": "2",
        "PICUSTREAM_SESSION_TIMEOUT": "6",
    }
    bench = Bench(env, folder, 2)
    with kafka_clients.admin(bench.settings) as admin:
        topics.create(admin, bench.settings, topics.ALL)
    return bench


def _fill_and_make_room(bench: Bench, ours: Servers, disk: Disk, which: str) -> None:
    worker = at_work(bench)
    try:
        disk.fill()
        sent = 200
        while _runs(ours, which) and sent < 400:
            _try_to_publish(bench, EVENTS[sent : sent + 20])
            sent += 20
        wait_for(lambda: not _runs(ours, which), "the server has ended itself")
        wait_for(lambda: worker.logged("servers-away"), "the worker waits")
        disk.make_room()
        getattr(local, f"start_{which}")(ours.dir)
        there = {json.loads(record.value)["event_id"] for record in bench.records(INPUT_TOPICS)}
        bench.publish([event for event in EVENTS if event["event_id"] not in there])
        assert_goes_on(bench, worker)
    finally:
        bench.close()


def _runs(ours: Servers, which: str) -> bool:
    kafka, redis = local.status(ours.dir)
    return kafka.running if which == "kafka" else redis.running


def _try_to_publish(bench: Bench, events: list[dict[str, Any]]) -> None:
    """A feed whose broker refuses sends again what was not acknowledged."""
    impatient = {"delivery_timeout_ms": 3_000, "request_timeout_ms": 2_000, "max_block_ms": 3_000}
    with suppress(KafkaError, UserError), kafka_clients.producer(bench.settings, **impatient) as producer:
        for one in events:
            producer.send(one["topic"], json.dumps(one).encode(), key=one["stay_id"].encode())
