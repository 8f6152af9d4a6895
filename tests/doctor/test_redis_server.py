"""What doctor finds in Redis."""

from collections.abc import Callable

import pytest
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from picustream.doctor.finding import Finding
from picustream.doctor.redis_server import RedisFacts, check_redis
from picustream.runtime.settings import Settings
from tests.doctor.findings import bad
from tests.doctor.test_command import doctor

GOOD = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}


def redis(config: dict[str, str] | None = None, **info: object) -> list[Finding]:
    info = {"redis_version": "7.2.4", "role": "master"} | info
    finding = RedisFacts(info, GOOD if config is None else config, 0.0, frozenset({"+@all", "~*"}))
    return check_redis(finding, Settings())


def test_a_redis_that_keeps_what_it_acknowledged_is_well() -> None:
    findings = redis()
    assert bad(findings) == []
    assert "7.2.4" in findings[0].message
    assert "hunter2" not in str(findings)


@pytest.mark.parametrize(
    ("name", "found"), [("appendonly", "no"), ("appendfsync", "everysec"), ("maxmemory-policy", "allkeys-lru")]
)
def test_a_redis_that_would_lose_state_is_a_finding(name: str, found: str) -> None:
    """I5: what was acknowledged must be kept; the line to write into redis.conf is shown."""
    [finding] = bad(redis(GOOD | {name: found}))
    assert finding.level == "finding"
    assert f"{name} is {found}" in finding.message
    assert f"{name} {GOOD[name]}" in finding.fix


@pytest.mark.parametrize(
    ("info", "word"),
    [
        ({"redis_version": "6.0.16"}, "too old"),
        ({"cluster_enabled": 1}, "Cluster"),
        ({"role": "slave"}, "replica"),
        ({"aof_last_write_status": "err"}, "last write"),
    ],
)
def test_a_redis_that_is_not_fit_is_a_finding(info: dict[str, object], word: str) -> None:
    [finding] = bad(redis(**info))
    assert (finding.level, word in finding.message) == ("finding", True)


def test_without_config_what_info_has_is_judged_and_the_rest_is_said_to_be_open() -> None:
    """An access list without CONFIG is no fault of the server."""
    findings = redis({}, aof_enabled=0, maxmemory_policy="noeviction")
    assert [(one.level, one.message.split()[0]) for one in bad(findings)] == [
        ("finding", "appendonly"),
        ("skipped", "appendfsync"),
    ]
    assert {one.level for one in check_redis(RedisFacts({}, {}, 0.0), Settings())} == {"ok", "skipped"}


def test_a_redis_that_refuses_a_key_is_a_finding_without_the_keys_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(settings: Settings, question: Callable[[Redis], object]) -> object:
        raise NoPermissionError("this user has no permissions to access hunter2")

    monkeypatch.setattr("picustream.doctor.redis_server.ask", refused)
    _, levels = doctor(capsys)
    assert levels["redis"] == ["finding"]
