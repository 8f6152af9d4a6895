"""Replay: event files through the engine, with no broker and no Redis; the clock is the record clock.

The clock is the greatest filing time seen so far; what is refused never moves it (T6). At the end it goes on to
`until`, so that every day closes and every follow-up falls due.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from pydantic import BaseModel

from picustream.eventfiles.scratch import Scratch
from picustream.models import text
from picustream.models.event import INPUT_TOPICS
from picustream.scoring.batch import Batch, Effects
from picustream.scoring.engine import Engine
from picustream.scoring.memory import Memory
from picustream.scoring.outputs import Output
from picustream.scoring.rules import Rules, load_rules
from picustream.scoring.scores.registry import MODELS
from picustream.scoring.stay_state import StayState
from picustream.scoring.validation import LATEST, InputRecord

AFTERWARDS = timedelta(days=60)
"""How far the clock goes on after the last event, by default."""

MEMORY = 256 << 20
"""Bytes for stays in memory, by default: more than of a worker, for who is read back takes longer here."""


def memory_of(budget: int) -> Memory:
    """The budget of a replay in bytes, in which the children who are in the PICU have room in any case."""
    return Memory(budget, open_too=False)


class NotAnInput(ValueError):
    """A line of a topic that is no input."""


class Replay:
    """One run of the engine over events in the order of their arrival."""

    def __init__(self, rules: Rules, until: datetime | None = None, memory: Memory | None = None) -> None:
        """`memory`: what the stays have room in; the others wait in a temporary file."""
        self._scratch = Scratch()
        self._engine = Engine(rules, memory=memory or memory_of(MEMORY), unloaded=self._unload)
        self._until = until

    def _unload(self, stay: StayState) -> None:
        self._scratch.put(stay.stay_id, stay.to_store())

    def take(self, input_records: Sequence[InputRecord]) -> Iterator[Output]:
        """What some events make, one after the other. Raises `NotAnInput`."""
        for one in input_records:
            if one.topic not in INPUT_TOPICS:
                raise NotAnInput(one.topic)
        latest = self._until or LATEST
        inputs = self._engine.read_until(input_records, latest).inputs
        while inputs:
            # One by one until there is a clock; then as far as all that falls due meanwhile is in memory.
            together = len(inputs) if self._engine.clock is not None else 1
            batch, inputs = Batch(inputs[:together]), inputs[together:]
            loaded = self._engine.cache.stays
            self._install(stay_id for stay_id in batch.stays if stay_id not in loaded)
            nothing_yet = self._engine.clock is None and batch.latest(latest) is None
            emitted_at = _BEFORE_ALL if nothing_yet else None
            effects = self._engine.process(batch, latest, advance_clock=False, emitted_at=emitted_at)
            yield from effects.outputs
            if left := effects.left.inputs:
                yield from self._pass_time(Batch(left[:1]).latest(latest) or self._engine.clock or latest)
                inputs = left + inputs

    def end(self) -> Iterator[Output]:
        """What the rest of the time makes, moment by moment."""
        if self._engine.clock is not None:
            yield from self._pass_time(self._until or self._engine.clock + AFTERWARDS)

    def _pass_time(self, until: datetime) -> Iterator[Output]:
        """Moment by moment, for not all that fall due up to then need have room beside each other."""
        while (due := self._engine.next_due()) is not None and due <= until:
            self._install(self._engine.missing(Batch(()), due))
            effects = Effects()
            self._engine.advance(due, effects)
            self._engine.cache.make_room((), due, effects)
            yield from effects.outputs

    def _install(self, stays: Iterable[str]) -> None:
        for stay_id in sorted(stays):
            if stay_id:
                self._engine.install(stay_id, self._scratch.take(stay_id))


_BEFORE_ALL = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
"""The clock as long as nothing that could move it has come."""


def run(
    rules: Rules, input_records: Iterable[InputRecord], until: datetime | None = None, memory: Memory | None = None
) -> Iterator[Output]:
    """Every output of a replay, in order."""
    replay = Replay(rules, until, memory)
    for some in together(input_records):
        yield from replay.take(some)
    yield from replay.end()


AHEAD = 256
"""Events that are read before those before them are worked on: one by one, a call of the engine would cost a third of
all that is done for an event."""


def together(input_records: Iterable[InputRecord]) -> Iterator[Sequence[InputRecord]]:
    """Some at a time, in order."""
    rest = iter(input_records)
    while some := tuple(islice(rest, AHEAD)):
        yield some


def replay(
    events: Iterable[tuple[str, bytes | str | Mapping[str, Any] | None]],
    rules: Rules | None = None,
    *,
    until: datetime | None = None,
) -> Iterator[tuple[str, BaseModel]]:
    """The records that a history makes, in the order in which they are made: every revision, and not only the last.

    `events`: pairs of an input topic (`picu.lab.v1`) and an event, in the order of their arrival. An event is its JSON
    (bytes or str, of which every digit counts) or a mapping, with the fields and units of docs/topics.md; None is a
    record without a value. An iterator is read as it goes, some hundred events ahead; the stays in use
    are in memory, and the others in a temporary file.
    `rules`: a protocol and code maps, by `load_rules`; None: the ones shipped.
    `until`: the moment, with an offset, that the clock runs on to after the last event, so that days close and
    follow-ups fall due; None: 60 days after the latest filing time. Events of a time after `until` are refused (T6).

    Yields pairs of an output topic (`picu.score.mods.v1`) and a record, a frozen model of `picustream.models.record`:
    points are whole numbers (`basis` says whether they were measured, carried forward or assumed), measured values are
    `Decimal` in the unit beside them, moments are `datetime` with an offset, days are `date` in the protocol's zone.

    An event that cannot be used is no error and stops nothing: it makes a record of `picu.dead-letter.v1` that says
    why. Raises `NotAnInput` for an event of another topic, `ValueError` for an `until` without an offset, and
    `TypeError` for a mapping that is no JSON.
    """
    if until is not None and until.utcoffset() is None:
        raise ValueError("until has no offset from UTC")
    records = (InputRecord(topic, None, number, None, _bytes(event)) for number, (topic, event) in enumerate(events))
    for output in run(rules or load_rules(), records, until):
        yield output.topic, MODELS[output.topic].model_validate(text.parse(output.value))


def _bytes(event: bytes | str | Mapping[str, Any] | None) -> bytes | None:
    if isinstance(event, Mapping):
        event = json.dumps(dict(event))
    return event.encode() if isinstance(event, str) else event
