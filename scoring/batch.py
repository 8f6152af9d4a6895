"""The engine's input and output: a batch of input records, and the effects of processing it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from picustream.models.times import EARLIEST
from picustream.scoring.budget import LOTS, MOST_BYTES, MOST_RECORDS
from picustream.scoring.outputs import Output
from picustream.scoring.validation import ValidatedInput


@dataclass(frozen=True, slots=True)
class Batch:
    """Validated input records."""

    inputs: tuple[ValidatedInput, ...]

    @property
    def stays(self) -> set[str]:
        """The stays of accepted events."""
        return {one.stay_id for one in self.inputs if one.stay_id is not None}

    def in_time(self) -> tuple[ValidatedInput, ...]:
        """The inputs with their topics merged by filing time, each topic in its own order."""
        if len(self.inputs) < 2:
            return self.inputs
        reached: dict[str, datetime] = {}
        found = []
        for one in self.inputs:
            topic = one.input_record.topic
            if one.filed_at is not None:
                reached[topic] = max(one.filed_at, reached.get(topic, EARLIEST))
            found.append((reached.get(topic, EARLIEST), one))
        return tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))

    def latest(self, now: datetime) -> datetime | None:
        """How far the events advance the record clock, which never passes `now`."""
        return max((min(now, one.filed_at) for one in self.inputs if one.filed_at is not None), default=None)


@dataclass(slots=True)
class Effects:
    """What follows from a batch; made durable as a whole or not at all."""

    outputs: list[Output] = field(default_factory=list)
    writes: dict[str, dict[str, bytes | None]] = field(default_factory=dict)
    """Stay -> field -> bytes (None: delete the field); the stay "" is what belongs to none."""
    due: dict[str, datetime | None] = field(default_factory=dict)
    """Stay -> when time alone may next change something (None: never)."""
    ignored: Counter[str] = field(default_factory=Counter)
    """Unmapped codes."""
    left: Batch = field(default_factory=lambda: Batch(()))
    """Input records that were not processed, for the call had done enough: to be given again."""
    work: int = 0
    """Units (`budget.py`) of work done."""
    bytes: int = 0
    """Of the outputs."""

    def publish(self, outputs: Iterable[Output]) -> None:
        for one in outputs:
            self.outputs.append(one)
            self.bytes += len(one.value)

    def is_full(self, lot: int | None) -> bool:
        """Whether this is enough for one call, and the rest waits for the next."""
        return lot is not None and (
            self.work >= LOTS * lot or len(self.outputs) >= MOST_RECORDS or self.bytes >= MOST_BYTES
        )
