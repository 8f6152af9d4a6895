"""What an error of Redis or Kafka means: that they are away or refuse for now, or that the same will fail again.

The class of an exception does not tell: redis-py has one for "out of memory", which passes, and for a command that no
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

from picustream.streams.topics import ALL

TROUBLE = (RedisError, KafkaError, OSError, TimeoutError)
"""What may pass: the other side is away, slow, full, or about to tell the group of a new owner. `passes` says whether
it does."""

_REFUSES = re.compile(
    r"\b(?:OOM|MISCONF|READONLY|NOREPLICAS|NOPERM|NOAUTH|WRONGPASS|LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED"
    r"|ASK|UNBLOCKED)\b"
)
_NOT_ALLOWED = re.compile(r"ACL failure|user executing the script|[Nn]o permissions")
"""How Redis says inside a script that a right is missing."""
_REFUSALS = (
    AskError, ClusterDownError, ExecAbortError, NoPermissionError, NoScriptError, OutOfMemoryError, ReadOnlyError,
    TryAgainError,
)  # fmt: skip
"""What redis-py makes of some of these words, and takes the word away."""
_OF_A_RECORD = (InvalidTimestampError, MessageSizeTooLargeError, RecordListTooLargeError)
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
    """The kind of a trouble, the word by which Redis says why it refuses, and the topics that it is about.

    The text of an error is not shown.
    """
    text = str(error)
    words = _REFUSES.findall(text)[:1] if isinstance(error, RedisError) else []
    about = [topic for topic in ALL if topic in text] if isinstance(error, KafkaError) else []
    return " ".join([type(error).__name__, *words, *about])
