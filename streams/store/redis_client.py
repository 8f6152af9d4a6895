"""The Redis client made from the settings: TLS, ACL, and a connection that notices when the other end is gone."""

import socket
from collections.abc import Mapping
from typing import Any, cast

from redis.asyncio import BlockingConnectionPool, Redis, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import AuthenticationError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from picustream.runtime.errors import ENVIRONMENT, BadSettings, NoRedis, UserError, redis_address
from picustream.runtime.settings import Settings

CONNECTIONS = 32
"""At once; more partitions than that wait for a turn, which costs less than a connection each."""
ANSWER = 5.0
"""Seconds to wait for an answer. A batch is written in milliseconds, with `appendfsync always` in tens of them."""
CONNECT = 3.0
"""Seconds to wait for a connection."""


def client(settings: Settings) -> Redis:
    """A client that is not connected yet. Bytes in, bytes out; a call is repeated twice before it fails.

    Repeating is safe: every script of ours, sent twice, writes once.
    """
    options: dict[str, Any] = {
        "max_connections": CONNECTIONS,
        "timeout": ANSWER,
        "socket_timeout": ANSWER,
        "socket_connect_timeout": CONNECT,
        "socket_keepalive": True,
        "socket_keepalive_options": _keepalive(),
        "health_check_interval": 15,
        "retry": Retry(ExponentialBackoff(cap=0.5, base=0.05), retries=2),
        "retry_on_error": [RedisConnectionError, RedisTimeoutError],
    }
    if settings.redis_username is not None:
        options["username"] = settings.redis_username
    if settings.redis_password is not None:
        options["password"] = settings.redis_password.get_secret_value()
    if settings.redis_ca_file is not None:
        options["ssl_ca_certs"] = str(settings.redis_ca_file)
    try:
        pool = BlockingConnectionPool.from_url(settings.redis, **options)
    except ValueError as error:
        raise BadSettings("PICUSTREAM_REDIS is no Redis URL.", "Example: redis://127.0.0.1:6379/0") from error
    if settings.redis_ca_file is not None and not issubclass(pool.connection_class, SSLConnection):
        raise BadSettings("PICUSTREAM_REDIS_CA_FILE is set, but the URL is not rediss://.", "Use rediss:// for TLS.")
    return Redis(connection_pool=pool)


async def reach(settings: Settings) -> Redis:
    """A client of a Redis that answers; NoRedis otherwise."""
    redis = client(settings)
    try:
        await redis.ping()
    except (RedisConnectionError, RedisTimeoutError, OSError) as error:
        raise unreachable(settings, error) from error
    except RedisError as error:
        raise UserError(f"Redis refuses us: {type(error).__name__}.", "See PICUSTREAM_REDIS_*.", ENVIRONMENT) from error
    return redis


def unreachable(settings: Settings, error: Exception) -> UserError:
    """What a person can do about a connection that failed. The text of these errors repeats the address and may repeat
    the user name: the kind is enough."""
    if isinstance(error, AuthenticationError):
        return UserError(
            f"Redis at {redis_address(settings.redis)} refuses the user or the password.",
            "Correct PICUSTREAM_REDIS_USERNAME or PICUSTREAM_REDIS_PASSWORD.",
            ENVIRONMENT,
        )
    return NoRedis(settings.redis, type(error).__name__)


async def persistence_doubt(redis: Redis) -> str | None:
    """Why this Redis would not keep what it acknowledged, in a few words; None if it would, or does not say."""
    try:
        config = cast(Mapping[str | bytes, str | bytes], await redis.config_get("append*"))
    except RedisError:
        return "CONFIG is not allowed: appendonly and appendfsync could not be checked"
    values = {_text(name): _text(value) for name, value in config.items()}
    if values.get("appendonly") != "yes":
        return "appendonly is off: a restart of Redis loses state"
    if values.get("appendfsync") != "always":
        return f"appendfsync is {values.get('appendfsync')}: a power cut can lose the last moments of state"
    return None


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _keepalive() -> dict[int, int]:
    """A peer that vanished without a word is noticed within half a minute, where the platform lets us say so."""
    wanted = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
    return {getattr(socket, name): value for name, value in wanted.items() if hasattr(socket, name)}
