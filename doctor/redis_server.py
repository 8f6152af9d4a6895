"""Redis: which one answers, and whether it keeps what it acknowledges."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, ResponseError

from picustream.doctor.finding import Finding, ok, skipped
from picustream.runtime.errors import redis_address
from picustream.runtime.settings import Settings
from picustream.streams.store.redis_client import reach

OLDEST = (6, 2)
"""The first Redis that trims a stream by its ids, as the outbox is trimmed."""
UNRESTRICTED = "user default off ~* &* +@all"
"""The user that loads the append-only file: it may do everything there, and nobody can log in as it."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RedisFacts:
    """What Redis reports of itself; an empty mapping or None where it may not be asked.

    `ahead`: seconds that its clock is ahead of this machine's; `default_user`: the rules of the user that its
    append-only file is loaded as.
    """

    info: Mapping[str, Any]
    config: Mapping[str, str]
    ahead: float | None
    default_user: frozenset[str] | None = None

    def setting(self, name: str) -> str | None:
        """A setting's value, from INFO where CONFIG is not allowed; None if neither has it."""
        if name in self.config:
            return self.config[name]
        if name == "appendonly" and "aof_enabled" in self.info:
            return "yes" if self.info["aof_enabled"] else "no"
        return self.info.get(name.replace("-", "_"))


def ask(settings: Settings, question: Callable[[Redis], Awaitable[T]]) -> T:
    """What `question` finds at Redis. Raises NoRedis, and UserError when Redis refuses us."""

    async def asked() -> T:
        redis = await reach(settings)
        try:
            return await question(redis)
        finally:
            await redis.aclose()

    return asyncio.run(asked())


async def facts(redis: Redis) -> RedisFacts:
    """Ask Redis about itself."""
    ahead = await _ahead(redis)
    try:
        info = await redis.info("everything")
    except NoPermissionError:
        info = await _version_from_greeting(redis)
    return RedisFacts(info, await _config(redis), ahead, await _default_user(redis))


async def _version_from_greeting(redis: Redis) -> dict[str, Any]:
    """The version in the greeting, which every user may send; nothing where even that is refused."""
    try:
        answer: Any = await redis.execute_command("HELLO")  # type: ignore[no-untyped-call]
    except ResponseError:
        return {}
    pairs = answer.items() if isinstance(answer, dict) else zip(answer[::2], answer[1::2], strict=True)
    greeting = {_text(name): value for name, value in pairs}
    return {"redis_version": _text(greeting["version"]), "server_name": _text(greeting["server"])}


async def _default_user(redis: Redis) -> frozenset[str] | None:
    """The rules of commands and keys of the user `default`."""
    try:
        user: Any = await redis.acl_getuser("default")
    except ResponseError:
        return None
    keys = user.get("keys") or ()
    keys = keys.split() if isinstance(keys, str) else map(_text, keys)
    return frozenset([*user["categories"], *user["commands"], *(f"~{key.removeprefix('~')}" for key in keys)])


async def _ahead(redis: Redis) -> float | None:
    before = time.time()
    try:
        seconds, microseconds = await redis.time()
    except NoPermissionError:
        return None
    return seconds + microseconds / 1e6 - (before + time.time()) / 2


async def _config(redis: Redis) -> dict[str, str]:
    try:
        found: list[dict[Any, Any]] = [await redis.config_get(pattern) for pattern in ("append*", "maxmemory-policy")]
    except (NoPermissionError, ResponseError):
        return {}  # an access list forbids it, or a managed Redis has no CONFIG
    return {_text(name): _text(value) for answer in found for name, value in answer.items()}


def check_redis(facts: RedisFacts, settings: Settings) -> list[Finding]:
    """Version, role, and the settings that keep what was acknowledged (I5)."""
    return [
        _version(facts, redis_address(settings.redis)),
        *_unfit(facts.info),
        _wanted(facts, "appendonly", "yes", "A restart of Redis would lose all state."),
        _wanted(facts, "appendfsync", "always", "A power cut could lose the last moments of state."),
        _wanted(facts, "maxmemory-policy", "noeviction", "An evicted stay would be lost without a sign."),
        *_loaded_whole(facts),
    ]


def _version(facts: RedisFacts, address: str) -> Finding:
    version = facts.info.get("redis_version")
    if version is None:
        return ok("redis", f"answers at {address}; INFO is not allowed, so the version is not known")
    if _numbers(version) < OLDEST:
        return Finding("redis", "finding", f"Redis {version} at {address} is too old", "Use Redis 6.2 or newer.")
    return ok("redis", f"Redis {version} answers at {address}")


def _unfit(info: Mapping[str, Any]) -> list[Finding]:
    """What only shows when it is wrong."""
    found = []
    if info.get("cluster_enabled"):
        found.append(Finding("redis", "finding", "it is a Redis Cluster", "Give the workers one Redis of its own."))
    if info.get("role") == "slave":
        found.append(Finding("redis", "finding", "it is a replica", "Set PICUSTREAM_REDIS to its master."))
    if info.get("aof_last_write_status", "ok") != "ok":
        fix = "Look at its disk and its log: while it cannot write, the workers wait."
        found.append(Finding("redis", "finding", "its last write to the append-only file failed", fix))
    return found


def _loaded_whole(facts: RedisFacts) -> list[Finding]:
    """Whether a restart would load the append-only file whole: some versions check what is in it against the rights of
    the user `default`, and drop of it every transaction and every script that this user may not send."""
    if facts.setting("appendonly") == "no" or not _checks_what_it_loads(facts.info):
        return []
    version, fix = facts.info["redis_version"], f"Give the user that loads it all rights, and no login: {UNRESTRICTED}"
    if facts.default_user is None:
        what = f"whether Redis {version} loads its append-only file whole: ACL GETUSER is not allowed"
        return [skipped("redis", what, f"See that its users have: {UNRESTRICTED}")]
    if facts.default_user >= {"+@all", "~*"} and not any(rule.startswith("-") for rule in facts.default_user):
        return []
    what = f"Redis {version} may drop state at a restart, or not start: its user default is restricted"
    return [Finding("redis", "finding", what, fix)]


def _checks_what_it_loads(info: Mapping[str, Any]) -> bool:
    """Redis from 7.0 on until 8.6, and Valkey until 9.1.1 (redis#14541, valkey#3983), as far as a version is known."""
    if "redis_version" not in info:
        return False
    if info.get("server_name") == "valkey":
        return _numbers(info.get("valkey_version", "")) < (9, 1, 1)
    return (7, 0) <= _numbers(info["redis_version"]) < (8, 6)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", str(version))[:3])


def _wanted(facts: RedisFacts, name: str, wanted: str, otherwise: str) -> Finding:
    found = facts.setting(name)
    if found is None:
        return skipped("redis", f"{name} cannot be checked: CONFIG is not allowed", f"See that it is {wanted}.")
    if found != wanted:
        fix = f"{otherwise} Set it in redis.conf: {name} {wanted}"
        return Finding("redis", "finding", f"{name} is {found}, must be {wanted}", fix)
    return ok("redis", f"{name} is {wanted}")


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
