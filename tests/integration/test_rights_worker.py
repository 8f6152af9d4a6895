"""A worker with just the rights of docs/deploying.md: it works, its feed watch too, and a missing right is named."""

import asyncio
import gc
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kafka.admin import ACL, ACLFilter, ACLOperation, ResourcePatternFilter, ResourceType
from redis.asyncio import Redis as AsyncRedis

from picustream.models.event import ADT, VITAL
from picustream.models.record import ALERT
from picustream.runtime.clock import Clock
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.scores.registry import OUTPUT_TOPICS
from picustream.scoring.trial.records import ELIGIBILITY
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka.publisher import Publisher
from picustream.streams.kafka.rights import NotAllowed
from picustream.streams.partition.trouble import named
from picustream.streams.store import redis_rights
from picustream.streams.store.outbox import Entry
from picustream.streams.store.redis_rights import COMMANDS, RedisNotAllowed
from picustream.streams.worker.run import check_kafka
from tests.integration.secured import PASSWORD, Secured, kafka_rights, redis_users
from tests.integration.workers import Bench, Worker, wait_for

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("secured")]

WORKER = "picustream worker"
SPEED = 600
"""Ward seconds per second: two hours are twelve seconds."""
LIMITS = "[sources.monitor]\nsilence_after_hours = 2\n"
OURS = [right for right in kafka_rights() if right.principal == "User:picustream"]
SEEING = (ACLOperation.DESCRIBE, ACLOperation.DESCRIBE_CONFIGS)
NEEDED = [right for right in OURS if right.operation not in SEEING]
"""Without the right to see settings a worker begins, and says in its log that compaction could not be looked for; to
see topics that are not its own is what its doctor wants."""


