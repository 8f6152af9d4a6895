"""How long has something that has work to do not moved: seconds counted look by look, with no clock of its own."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from faust.types import TP

from picustream.streams.partition.partition import Partition

LONG = 10
"""Times the usual limit: for one partition while others of this worker move, which may only be waiting its turn, and
for a long computation, which nobody can distinguish from one without end."""


@dataclass(frozen=True, slots=True)
class Work:
    """Something that should move. `mark`: anything that changes when it does; `limit`: seconds that it may stand."""

    what: str
    mark: Hashable
    limit: float


@dataclass(frozen=True, slots=True)
class Still:
    """What does not move, and since when."""

    work: Work
    seconds: float

    @property
    def share(self) -> float:
        """Of its limit; 1 and more is too long."""
        return self.seconds / self.work.limit


class Standstill:
    """Keeps what had work at the last look."""

    def __init__(self) -> None:
        self._still: dict[str, Still] = {}

    def note(self, work: Iterable[Work], seconds: float) -> Still | None:
        """Everything that has work now, `seconds` after the last call; what stands still for the longest, or None."""
        found = {one.what: Still(one, self._waited(one, seconds)) for one in work}
        self._still = found
        return max(found.values(), key=lambda still: still.share, default=None)

    def forgive(self) -> None:
        """Begin anew: a server is away, and nothing can move."""
        self._still = {}

    def _waited(self, work: Work, seconds: float) -> float:
        before = self._still.get(work.what)
        return before.seconds + seconds if before is not None and before.work.mark == work.mark else 0.0


def work_of(
    partitions: Mapping[int, Partition],
    read: Mapping[TP, tuple[int, int]],
    ends: Mapping[TP, int],
    limit: float,
    furthest: Mapping[TP, int],
) -> list[Work]:
    """What the partitions of a worker have to do, one by one and all together.

    `read`: for each assigned input how far the fetcher is and what it has handed over; `ends`: where each ends, as the
    broker says now; `furthest`: how far the fetcher has ever been, for what it reads again after a take-over is no
    progress. A partition that waits for a server has said so, and is left out: one that fails otherwise is not,
    however often it takes itself over.
    """
    marks, busy, computing = [], [], False
    for number, partition in sorted(partitions.items()):
        ours = {tp: places for tp, places in read.items() if tp.partition == number}
        mark = (partition.mark, tuple(sorted((tp, furthest.get(tp, 0)) for tp in ours)))
        marks.append(mark)
        if not partition.waits and _undone(partition, ours, ends):
            busy.append(Work(f"partition {number}", mark, limit * LONG))
            computing = computing or partition.computing
    if not busy:
        return []
    return [*busy, Work("the worker", tuple(marks), limit * LONG if computing else limit)]


def _undone(partition: Partition, read: Mapping[TP, tuple[int, int]], ends: Mapping[TP, int]) -> bool:
    position = partition.position
    unread = any(fetched < ends.get(tp, 0) for tp, (fetched, _) in read.items())
    waiting = any(position.get(tp.topic, -1) < handed_over for tp, (_, handed_over) in read.items())
    return unread or waiting or not partition.idle
