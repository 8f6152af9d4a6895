"""A worker in miniature: the engine beside a dictionary that stands for the store, to be crashed at will."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from picustream.eventfiles.replay import AFTERWARDS
from picustream.scoring.batch import Batch, Effects
from picustream.scoring.chart.series import HistoryNeeded
from picustream.scoring.engine import Engine
from picustream.scoring.memory import Memory
from picustream.scoring.outputs import Output
from picustream.scoring.rules import Rules
from picustream.scoring.stay_state import StayState
from picustream.scoring.validation import LATEST, InputRecord
from tests.scoring.compare import Key, current
from tests.scoring.histories import input_records

OF_THE_WAY = {"event_id", "revision", "supersedes", "cause", "emitted_at"}
"""Fields of the way to a record, not of where it ends (I1)."""

CLOSED = ("final", "amended")
"""Which of these a closed record has is of the way, too."""

MEMORY: int | None = None
"""Bytes that the stays of a worker may take."""

Events = Sequence[tuple[str, dict[str, Any]]]


class Worker:
    """Takes batches, keeps what a store would keep, and can lose everything else."""

    def __init__(
        self, rules: Rules, until: datetime | None = None, *, bounded: bool = False, lot: int | None = None
    ) -> None:
        self._rules = rules
        self._lot = lot
        self._bounded = bounded
        self._clock: datetime | None = None
        self._history: list[InputRecord] = []
        self.reloads = 0
        """How often a stay's history was needed again."""
        self._until = until
        self._store: dict[str, dict[str, bytes]] = {}
        self._due: dict[str, datetime] = {}
        self._engine = self._new_engine()
        self.largest = 0
        """Records that were made durable together, at most."""
        self._taken = 0
        self.outputs: list[Output] = []

    def _new_engine(self) -> Engine:
        return Engine(self._rules, bounded=self._bounded, lot=self._lot, memory=Memory(MEMORY))

    def take(self, events: Events, *, behind: Collection[str] = (), in_time: bool = False) -> None:
        """One batch, its effects made durable together; `behind`: topics of which there is more; `in_time`: by filing.

        With a lot in as many pieces as it takes to have all of it taken in, and the stays get on in between.
        """
        found: Sequence[InputRecord] = input_records(events, after=self._taken)
        if in_time:
            merged = self._engine.read_until(found, LATEST).in_time()
            found = [one.input_record for one in merged]
        self._taken += len(events)
        left = self._process(found, behind)
        while left:
            self._process([], behind)
            left = self._process(left, behind)

    def _process(self, found: Sequence[InputRecord], behind: Collection[str] = ()) -> Sequence[InputRecord]:
        """What of some input records is left."""
        latest = self._until or LATEST
        batch = self._engine.read_until(found, latest)
        batch = Batch(batch.in_time()) if behind else batch

        def process() -> Effects:
            self._install(self._engine.missing(batch, latest, advance_clock=False))
            return self._engine.process(batch, latest, advance_clock=False, behind=behind)

        effects = self._with_history(process)
        self._keep(effects)
        left = {id(one.input_record) for one in effects.left.inputs}
        self._history += [one for one in found if id(one) not in left]
        return [one for one in found if id(one) in left]

    @property
    def clock(self) -> datetime:
        """How far time has passed."""
        assert self._engine.clock is not None
        return self._engine.clock

    @property
    def unfinished(self) -> bool:
        """Whether a stay is in the midst of being worked off."""
        return self._engine.unfinished

    def go_on(self) -> None:
        """One piece more of what is not finished."""
        self._process([])

    def missing(self, events: Events) -> list[str]:
        """Stays that have to be loaded before some events are taken."""
        latest = self._until or LATEST
        batch = self._engine.read_until(input_records(events, after=self._taken), latest)
        return self._engine.missing(batch, latest, advance_clock=False)

    def tidy_up(self) -> None:
        """Prunes all that need not be kept."""
        while self._engine.pruning_deferred or self.unfinished:
            self.go_on()

    def finish(self) -> None:
        """All that is not finished."""
        while self.unfinished:
            self.go_on()

    def crash(self) -> None:
        """Memory is lost; the store and the clock that it keeps are not."""
        self._engine = self._new_engine()
        self._engine.clock = self._clock
        self._engine.install_due(self._due.items())

    @property
    def held(self) -> int:
        """Bytes that its stays take in memory."""
        return self._engine.cache.size

    @property
    def stays(self) -> dict[str, StayState]:
        """Those in memory."""
        return self._engine.cache.stays

    def stored(self, stay: str) -> dict[str, bytes]:
        """What the store keeps of a stay."""
        return self._store.get(stay, {})

    def bytes_of(self, stay: str) -> int:
        """What the store keeps of a stay."""
        return sum(len(name) + len(value) for name, value in self._store.get(stay, {}).items())

    def _with_history(self, work: Callable[[], Effects]) -> Effects:
        """Does the work, with the history of every stay that needs it."""
        needed: set[str] = set()
        while True:
            try:
                return work()
            except HistoryNeeded as needed_by:
                assert needed_by.stay_id not in needed, "its whole history is there already"
                needed.add(needed_by.stay_id)
            self.crash()
            self.reloads += 1
            history = self._engine.read_until(self._history, self._until or LATEST)
            for stay_id in needed:
                fields = self._store.get(stay_id, {})
                self._engine.reload_history(stay_id, fields, history, f"{stay_id}+{self.reloads}")

    def end(self) -> list[Output]:
        """Lets the rest of the time pass; every output of the run."""
        self.finish()
        if self._engine.clock is None:
            return self.outputs
        until = self._until or self._engine.clock + AFTERWARDS
        while (due := self._engine.next_due()) is not None and due <= until:
            self._keep(self._with_history(partial(self._pass_time, due)))
            self.finish()
        return self.outputs

    def _pass_time(self, due: datetime) -> Effects:
        self._install(self._engine.missing(Batch(()), due))
        effects = Effects()
        self._engine.advance(due, effects)
        return effects

    def _install(self, stays: Iterable[str]) -> None:
        for stay in stays:
            self._engine.install(stay, self._store.get(stay, {}))

    def _keep(self, effects: Effects) -> None:
        self._clock = self._engine.clock
        self.largest = max(self.largest, len(effects.outputs))
        self.outputs += effects.outputs
        for stay, fields in effects.writes.items():
            kept = self._store.setdefault(stay, {})
            for name, value in fields.items():
                if value is None:
                    kept.pop(name, None)
                else:
                    kept[name] = value
        for stay, moment in effects.due.items():
            if moment is None:
                self._due.pop(stay, None)
            else:
                self._due[stay] = moment


