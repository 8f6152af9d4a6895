"""What an error of Redis or Kafka means: that they are away or refuse for now, or that the same will fail again.

The class of an exception does not say: redis-py has one for "out of memory", which passes, and for a command that no
Redis knows, which does not.
"""

import re

from aiokafka.errors import InvalidTimestampError, KafkaError, MessageSizeTooLargeError, RecordListTooLargeError
from redis.exceptions import (
    AskError,
    ClusterDownError,
    DataError,
    ExecAbortError,
    NoPermissionError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from picustream.runtime.logs import logger
from picustream.streams.kafka.topics import ALL

log = logger(__name__)

TROUBLE = (RedisError, KafkaError, OSError, TimeoutError)
"""What may pass: the other side is away, slow, full, or about to give the group a new owner. `passes` says whether
it does."""

_REFUSES = re.compile(
    r"\b(?:OOM|MISCONF|READONLY|NOREPLICAS|NOPERM|NOAUTH|WRONGPASS|LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED"
    r"|ASK|UNBLOCKED|EXEC without MULTI)\b"
)
"""The last is what redis-py says of a transaction whose beginning was refused."""
_COMMAND = re.compile(r"'([a-z|]+)' command")
"""What Redis does not let our user do."""
_NOT_ALLOWED = re.compile(r"ACL failure|user executing the script|[Nn]o permissions")
"""How Redis says inside a script that a right is missing."""
_REFUSALS = (
    AskError, ClusterDownError, ExecAbortError, NoPermissionError, NoScriptError, OutOfMemoryError, ReadOnlyError,
    TryAgainError,
)  # fmt: skip
"""What redis-py makes of some of these words, and takes the word away."""
TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)
_OF_A_RECORD = (InvalidTimestampError, *TOO_LARGE)
"""What Kafka says of a record that it will never take."""


def passes(error: BaseException) -> bool:
    """Whether it passes when a server is back, or somebody gives it what it lacks: room, rights, a replica."""
    if isinstance(error, (DataError, *_OF_A_RECORD)):
        return False
    if isinstance(error, ResponseError):
        text = str(error)
        return isinstance(error, _REFUSALS) or bool(_REFUSES.search(text) or _NOT_ALLOWED.search(text))
    return isinstance(error, TROUBLE)


def named(error: BaseException) -> str:
    """The kind of a trouble, the word by which Redis says why it refuses, the command, and the topics it is about.

    The text of an error is not shown.
    """
    text = str(error)
    words = _REFUSES.findall(text)[:1] if isinstance(error, RedisError) else []
    if isinstance(error, ResponseError) and _NOT_ALLOWED.search(text):
        words += [] if isinstance(error, NoPermissionError) or "NOPERM" in words else ["NOPERM"]
        words += _COMMAND.findall(text)
    about = [topic for topic in ALL if topic in text] if isinstance(error, KafkaError) else []
    return " ".join([type(error).__name__, *words, *about])


class WatcherLog:
    """Says what keeps a watcher from its work: as it begins, once for each kind, and when it is over."""

    def __init__(self, watcher: str) -> None:
        self._watcher = watcher
        self._named: str | None = None

    def note(self, error: BaseException) -> None:
        """It goes on, or begins."""
        if self._named != named(error):
            self._named = named(error)
            log.warning("watcher-waits", watcher=self._watcher, trouble=self._named)

    def over(self) -> None:
        """It does its work."""
        if self._named is not None:
            self._named = None
            log.info("watcher-goes-on", watcher=self._watcher)