@pytest.fixture
def bench(secured_servers: Secured, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(secured_servers.env("picustream", "picustream"), tmp_path, secured_servers.ruler.partitions)
    yield bench
    bench.close()


def refused(secured: Secured, user: str) -> RedisNotAllowed | None:
    """What is said to a worker whose user of Redis is this one, None if it may begin."""

    async def asked() -> RedisNotAllowed | None:
        settings = secured.ruler.model_copy(update={"group": "picustream"})
        async with AsyncRedis.from_url(secured.redis.address, username=user, password=PASSWORD) as redis:
            try:
                await redis_rights.check(redis, settings)
            except RedisNotAllowed as error:
                return error
        return None

    return asyncio.run(asked())


@contextmanager
def redis_user(secured: Secured, rules: list[str]) -> Iterator[str]:
    """A user of Redis with these rules."""
    with secured.redis_client() as redis:
        redis.execute_command("ACL", "SETUSER", "some", "reset", f">{PASSWORD}", *rules)
        yield "some"
        redis.acl_deluser("some")


def test_a_worker_says_which_right_of_redis_is_missing_and_the_line_that_grants_it(
    secured_servers: Secured, bench: Bench
) -> None:
    """Each in turn; what it says is given to Redis, and it may begin. Nothing is written while it tries."""
    page = redis_users()["picustream"]
    assert {*COMMANDS, "+@transaction", f"~{redis_rights.KEYS}"} < set(page)
    with secured_servers.redis_client() as redis:
        before = redis.dbsize(), redis.hgetall("picustream:{picustream.0}:control")
        for rule in (*COMMANDS, "+@transaction", f"~{redis_rights.KEYS}"):
            with redis_user(secured_servers, [one for one in page if one != rule]) as user:
                raised = refused(secured_servers, user)
                assert raised and raised.status == 3, rule
                line = raised.hint.removeprefix("Grant it in Redis: ")
                assert line == f"ACL SETUSER some {rule}"
                redis.execute_command(*line.split())
                assert refused(secured_servers, user) is None
        assert (redis.dbsize(), redis.hgetall("picustream:{picustream.0}:control")) == before
    with redis_user(secured_servers, [one for one in page if one != "+@transaction"]) as user:
        worker = bench.worker("w0", "--drain", command=WORKER, redis_username=user)
        assert worker.end() == 3 and worker.last_words == "Grant it in Redis: ACL SETUSER some +@transaction"


@pytest.mark.proves("I5")
def test_what_is_tried_at_the_start_is_all_that_a_worker_sends_to_redis(secured_servers: Secured, bench: Bench) -> None:
    """With these commands and no others it rebuilds lost state and drains: the list is whole."""
    names = {command.split()[0].lower() for commands in COMMANDS.values() for command in commands}
    allowed = [f"+{name}" for name in (*sorted(names), "multi", "exec", "discard")]
    ward = Ward(secured_servers)
    ward.admit("R-1")
    bench.drain_with(WORKER, 60)
    with secured_servers.redis_client() as redis:
        redis.flushall()
    with redis_user(secured_servers, ["on", "~picustream:*", "-@all", "+@connection", *allowed]) as user:
        worker = bench.worker("w0", "--drain", command=WORKER, redis_username=user)
        assert worker.end() == 0, worker.log.read_text()
    assert worker.logged("state-rebuilt") and not worker.logged("no-progress") and not waiting(worker)


def test_a_worker_says_which_right_of_kafka_is_missing(secured_servers: Secured) -> None:
    """Each of those that the page gives it: it does not begin without, and begins with all."""
    settings = secured_servers.settings("picustream").model_copy(update={"group": "picustream"})

    def refusal() -> str | None:
        try:
            check_kafka(settings)
        except NotAllowed as error:
            return error.message
        return None

    for right in NEEDED:
        resource = right.resource_pattern
        with taken_away(secured_servers, right):
            message = wait_for(refusal, f"it misses {right}")
            word = "Write" if resource.resource_type == ResourceType.TRANSACTIONAL_ID else right.operation.name.title()
            assert f"user picustream lacks the right {word} on" in message and resource.resource_name in message
    wait_for(lambda: refusal() is None, "it may begin")


def test_the_first_error_of_a_transaction_is_reported_with_its_topic(
    secured_servers: Secured, caplog: pytest.LogCaptureFixture
) -> None:
    """What the broker says next, and what asyncio says of errors that nobody retrieved, is not."""
    right = to_write(ALERT)
    settings = secured_servers.settings("picustream").model_copy(update={"group": "picustream"})
    complaints: list[dict[str, Any]] = []

    async def published() -> Exception | None:
        asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
        publisher = Publisher(settings, 1)
        await publisher.start()
        entries = [
            Entry(number, topic, 1, b"S", f"e-{number}", b"{}")
            for number, topic in enumerate((MODS, ALERT, APPS), start=1_000_000)
        ]
        try:
            await publisher.publish(entries)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is held against what it must be
            return error
        finally:
            await publisher.close()
        return None

    with taken_away(secured_servers, right):
        wait_for(lambda: "WRITE" not in rights_on(settings, ALERT), "the right is gone")
        errors = [asyncio.run(published()) for _ in range(5)]
    assert {named(error) for error in errors if error} == {f"TopicAuthorizationFailedError {ALERT}"}
    gc.collect()
    assert all(errors) and complaints == [] and "never retrieved" not in caplog.text


@pytest.mark.proves("I2", "I3")
def test_a_right_that_is_taken_away_is_named_and_given_back_nothing_is_lost(
    secured_servers: Secured, bench: Bench
) -> None:
    """In Kafka and in Redis, under a running worker; and with the rights of the page a silent feed is found."""
    (bench.folder / "site.toml").write_text(LIMITS)
    ward = Ward(secured_servers, datetime.now(UTC) + timedelta(days=1))
    worker = bench.worker("w0", command=WORKER, codemap=str(bench.folder / "site.toml"), **ward.clock_settings)
    wait_for(lambda: worker.logged("ready"), "it is ready")
    ward.admit("F-1")
    ward.vital("F-1")
    wait_for(lambda: "firing" in ward.states("alert/feed-silent/monitor"), "the silence is published")

    with taken_away(secured_servers, to_write(ELIGIBILITY)):
        ward.admit("F-2")
        trouble = f"TopicAuthorizationFailedError {ELIGIBILITY}"
        wait_for(lambda: trouble in troubles(worker), "the trouble is named")
    wait_for(lambda: ward.has_published(ELIGIBILITY, "F-2"), "it goes on")

    with secured_servers.redis_client() as redis:
        redis.execute_command("ACL", "SETUSER", "picustream", "-multi")
        noticed = wait_for(lambda: waiting(worker), "the feed collector says that it stands still")
        redis.execute_command("ACL", "SETUSER", "picustream", "+@transaction")
    assert noticed["trouble"] == "ResponseError EXEC without MULTI"
    assert re.search(r"^picustream_feed_view_age_seconds \d", worker.page("/metrics")[1], re.MULTILINE)
    ward.vital("F-1")
    wait_for(lambda: "resolved" in ward.states("alert/feed-silent/monitor"), "it is not silent any more")
    assert worker.stop() == 0 and "never retrieved" not in worker.log.read_text()
    event_ids = [json.loads(record.value)["event_id"] for record in ward.records(OUTPUT_TOPICS)]
    assert len(event_ids) == len(set(event_ids)), "an event_id twice"


def to_write(topic: str) -> ACL:
    """The worker's right to write to a topic."""
    [right] = [one for one in OURS if (one.resource_pattern.resource_name, one.operation.name) == (topic, "WRITE")]
    return right


def waiting(worker: Worker) -> dict[str, Any] | None:
    """What its watch over the feeds says that it waits for, None so far."""
    return next(
        (line for line in worker.log_lines if line["event"] == "watcher-waits" and line["watcher"] == "feeds"), None
    )


def troubles(worker: Worker) -> list[str | None]:
    """What its partitions say that they wait for."""
    text = worker.page("/healthz")[1]
    return [one["trouble"] for one in json.loads(text)["partitions"]] if text else []


def rights_on(settings: Any, topic: str) -> list[str]:
    with kafka_clients.admin(settings) as admin:
        return admin.describe_topics([topic])[0]["authorized_operations"] or []


@contextmanager
def taken_away(secured: Secured, right: ACL) -> Iterator[None]:
    """One right less, until it is given back."""
    resource = right.resource_pattern
    named = ResourcePatternFilter(resource.resource_type, resource.resource_name, resource.pattern_type)
    with secured.admin() as admin:
        admin.delete_acls([ACLFilter(right.principal, right.host, right.operation, right.permission_type, named)])
        try:
            yield
        finally:
            assert not admin.create_acls([right])["failed"]


class Ward:
    """Sends events by the ward's clock, allowed everything, and reads what came of them."""

    def __init__(self, secured: Secured, start: datetime | None = None) -> None:
        self._settings = secured.ruler
        at = datetime.now(UTC)
        self._clock = Clock(start or at, at, SPEED if start else 1)
        env = {"PICUSTREAM_KAFKA": secured.kafka.address, "PICUSTREAM_REDIS": secured.redis.address}
        self.records = Bench(env, Path(), secured.ruler.partitions).records
        self.clock_settings = {
            "clock_start": (start or at).isoformat(),
            "clock_at": at.isoformat(),
            "clock_speed": str(SPEED),
        }
        self._sent = 0

    def admit(self, stay: str) -> None:
        self._send(ADT, "his", stay, type="admitted", occurred_at=self._now())

    def vital(self, stay: str) -> None:
        one = {"system": "urn:picustream:variable", "code": "heart_rate", "value": 120, "unit": "/min"}
        self._send(VITAL, "monitor", stay, observed_at=self._now(), observations=[one])

    def has_published(self, topic: str, stay: str) -> bool:
        """Whether a stay has come out there."""
        return any(json.loads(record.value)["stay_id"] == stay for record in self.records([topic]))

    def states(self, alert_id: str) -> list[str]:
        """The states of an alert, in no order."""
        alerts = [json.loads(record.value) for record in self.records([ALERT])]
        return [one["state"] for one in alerts if one["alert_id"] == alert_id]

    def _now(self) -> str:
        return self._clock.now().isoformat()

    def _send(self, topic: str, source: str, stay: str, **fields: Any) -> None:
        self._sent += 1
        body = {"event_id": f"{stay}-{self._sent}", "source": source, "patient_id": "P", "stay_id": stay, **fields}
        with kafka_clients.producer(self._settings) as producer:
            producer.send(topic, json.dumps(body).encode(), key=stay.encode()).get(30)
