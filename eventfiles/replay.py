"""Replay: event files through the engine, with no broker and no Redis; the clock is the record clock.

The clock is the greatest filing time seen so far; what is refused never moves it (T6). At the end it goes on to
`until`, so that every day closes and every follow-up falls due.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from picustream.models.event import INPUT_TOPICS
from picustream.scoring.batch import Effects
from picustream.scoring.engine import Engine
from picustream.scoring.outputs import Output
from picustream.scoring.rules import Rules
from picustream.scoring.validation import LATEST, InputRecord

AFTERWARDS = timedelta(days=60)
"""How far the clock goes on after the last event, unless told."""


class NotAnInput(ValueError):
    """A line of a topic that is no input."""


class Replay:
    """One run of the engine over events in the order of their arrival."""

    def __init__(self, rules: Rules, until: datetime | None = None) -> None:
        self._engine = Engine(rules)
        self._until = until

    def take(self, input_record: InputRecord) -> list[Output]:
        """What one event makes. Raises `NotAnInput`."""
        if input_record.topic not in INPUT_TOPICS:
            raise NotAnInput(input_record.topic)
        latest = self._until or LATEST
        batch = self._engine.read_until((input_record,), latest)
        nothing_yet = self._engine.clock is None and batch.latest(latest) is None
        emitted_at = _BEFORE_ALL if nothing_yet else None
        return self._engine.process(batch, latest, advance_clock=False, emitted_at=emitted_at).outputs

    def end(self) -> Iterator[Output]:
        """What the rest of the time makes, moment by moment."""
        if self._engine.clock is None:
            return
        until = self._until or self._engine.clock + AFTERWARDS
        while (due := self._engine.next_due()) is not None and due <= until:
            effects = Effects()
            self._engine.advance(due, effects)
            yield from effects.outputs


_BEFORE_ALL = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
"""The clock as long as nothing that could move it has come."""


def run(rules: Rules, input_records: Iterable[InputRecord], until: datetime | None = None) -> Iterator[Output]:
    """Every output of a replay, in order."""
    replay = Replay(rules, until)
    for input_record in input_records:
        yield from replay.take(input_record)
    yield from replay.end()
