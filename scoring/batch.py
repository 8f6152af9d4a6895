"""What the engine takes and what it gives: a batch of input records, and everything that follows from it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from picustream.scoring.budget import LOTS, MOST_BYTES, MOST_RECORDS
from picustream.scoring.outputs import Output
from picustream.scoring.validation import EARLIEST, ValidatedInput


@dataclass(frozen=True, slots=True)
class Batch:
    """Validated input records."""

    inputs: tuple[ValidatedInput, ...]

    @property
    def stays(self) -> set[str]:
        """Stays that accepted events speak of."""
        return {one.stay_id for one in self.inputs if one.stay_id is not None}

    def in_time(self) -> list[ValidatedInput]:
        """Inputs by how far their topics have come: each topic in its own order, and the topics side by side."""
        reached: dict[str, datetime] = {}
        found = []
        for one in self.inputs:
            topic = one.input_record.topic
            if one.event is not None:
                reached[topic] = max(one.event.filed_at, reached.get(topic, EARLIEST))
            found.append((reached.get(topic, EARLIEST), one))
        return [one for _, one in sorted(found, key=lambda pair: pair[0])]

    def latest(self, now: datetime) -> datetime | None:
        """How far the events move the record clock, which never passes `now`."""
        return max((min(now, one.event.filed_at) for one in self.inputs if one.event is not None), default=None)


@dataclass(slots=True)
class Effects:
    """What follows from a batch; all of it durable, or none."""

    outputs: list[Output] = field(default_factory=list)
    writes: dict[str, dict[str, bytes | None]] = field(default_factory=dict)
    """Stay -> field -> bytes (None: delete the field); the stay "" is what belongs to none."""
    due: dict[str, datetime | None] = field(default_factory=dict)
    """Stay -> when time alone may next change something (None: never)."""
    ignored: Counter[str] = field(default_factory=Counter)
    """Codes nobody asked for."""
    left: Batch = field(default_factory=lambda: Batch(()))
    """Arrivals that were not taken in, for there was enough to do: to be given again."""
    work: int = 0
    """Units (`budget.py`) that it took."""
    bytes: int = 0
    """Of the outputs."""

    def publish(self, outputs: Iterable[Output]) -> None:
        for one in outputs:
            self.outputs.append(one)
            self.bytes += len(one.value)

    def is_full(self, lot: int | None) -> bool:
        """Whether it is enough for one call, and the rest has to wait for the next."""
        return lot is not None and (
            self.work >= LOTS * lot or len(self.outputs) >= MOST_RECORDS or self.bytes >= MOST_BYTES
        )
