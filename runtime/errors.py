"""Errors that a person can do something about: reported in one or two lines, with an exit status, never a traceback."""

from urllib.parse import urlsplit

WRONG_USE = 2
ENVIRONMENT = 3
BUG = 70
"""EX_SOFTWARE of sysexits.h: the program itself is at fault."""
STALLED = 75
"""EX_TEMPFAIL: it did not get on; started again, it will."""

RIGHTS_HINT = "If it should have it: docs/deploying.md, Your own Kafka and Redis."
"""What to do about a right that Kafka does not give our user."""


class UserError(Exception):
    """Says what is wrong (`message`), what to do about it (`hint`) and the exit status of the command it ends.

    Status 1: findings, 2: wrong use, 3: something in the environment is missing.
    """

    def __init__(self, message: str, hint: str = "", status: int = WRONG_USE) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    @property
    def lines(self) -> str:
        """For standard error: what is wrong and, in a line of its own, what to do, where that is known."""
        return f"{self.message}\n{self.hint}".rstrip()


class BadSettings(UserError):
    """A setting that cannot be used; the message names the variable and never its value."""


class NoKafka(UserError):
    """No broker answers at the address that the settings name, or it refuses us."""

    def __init__(self, servers: str, reason: str = "") -> None:
        because = f" ({reason})" if reason else ""
        super().__init__(
            f"Kafka does not answer at {servers}{because}.",
            "Start it (picustream local up) or set PICUSTREAM_KAFKA.",
            ENVIRONMENT,
        )


class NoRedis(UserError):
    """Redis does not answer. `url` may hold a password: host and port alone are shown."""

    def __init__(self, url: str, reason: str = "") -> None:
        because = f" ({reason})" if reason else ""
        super().__init__(
            f"Redis does not answer at {redis_address(url)}{because}.",
            "Start it (picustream local up) or set PICUSTREAM_REDIS.",
            ENVIRONMENT,
        )


class NoTopics(UserError):
    """Topics that a command needs are not on the broker."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"Not on the broker: {', '.join(names)}.", "Make the topics: picustream topics.", ENVIRONMENT)


def redis_address(url: str) -> str:
    """`host:port` of a Redis URL, or its path for a Unix socket, without user name and password."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 6379}" if parts.hostname else parts.path
