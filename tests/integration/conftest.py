"""A real Kafka and a real Redis for the tests: one of each for all, emptied for whoever asks."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis import Redis

from picustream.local import servers as local
from picustream.local.servers import Servers
from picustream.runtime.settings import Settings
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from tests.integration.realrun import PARTITIONS, RealRun, small_ward
from tests.integration.secured import Secured, secured
from tests.integration.workers import Bench, wait_for
from tests.readmodel.databases import postgres_url, where

__all__ = ["postgres_url", "where"]

PATIENCE = 30.0
"""Seconds to wait for the broker to have done what it said it would."""


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Both servers on free ports, for the whole session; they may hold what earlier tests left there."""
    folder = tmp_path_factory.mktemp("servers")
    yield local.up(folder, kafka_port=0, redis_port=0, report=print)
    local.down(folder, wipe=True)


@pytest.fixture(scope="session")
def secured_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """Servers of their own, with the topics and the users of docs/deploying.md; tests share what is there."""
    with secured(tmp_path_factory.mktemp("secured"), partitions=2) as made:
        yield made


@pytest.fixture
def fresh_servers(servers: Servers) -> Servers:
    """Both servers running, whatever the test before did to them, and empty: no topics, no keys."""
    local.up(servers.dir)
    with Redis.from_url(servers.redis) as redis:
        redis.flushall()
    # What the environment says is about somebody else's Kafka.
    with kafka_clients.admin(Settings.model_construct(kafka=servers.kafka)) as admin:

        def there() -> list[str]:
            return [name for name in admin.list_topics() if not name.startswith("__")]

        if there():
            admin.delete_topics(there())
        wait_for(lambda: not there(), "the topics are gone", PATIENCE)
    return servers


@pytest.fixture
def settings_env(servers: Servers) -> dict[str, str]:
    """Settings for a command of its own: these servers, a group that no other test uses, any free port for health."""
    return {
        "PICUSTREAM_KAFKA": servers.kafka,
        "PICUSTREAM_REDIS": servers.redis,
        "PICUSTREAM_GROUP": f"test-{uuid.uuid4().hex[:12]}",
        "PICUSTREAM_HTTP_PORT": "0",
    }


@pytest.fixture
def toys(fresh_servers: Servers, settings_env: dict[str, str], tmp_path: Path) -> Iterator[Bench]:
    """A bench for workers with the toy engine, or with the real one: topics of four partitions, all empty."""
    env = settings_env | {"PICUSTREAM_PARTITIONS": "4", "PICUSTREAM_SESSION_TIMEOUT": "6"}
    bench = Bench(env, tmp_path, 4)
    with kafka_clients.admin(bench.settings) as admin:
        topics.create(admin, bench.settings, topics.ALL)
    yield bench
    bench.close()


@pytest.fixture
def real_run(
    fresh_servers: Servers, settings_env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RealRun]:
    """Topics and settings for a small ward and the real engine; the workers' clock reads two days later."""
    lines, clock = small_ward()
    env = settings_env | {
        "PICUSTREAM_PARTITIONS": str(PARTITIONS),
        "PICUSTREAM_CLOCK_START": clock.isoformat(),
        "PICUSTREAM_CLOCK_AT": datetime.now(UTC).isoformat(),
    }
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    bench = Bench(env, tmp_path, PARTITIONS)
    with kafka_clients.admin(bench.settings) as admin:
        topics.create(admin, bench.settings, topics.ALL)
    yield RealRun(fresh_servers, bench, lines, clock)
    bench.close()
