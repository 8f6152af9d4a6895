"""`picustream doctor` and rights: a Redis that forgets for want of some, and what cannot be seen for want of some."""

from datetime import UTC, datetime

import pytest

from picustream.doctor.broker import check_topics, complete
from picustream.doctor.finding import Finding
from picustream.doctor.partitions import Partition, check_unread
from picustream.doctor.redis_server import RedisFacts, check_redis
from picustream.models.event import INPUT_TOPICS, TRIAL
from picustream.runtime.settings import Settings
from picustream.streams.kafka.rights import Right, Topic
from picustream.streams.kafka.topics import ALL

GOOD = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
EVERYTHING = frozenset({"+@all", "~*"})
WHOLE = frozenset(Right)
NOW = datetime(2025, 1, 1, tzinfo=UTC)


def loading(default_user: frozenset[str] | None, config: dict[str, str] | None = None, **info: str) -> list[Finding]:
    facts = RedisFacts({"redis_version": "7.0.15"} | info, config or GOOD, 0.0, default_user)
    return [one for one in check_redis(facts, Settings()) if one.level != "ok"]


@pytest.mark.proves("I5")
@pytest.mark.parametrize(
    ("rules", "level"),
    [
        (EVERYTHING, None),
        (frozenset({"-@all"}), "finding"),
        (frozenset({"+@all"}), "finding"),
        (frozenset({"+@all", "~picustream:*"}), "finding"),
        (EVERYTHING | {"-exec"}, "finding"),
        (None, "skipped"),
    ],
)
def test_a_redis_that_checks_what_it_loads_needs_an_unrestricted_default_user(
    rules: frozenset[str] | None, level: str | None
) -> None:
    """redis#14541: it drops of its append-only file what the user `default` may not do, nearly all of our state."""
    assert [one.level for one in loading(rules)] == ([level] if level else [])
    assert all("user default off ~* &* +@all" in one.fix for one in loading(rules))


@pytest.mark.parametrize(
    ("info", "found"),
    [
        ({"redis_version": "6.2.14"}, False),
        ({"redis_version": "7.2.5"}, True),
        ({"redis_version": "8.4.3"}, True),
        ({"redis_version": "8.6.0"}, False),
        ({"redis_version": "7.2.4", "server_name": "valkey", "valkey_version": "8.1.4"}, True),
        ({"redis_version": "7.2.4", "server_name": "valkey", "valkey_version": "9.1.2"}, False),
    ],
)
def test_only_versions_that_check_what_they_load_are_a_finding(info: dict[str, str], found: bool) -> None:
    assert bool(loading(frozenset({"-@all"}), **info)) is found


def test_without_an_append_only_file_nothing_is_loaded_from_it() -> None:
    [other] = loading(frozenset({"-@all"}), GOOD | {"appendonly": "no"})
    assert "appendonly is no" in other.message


def test_topics_that_we_may_not_see_are_neither_wrong_nor_well() -> None:
    """All that is seen must be right before partitions are checked; of the rest nothing is said."""
    seen = dict.fromkeys(ALL, Topic(12, rights=WHOLE))
    settings = Settings()
    assert complete(seen, settings)
    assert complete(seen | {TRIAL: Topic()}, settings)
    assert not complete(seen | {TRIAL: Topic(there=False)}, settings)
    assert not complete(seen | {TRIAL: Topic(4, rights=WHOLE)}, settings)
    assert check_topics([], whole=False) == [] and check_topics([])[0].level == "ok"


def test_what_may_be_only_markers_on_a_topic_that_we_may_not_read_is_said_to_be_open() -> None:
    """Kafka's offsets alone do not show whether a record waits there."""
    lag = dict.fromkeys(INPUT_TOPICS, 0)
    partitions = [Partition(0, 1, lag, 0, NOW), Partition(1, 1, lag, 0, NOW, unread=(TRIAL,))]
    [line] = check_unread(partitions, Settings())
    assert line.level == "skipped" and f"Read on {TRIAL}" in line.message
    assert check_unread(partitions[:1], Settings()) == []
