"""Topics that are ahead of the others of their partition, of which nothing is handed over for now."""

from collections.abc import Callable, Container
from typing import Any

from faust.types import TP


class Held:
    """What is held back. Written by one thread, read by any."""

    def __init__(self) -> None:
        self._topics: dict[int, frozenset[str]] = {}

    def change(self, partition: int, topics: frozenset[str]) -> bool:
        """Hold back these topics of a partition, and none other; whether that is something new."""
        changed = self._topics.get(partition, frozenset()) != topics
        self._topics[partition] = topics
        return changed

    def holds(self, tp: TP) -> bool:
        """Whether a partition of a topic is held back."""
        return tp.topic in self._topics.get(tp.partition, ())


class Wanted:
    """The active partitions that are not held back. aiokafka asks it of each partition of which it has fetched records,
    and keeps what it does not give out: one fetch of each, and asks the broker for no more. A view and no set, for a
    fetch waits while that changes."""

    def __init__(self, active: Container[TP], held: Callable[[TP], bool]) -> None:
        self._active = active
        self._held = held

    def __contains__(self, tp: TP) -> bool:
        return tp in self._active and not self._held(tp)


def look_again(consumer: Any) -> None:
    """Wakes a fetch of aiokafka that waits for records: of what was held back some may be there. On its loop."""
    if consumer is not None:
        for waiter in list(consumer._fetcher._fetch_waiters):
            consumer._fetcher._notify(waiter)
