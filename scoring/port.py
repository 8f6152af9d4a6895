"""The engine's port: what a partition asks of the core, and in which order it has to ask.

1. To a new engine: set `clock` to how far time had passed, and give it all due times (`install_due`). If the one before
   it raised `HistoryNeeded`, give it those stays whole (`reload_history`).
2. For each batch: `read`; `missing`; of each stay that it names the state (`install`, or `installing` walked to its
   end); `process`.
3. Make the effects durable, all or none of them, and only then go on: `Effects.left` first, where something is left; an
   empty batch where the engine is `unfinished`; the next batch otherwise.

`observe`, `dead_letters`, `passing_alert` and a stay that is put off (`install_due`) have their place between two
batches. One call at a time, from whatever thread. An engine that has raised, or whose effects have not become durable,
is dropped, and a new one begins at 1.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from picustream.scoring.alerts.feed_snapshot import FeedSnapshot
from picustream.scoring.batch import Batch, Effects
from picustream.scoring.outputs import Output
from picustream.scoring.validation import InputRecord, ValidatedInput


class FaultReports(Protocol):
    """The part of an engine that is asked where the rest of it fails."""

    def dead_letters(self, one: ValidatedInput, now: datetime) -> list[Output]:
        """A dead letter per fault of an input record."""

    def passing_alert(self, name: str, subject: str, now: datetime) -> list[Output]:
        """The records of an alert that is resolved as soon as it fires."""

    def install_due(self, due: Iterable[tuple[str, datetime]]) -> None:
        """Due times of stays: all of them, before anything else; later those that are put off."""


class EnginePort(FaultReports, Protocol):
    """An engine for one partition: no clock, no input or output of its own."""

    clock: datetime | None
    """How far time has passed; None: not at all. Never runs backwards."""
    due_stay: str | None
    """The stay that `process` evaluates because its time has come; None while there is none."""

    @property
    def unfinished(self) -> bool:
        """Whether there is more to do than it does at once; without a batch `process` goes on with it."""

    @property
    def pruning_deferred(self) -> bool:
        """Whether state is larger than it need be, because there was a backlog: the next `process` prunes it."""

    def read(self, input_records: Sequence[InputRecord], now: datetime) -> Batch:
        """Validate records against a real clock (T6). Never raises, whatever the bytes."""

    def read_until(self, input_records: Sequence[InputRecord], latest: datetime) -> Batch:
        """Validate records of which none may lie after a moment."""

    def missing(self, batch: Batch, now: datetime, *, advance_clock: bool = True) -> list[str]:
        """Stays whose state must be installed before the batch is processed; "" is the partition's own."""

    def install(self, stay_id: str, fields: Mapping[str, bytes]) -> None:
        """What the store has of a stay; no fields for a new one."""

    def installing(self, stay_id: str, fields: Mapping[str, bytes]) -> Iterator[None]:
        """`install`, to be walked through: it pauses on the way where there is much of the stay."""

    def reload_history(self, stay_id: str, fields: Mapping[str, bytes], history: Batch, subject: str) -> None:
        """Install a stay with all that was processed of it. An alert about `subject` says that it was read again."""

    def pruned_stays(self) -> set[str]:
        """Stays in memory of which something was pruned: they may come to need their history."""

    def process(
        self,
        batch: Batch,
        now: datetime,
        *,
        advance_clock: bool = True,
        emitted_at: datetime | None = None,
        behind: Collection[str] = (),
    ) -> Effects:
        """Apply the events, each as of the record clock: the greatest filing time so far, never past `now`.

        `advance_clock`: then let time pass up to `now`; False where more events wait. `emitted_at`: what the records
        say of when they were made. `behind`: topics that others may have overtaken; time goes no further than they have
        come. Raises `HistoryNeeded` where an answer depends on what was pruned.
        """

    def observe(self, snapshot: FeedSnapshot) -> None:
        """What all partitions observed of the sources; the next `process` publishes what follows."""

    def next_due(self) -> datetime | None:
        """The earliest moment at which time alone changes something; None: never."""


EngineFactory = Callable[[int], EnginePort]
"""Makes the engine of a partition."""