def essence(outputs: Iterable[Output]) -> dict[Key, dict[str, Any]]:
    """The records in force, without what depends on the way they came about."""
    return {key: without_the_way(record) for key, record in current(outputs).items()}


def without_the_way(record: dict[str, Any]) -> dict[str, Any]:
    """What a record says, whatever way led to it."""
    steady = {name: _steady(part) for name, part in record.items() if name not in OF_THE_WAY}
    return steady | {"status": "closed" if record["status"] in CLOSED else record["status"]}


def _steady(part: Any) -> Any:
    """Hours to go are as of the publishing, and a new countdown is no change (E2, E5)."""
    if isinstance(part, list) and part and isinstance(part[0], dict) and "criterion" in part[0]:
        return [{**one, "detail": _without_hours(one["detail"])} for one in part]
    return part


def _without_hours(detail: str | None) -> str | None:
    return "h-to-go" if detail is not None and detail.endswith("-h-to-go") else detail


def assert_same(one: dict[Any, dict[str, Any]], other: dict[Any, dict[str, Any]]) -> None:
    """The same records in every field; the first differences are shown."""
    lines = [f"{key}: only one of them has it" for key in one.keys() ^ other.keys()]
    for key in one.keys() & other.keys():
        fields = one[key].keys() | other[key].keys()
        lines += [
            f"{key}/{name}: {one[key].get(name)!r} is not {other[key].get(name)!r}"
            for name in fields
            if one[key].get(name) != other[key].get(name)
        ]
    assert not lines, "\n".join(lines[:5])
