"""The demo's children on a ward whose clocks are changed, and boards of what was known there at any moment."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from picustream.board.board import Board
from picustream.board.pulse import Pulse, State
from picustream.demo.ward import SEED, ward
from picustream.eventfiles.replay import Replay
from picustream.models.record import DEAD_LETTERS
from picustream.scoring.validation import InputRecord
from tests.board.made import Kept, Memory, kept
from tests.scoring.histories import with_parameters

BERLIN = ZoneInfo("Europe/Berlin")
BACK, FORWARD = date(2026, 10, 25), date(2026, 3, 29)
"""Days on which clocks there are put back at 03:00, and forward at 02:00."""
FOURTH = date(2026, 3, 5)
"""The fourth day of the demo's ward, that becomes the day of the change."""
CHANGE = timedelta(hours=1)
"""From midnight in UTC to the change, in spring and in autumn."""
_DAY = re.compile(r"2026-0[23]-\d\d")


@cache
def revisions(night: date) -> tuple[Kept, ...]:
    """What the demo's events make by a protocol of Berlin, moved so that their fourth day is this one."""
    later = night - FOURTH
    until = ward(SEED).closes + later
    replay = Replay(with_parameters({"time": {"zone": BERLIN.key}}), until)
    inputs = [InputRecord(one.topic, 0, None, None, _moved(one.value, later)) for one in ward(SEED).events]
    outputs = [*replay.take(inputs), *replay.end()]
    return tuple(kept(one.topic, one.value.decode()) for one in outputs if one.topic not in DEAD_LETTERS)


def _moved(event: dict[str, Any], later: timedelta) -> bytes:
    """And by two hours more: in the morning, when blood is drawn, there is something new in every hour."""
    text = json.dumps(event).replace("+08:00", "+06:00")
    return _DAY.sub(lambda day: str(date.fromisoformat(day[0]) + later), text).encode()


def change(night: date) -> datetime:
    """The moment at which clocks are changed."""
    return datetime(night.year, night.month, night.day, tzinfo=UTC) + CHANGE


def board(night: date, now: datetime | Callable[[], datetime]) -> Board:
    """A board of what was known there by its clock, or by a moment at which it stands."""
    clock = now if callable(now) else lambda: now
    model = Growing(revisions(night), clock)
    pulse = Pulse(lambda: State(1, clock(), ()), clock)
    return Board(model, pulse, clock, BERLIN, "0.0.0")


class Growing(Memory):
    """A read model that has what was published by now."""

    def __init__(self, rows: Sequence[Kept], now: Callable[[], datetime]) -> None:
        super().__init__(rows)
        self._now = now

    def model(self) -> Memory:
        return Memory(self.rows, self._now())
