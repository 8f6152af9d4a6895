"""What one batch writes, and how it is passed to `commit.lua`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from picustream.models.times import EPOCH
from picustream.streams.store.outbox import Entry

MOST_ARGUMENTS, MOST_BYTES = 50_000, 32 * 1024 * 1024
"""Of one call: Redis refuses more than 1,048,576 arguments, or one of 512 MB, for good, and all partitions wait for a
call to end."""

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class BatchWrite:
    """All that one batch writes. `after` is the next offset by topic, `before` what Redis must hold until then."""

    epoch: int
    batch: int
    sequence: int
    clock: datetime | None
    before: Mapping[str, int | None] = field(default_factory=dict)
    after: Mapping[str, int] = field(default_factory=dict)
    due: Mapping[str, datetime | None] = field(default_factory=dict)
    writes: Mapping[str, Mapping[str, bytes | None]] = field(default_factory=dict)
    entries: Sequence[Entry] = ()


def commit_arguments(write: BatchWrite) -> list[Any]:
    """The arguments of commit.lua that may be laid down, in the order of its header."""
    arguments: list[Any] = [len(write.after)]
    for topic, offset in write.after.items():
        before = write.before.get(topic)
        arguments += [topic, "" if before is None else before, offset]
    arguments.append(len(write.due))
    for stay_id, time in write.due.items():
        arguments += [stay_id, "" if time is None else (time - EPOCH) // _MICROSECOND]
    arguments.append(len(write.entries))
    for entry in write.entries:
        arguments += _counted(entry.fields())
    for fields in write.writes.values():
        arguments += _counted([part for name, value in fields.items() if value is not None for part in (name, value)])
        arguments += _counted([name for name, value in fields.items() if value is None])
    return arguments


def calls(arguments: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The arguments in portions for one call each; an empty one where there are none."""
    first = size = 0
    for place, one in enumerate(arguments):
        length = len(one) if isinstance(one, str | bytes) else 8
        if place > first and (place - first >= MOST_ARGUMENTS or size + length > MOST_BYTES):
            yield arguments[first:place]
            first, size = place, 0
        size += length
    yield arguments[first:]


def _counted(items: Iterable[Any]) -> list[Any]:
    items = list(items)
    return [len(items), *items]
