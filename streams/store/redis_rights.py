"""Whether the user of Redis may do all that a worker does, found out before it begins.

Every command is put into a transaction that is then given up: Redis says at once of each whether the user may send it,
and none of them is carried out. This is so since Redis 6.2; `ACL DRYRUN`, which came later, is itself a right.
"""

from collections.abc import Mapping

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError, ResponseError

from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.runtime.settings import Settings

COMMANDS = {
    "+@scripting": ("EVAL return 1 KEY", "EVALSHA 0 1 KEY", "SCRIPT LOAD return"),
    "+@hash": ("HGET KEY f", "HGETALL KEY", "HMGET KEY f", "HSET KEY f v", "HDEL KEY f"),
    "+@sortedset": ("ZADD KEY 1 m", "ZRANGE KEY 0 0", "ZREM KEY m"),
    "+@stream": ("XADD KEY 1-0 f v", "XLEN KEY", "XRANGE KEY - +", "XTRIM KEY MINID 1-0"),
    "+del": ("DEL KEY",),
    "+unlink": ("UNLINK KEY",),
    "+scan": ("SCAN 0",),
}
"""What a worker sends, its scripts included, by the rule of an access list that allows it. KEY: one of our keys."""
KEYS = "picustream:*"
_ABORTED = "Transaction discarded because of"
"""How a refused EXEC begins, which ends its transaction all the same."""


class RedisNotAllowed(UserError):
    """The user of Redis lacks rights: the message names what is refused, the hint is the line that grants it."""

    def __init__(self, user: str, refused: Mapping[str, str]) -> None:
        super().__init__(
            f"Not allowed: Redis refuses {', '.join(refused)} to user {user}.",
            f"Grant it in Redis: ACL SETUSER {user} {' '.join(dict.fromkeys(refused.values()))}",
            ENVIRONMENT,
        )


async def check(redis: Redis, settings: Settings) -> None:
    """RedisNotAllowed where a worker could not do its work. Nothing is changed in Redis."""
    if refused := await refusals(redis, f"picustream:{{{settings.group}.0}}:rights"):
        raise RedisNotAllowed(redis.connection_pool.connection_kwargs.get("username") or "default", refused)


async def refusals(redis: Redis, key: str) -> dict[str, str]:
    """What Redis refuses, and the rule that would allow it."""
    connection = await redis.connection_pool.get_connection()  # type: ignore[no-untyped-call]

    async def refusal(*words: str) -> str | None:
        """Why it is refused, None where it is not."""
        await connection.send_command(*words)
        try:
            await connection.read_response()
        except NoPermissionError as error:
            return str(error)
        except ResponseError as error:
            return str(error) if _ABORTED in str(error) else None
        return None

    found: dict[str, str] = {}
    try:
        if await refusal("MULTI"):
            return {"multi": "+@transaction"}
        for rule, commands in COMMANDS.items():
            for command in commands:
                name, *_ = words = command.split()
                why = await refusal(*(key if word == "KEY" else word for word in words))
                if why is not None:
                    found |= {name.lower(): rule} if "command" in why else {f"keys {KEYS}": f"~{KEYS}"}
        if await refusal("DISCARD"):  # then EXEC must not be tried: it would carry out what is queued
            return found | {"discard": "+@transaction"}
        await refusal("MULTI")
        if await refusal("EXEC"):
            found["exec"] = "+@transaction"
    finally:
        # What is left of the transaction, if it could not be given up, ends with its connection.
        await connection.disconnect()
        await redis.connection_pool.release(connection)
    return found
