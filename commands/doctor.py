"""`picustream doctor`: checks everything a worker needs, changes nothing, and says what to do."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from picustream.doctor.finding import Finding, skipped, status
from picustream.models.text import encode
from picustream.runtime.clock import Clock
from picustream.runtime.errors import ENVIRONMENT, BadSettings, UserError
from picustream.runtime.settings import Settings

if TYPE_CHECKING:
    from picustream.doctor.partitions import Partition

_LAST = ("partitions", "dead-letters")
"""What needs Kafka and Redis and the topics."""
_STYLES = {"ok": "green", "finding": "yellow", "missing": "bold red", "skipped": "grey58"}


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False) -> int:
    """Check settings, rules, time zone, schemas, Kafka, Redis, topics, clocks, partitions and dead letters.

    Nothing is written anywhere, and no patient's data is shown. Exit status 1: there are findings; 3: Kafka or Redis
    is not there (everything else is checked all the same).
    """
    from picustream.doctor.gateway import check_site
    from picustream.doctor.here import here
    from picustream.doctor.journal import check_journal
    from picustream.doctor.read_model import check_read_model

    settings = Settings()
    clock = Clock.of(settings)
    partitions: list[Partition] = []
    findings = [*here(settings), *check_site(settings), *check_journal(settings), *check_read_model(settings)]
    kafka = _tried("kafka", settings, lambda: _kafka(settings))
    redis = _tried("redis", settings, lambda: _redis(settings))
    findings += kafka + redis
    if status(kafka + redis) == ENVIRONMENT:
        findings += _not_checked("without Kafka and Redis")
    else:
        findings += _tried("partitions", settings, lambda: _work(settings, clock, partitions))
    _print(findings, partitions, as_json)
    return status(findings)


def _kafka(settings: Settings) -> list[Finding]:
    from picustream.doctor.broker import check_broker
    from picustream.streams.kafka.clients import admin

    with admin(settings) as client:
        return check_broker(client, settings)


def _redis(settings: Settings) -> list[Finding]:
    from picustream.doctor.clocks import check_redis_clock
    from picustream.doctor.redis_server import ask, check_redis, facts

    redis_facts = ask(settings, facts)
    return [*check_redis(redis_facts, settings), check_redis_clock(redis_facts.ahead)]


def _work(settings: Settings, clock: Clock, partitions: "list[Partition]") -> list[Finding]:
    """What waits and what was refused; the partitions are added to `partitions`."""
    from picustream.doctor.broker import complete
    from picustream.doctor.finding import not_allowed
    from picustream.doctor.partitions import check_partitions, check_unread, read_partitions
    from picustream.doctor.refused import refused
    from picustream.models.event import INPUT_TOPICS
    from picustream.streams.kafka import rights
    from picustream.streams.kafka.clients import admin, consumer
    from picustream.streams.kafka.topics import ALL

    with admin(settings) as client:
        found = rights.look(client, ALL)
    if not complete(found, settings):
        return _not_checked("until the topics are right")
    inputs = {name: found[name] for name in INPUT_TOPICS}
    if hidden := rights.without(inputs, rights.Right.DESCRIBE):
        return [not_allowed(check, settings, rights.Right.DESCRIBE, hidden) for check in _LAST]
    unread = frozenset(rights.without(inputs, rights.Right.READ))
    with closing(consumer(settings)) as reader:
        partitions += read_partitions(settings, reader, clock.now(), unread)
        findings = [*check_partitions(partitions, clock.now()), *check_unread(partitions, settings)]
        return [*findings, *refused(settings, reader, found)]


def _not_checked(why: str) -> list[Finding]:
    return [skipped(check, f"not checked {why}") for check in _LAST]


def _tried(check: str, settings: Settings, look: Callable[[], list[Finding]]) -> list[Finding]:
    """What a look finds; a server that is not there, or refuses us, is what it finds then."""
    from kafka.errors import KafkaError
    from redis.exceptions import ConnectionError as RedisConnectionError
    from redis.exceptions import RedisError
    from redis.exceptions import TimeoutError as RedisTimeoutError

    from picustream.streams.kafka.clients import explained
    from picustream.streams.store.redis_client import unreachable

    try:
        return look()
    except BadSettings:
        raise
    except UserError as error:
        known = error
    except KafkaError as error:
        known = explained(error, settings)
    except (RedisConnectionError, RedisTimeoutError) as error:
        known = unreachable(settings, error)
    except RedisError as error:
        # The text may repeat a user's name or a key: the kind is enough.
        known = UserError(f"Redis refuses us: {type(error).__name__}.", "See the access of the Redis user.", 1)
    return [Finding(check, "missing" if known.status == ENVIRONMENT else "finding", known.message, known.hint)]


def _print(findings: Sequence[Finding], partitions: "Sequence[Partition]", as_json: bool) -> None:
    if as_json:
        print(encode(_as_data(findings, partitions)))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("check", "", box=None, pad_edge=False, header_style="grey58")
    table.add_column("what", overflow="fold")
    for finding in findings:
        what = Text(finding.message)
        if finding.fix:
            what.append(f"\n{finding.fix}", "italic")
        table.add_row(finding.check, Text(finding.level, _STYLES[finding.level]), what)
    Console(highlight=False).print(table)


def _as_data(findings: Sequence[Finding], partitions: "Sequence[Partition]") -> dict[str, Any]:
    return {
        "status": status(findings),
        "findings": [asdict(finding) for finding in findings],
        "partitions": [facts.as_data() for facts in partitions],
    }
