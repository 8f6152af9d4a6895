"""A worker in miniature: the engine beside a dictionary that stands for the store, to be crashed at will."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from picustream.scoring.door import LATEST
from picustream.scoring.engine import Batch, Effects, Engine, Output
from picustream.scoring.rules import Rules
from picustream.streams.replay import AFTERWARDS
from tests.core.compare import Key, current
from tests.core.histories import arrivals

OF_THE_WAY = {"event_id", "revision", "supersedes", "cause", "emitted_at", "status"}
"""Fields that tell of the way to a record, not of where it ends (I1)."""

Events = Sequence[tuple[str, dict[str, Any]]]


class Worker:
    """Takes batches, keeps what a store would keep, and can lose everything else."""

    def __init__(self, rules: Rules, until: datetime | None = None) -> None:
        self._rules = rules
        self._until = until
        self._store: dict[str, dict[str, bytes]] = {}
        self._due: dict[str, datetime] = {}
        self._engine = Engine(rules)
        self._taken = 0
        self.outputs: list[Output] = []

    def take(self, events: Events) -> None:
        """One batch, its effects made durable together."""
        latest = self._until or LATEST
        batch = self._engine.read_until(arrivals(events, after=self._taken), latest)
        self._taken += len(events)
        self._install(self._engine.missing(batch, latest, settle=False))
        self._keep(self._engine.process(batch, latest, settle=False))

    def crash(self) -> None:
        """Memory is lost; the store and the clock that it keeps are not."""
        clock = self._engine.clock
        self._engine = Engine(self._rules)
        self._engine.clock = clock
        self._engine.install_due(self._due.items())

    def end(self) -> list[Output]:
        """Lets the rest of the time pass; every output of the run."""
        if self._engine.clock is None:
            return self.outputs
        until = self._until or self._engine.clock + AFTERWARDS
        while (due := self._engine.next_due()) is not None and due <= until:
            self._install(self._engine.missing(Batch(()), due))
            effects = Effects()
            self._engine.advance(due, effects)
            self._keep(effects)
        return self.outputs

    def _install(self, stays: Iterable[str]) -> None:
        for stay in stays:
            self._engine.install(stay, self._store.get(stay, {}))

    def _keep(self, effects: Effects) -> None:
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
    """The records in force, without what tells of the way they came about."""
    return {key: without_the_way(record) for key, record in current(outputs).items()}


def without_the_way(record: dict[str, Any]) -> dict[str, Any]:
    """What a record says, whatever way led to it."""
    return {name: _steady(part) for name, part in record.items() if name not in OF_THE_WAY}


def _steady(part: Any) -> Any:
    """Hours to go are told as of the telling, and a new countdown is no news (E2, E5)."""
    if isinstance(part, list) and part and isinstance(part[0], dict) and "criterion" in part[0]:
        return [{**one, "detail": _without_hours(one["detail"])} for one in part]
    return part


def _without_hours(detail: str | None) -> str | None:
    return "h-to-go" if detail is not None and detail.endswith("-h-to-go") else detail


def assert_same(one: dict[Any, dict[str, Any]], other: dict[Any, dict[str, Any]]) -> None:
    """The same records in every field; the first differences are told."""
    lines = [f"{key}: only one of them has it" for key in one.keys() ^ other.keys()]
    for key in one.keys() & other.keys():
        fields = one[key].keys() | other[key].keys()
        lines += [
            f"{key}/{name}: {one[key].get(name)!r} is not {other[key].get(name)!r}"
            for name in fields
            if one[key].get(name) != other[key].get(name)
        ]
    assert not lines, "\n".join(lines[:5])
