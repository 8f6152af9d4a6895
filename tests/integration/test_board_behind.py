"""What the operator's page says of partitions and feeds, from a real Kafka and a real Redis: with no worker's page."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from picustream.board.pipeline import Behind, Pipeline
from picustream.models.event import ADT, INPUT_TOPICS, VITAL
from picustream.runtime.clock import Clock
from picustream.runtime.settings import Settings
from picustream.scoring.rules import load_rules
from tests.integration.test_feeds import PARTITIONS, WORKER, Ward, bench
from tests.integration.workers import Bench, wait_for

__all__ = ["bench"]

pytestmark = pytest.mark.servers


@pytest.fixture
def settings(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in bench.env.items():
        monkeypatch.setenv(name, value)
    return Settings()


@pytest.fixture
def pipeline(settings: Settings) -> Iterator[Pipeline]:
    rules = load_rules(None, settings.codemap)
    made = Pipeline(settings, rules.codemap.sources, Clock.of(settings))
    yield made
    made.close()


def total(found: Behind) -> int | None:
    waiting = list((found.waiting or {}).values())
    return None if None in waiting or not waiting else sum(left or 0 for left in waiting)


def test_who_has_a_partition_what_waits_and_when_a_feed_was_heard(
    bench: Bench, settings: Settings, pipeline: Pipeline
) -> None:
    """A key on the wrong partition leaves a marker behind what is forwarded: it does not wait, either."""
    ward = Ward(bench)
    worker = bench.worker("w0", command=WORKER)
    wait_for(lambda: len(worker.held) == PARTITIONS, "it has all partitions")
    ward.admit("S-0")
    ward.vital("monitor", "S-0")
    ward.vital("gw-crc32", "S-0", partition=0)
    ward.vital("gw-crc32", "S-0", partition=1)
    wait_for(lambda: len(pipeline.ask().feeds or ()) == 3, "all feeds are heard")
    wait_for(lambda: total(pipeline.ask()) == 0, "nothing waits")
    found = pipeline.ask()
    assert found.unknown == ()
    assert found.owners is not None and found.owners.keys() == set(range(PARTITIONS))
    assert set(found.owners.values()) == {"w0 (127.0.0.1)"}
    assert found.waiting is not None and len(found.waiting) == PARTITIONS * len(INPUT_TOPICS)
    assert found.newest is not None and found.newest.keys() == {ADT, VITAL}
    now = Clock.of(settings).now()
    assert all(timedelta(0) < now - at < timedelta(days=1) for at in found.newest.values())
    feeds: dict[str, Any] = {feed.source: feed for feed in found.feeds or ()}
    assert feeds["monitor"].limit == timedelta(hours=2) and feeds["monitor"].measures
    assert feeds["his"].limit == timedelta(days=7) and not feeds["his"].measures
    assert feeds["monitor"].due == feeds["monitor"].last + timedelta(hours=2)
    worker.kill()
    wait_for(lambda: pipeline.ask().owners == {}, "its partitions are nobody's")
    ward.vital("monitor", "S-0")
    wait_for(lambda: total(pipeline.ask()) == 1, "what comes now waits")
