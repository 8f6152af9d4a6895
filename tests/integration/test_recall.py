"""A correction that reaches further back than what the bounded state kept, live: nothing is guessed (I9)."""

from datetime import timedelta
from typing import Any

import pytest
from redis import Redis

from picustream.eventfiles import files
from tests.integration.realrun import RealRun
from tests.scoring.build import FIRST_DAY, Stay
from tests.scoring.histories import written
from tests.scoring.monitor import monitored

pytestmark = [pytest.mark.servers, pytest.mark.proves("I9", "I1", "I3")]

HOURS = 12
BOUND = 800_000
"""Bytes of the stay in Redis, of 2.2 MB that were sent of it."""


def late() -> list[Any]:
    """What changes the first triplet of the day, half a day later: an earlier CVP, and the rate beside it withdrawn."""
    withdrawn = {"event_id": "e6", "source": "picu.vital.v1", "status": "entered-in-error"}
    story = Stay().vital("day 1 00:05", cvp=7, event_id="late", source="nurse")
    return [*story.vital("day 1 00:05", heart_rate=None, recorded_at="day 1 13:00", **withdrawn).events]


def test_a_correction_of_what_was_pruned_is_answered_from_the_topics(real_run: RealRun) -> None:
    """The stay is small in Redis; then the correction makes it whole again, and every record is as replayed."""
    events = [*monitored(HOURS, timedelta(seconds=20)), *Stay().discharged("day 1 12:30", event_id="out").events]
    corrections = late()
    lines = [files.record_line(topic, written(value)).decode().rstrip() for topic, value in [*events, *corrections]]
    run = real_run.told_at(lines, FIRST_DAY + timedelta(days=40))
    run.publish(0, len(events) / len(lines))
    run.drain()
    with Redis.from_url(run.servers.redis) as redis:
        (key,) = redis.keys("*:stay:S")
        assert sum(len(name) + len(value) for name, value in redis.hgetall(key).items()) < BOUND
    before = len(run.alerts("state-rebuilt"))
    run.publish(len(events) / len(lines), 1)
    run.drain()
    assert [body["state"] for body in run.alerts("state-rebuilt")[before:]] == ["firing", "resolved"]
    verdict = run.verdict(by_reference=True)
    assert verdict.faults == [], str(verdict)
