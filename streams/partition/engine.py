"""The seam to the core: what a partition asks of the engine. The core's own is `scoring/engine.py`."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from picustream.scoring.alerts.feed_snapshot import FeedSnapshot


class Output(Protocol):
    """One record to publish."""

    topic: str
    key: bytes | None
    event_id: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


class Effects(Protocol):
    """What a batch changes: records in order, fields by stay (None: delete), due times by stay (None: remove)."""

    outputs: list[Any]
    writes: dict[str, dict[str, bytes | None]]
    due: dict[str, datetime | None]
    ignored: Counter[str]
    """Codes nobody asked for."""
    left: Any
    """The part of the batch that was not applied, for there was enough to do: to be given again."""


class Engine(Protocol):
    """The core, for one partition: no clock, no input or output of its own."""

    clock: datetime | None
    """How far time has passed."""
    due_stay: str | None
    """The stay that `process` looks at because its time has come; None while none is."""
    unfinished: bool
    """Whether there is more to do than it does at once; without a batch `process` goes on with it."""
    pruning_deferred: bool
    """Whether there is more in the state than there need be, for there was a backlog: `process` mends it."""

    def read(self, input_records: Sequence[Any], now: datetime) -> Any:
        """Parse and validate; never raises for any bytes."""

    def missing(self, batch: Any, now: datetime, *, advance_clock: bool = True) -> list[str]:
        """Stays whose state must be installed before the batch is processed; "" is the partition's own."""

    def install(self, stay_id: str, fields: Mapping[str, bytes]) -> None:
        """What the store holds of a stay; empty for a new one."""

    def installing(self, stay_id: str, fields: Mapping[str, bytes]) -> Iterator[None]:
        """Likewise, to be walked through; pauses on the way where there is much of it."""

    def reload_history(self, stay_id: str, fields: Mapping[str, bytes], history: Any, subject: str) -> None:
        """A stay with its whole history, after `process` has raised HistoryNeeded."""

    def pruned_stays(self) -> set[str]:
        """Stays in memory that are not whole."""

    def install_due(self, due: Iterable[tuple[str, datetime]]) -> None:
        """Due times of stays: all of them, before anything else; later those that are put off."""

    def process(
        self,
        batch: Any,
        now: datetime,
        *,
        advance_clock: bool = True,
        emitted_at: datetime | None = None,
        backlog_topics: Collection[str] = (),
    ) -> Any:
        """Apply the events, time passing as they say; with `advance_clock` let it pass up to `now`. The `Effects`.

        `backlog_topics`: topics of which there is more; time does not pass beyond what they say. Raises HistoryNeeded:
        see `scoring/chart/series.py`.
        """

    def dead_letters(self, one: Any, now: datetime) -> list[Any]:
        """The outputs that tell of the faults of a record."""

    def passing_alert(self, name: str, subject: str, now: datetime) -> list[Any]:
        """The outputs of an alert that is over as it is told."""

    def observe(self, snapshot: FeedSnapshot) -> None:
        """What all partitions heard of the sources, complete up to a moment; `process` tells what follows."""

    def next_due(self) -> datetime | None:
        """The earliest moment at which time alone changes something."""


EngineFactory = Callable[[int], Engine]
"""Makes the engine of a partition."""
