"""`--drain` ends when all is processed that was in the inputs."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar

from faust.types import TP

from picustream.models.event import LAB
from picustream.streams.worker.drain import drained


@dataclass
class Owned:
    idle: bool = True
    position: dict[str, int] = field(default_factory=lambda: {LAB: 10})


class TestDrained:
    """`--drain` ends when what was in the inputs is processed, what is due is done and every output acknowledged."""

    ENDS: ClassVar = {TP(LAB, 0): 11}

    def look(self, owned: Owned | None, position: int, handed_over: int) -> bool:
        partitions: Any = SimpleNamespace(owned={} if owned is None else {0: owned})
        return drained(partitions, self.ENDS, {TP(LAB, 0): (position, handed_over)})

    def test_done_when_all_that_was_handed_over_is_processed_and_only_a_marker_is_left(self) -> None:
        assert self.look(Owned(), position=11, handed_over=10)

    def test_not_while_the_fetcher_is_behind(self) -> None:
        assert not self.look(Owned(), position=10, handed_over=10)

    def test_not_while_something_handed_over_waits(self) -> None:
        assert not self.look(Owned(position={LAB: 9}), position=11, handed_over=10)

    def test_not_while_outputs_or_due_times_are_open(self) -> None:
        assert not self.look(Owned(idle=False), position=11, handed_over=10)

    def test_not_while_an_assigned_partition_is_not_held(self) -> None:
        assert not self.look(None, position=11, handed_over=10)
