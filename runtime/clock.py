"""The only wall clock: the shell asks it, the core is given its time. It can run compressed, for a simulated ward.

Compressed time maps the wall clock to the ward's: `clock_start + (wall - clock_at) * clock_speed`. Only the worker's
`now` changes, no rule does: the ward's events must carry the same compressed clock.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from picustream.runtime.errors import BadSettings
from picustream.runtime.settings import Settings

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_STAMP, _LAST_STAMP = 1_262_304_000_000, 7_258_118_400_000
"""Milliseconds of 2010, when there was no broker yet, and of 2200; seconds and microseconds lie outside."""


def stamped(timestamp: int) -> datetime | None:
    """The moment of a record's stamp, milliseconds since 1970; None where no broker can have given it.

    On a topic with `message.timestamp.type=CreateTime` it is the producer that says it, in whatever unit it likes.
    """
    return _EPOCH + timedelta(milliseconds=timestamp) if _FIRST_STAMP <= timestamp < _LAST_STAMP else None


def wall_clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """`now()` is what the ward's clock reads; without `start` it is the wall clock's.

    `start`, `at`: aware datetimes; `speed`: ward seconds per wall-clock second.
    """

    start: datetime | None = None
    at: datetime | None = None
    speed: float = 1.0
    wall: Callable[[], datetime] = wall_clock

    @classmethod
    def of(cls, settings: Settings) -> "Clock":
        """The clock that the settings name; BadSettings when they name half of one."""
        start, at = settings.clock_start, settings.clock_at
        if (start is None) != (at is None):
            raise BadSettings(
                "PICUSTREAM_CLOCK_START and PICUSTREAM_CLOCK_AT go together.",
                "Set both, or neither for the wall clock.",
            )
        for name, moment in (("CLOCK_START", start), ("CLOCK_AT", at)):
            if moment is not None and moment.tzinfo is None:
                raise BadSettings(f"PICUSTREAM_{name} has no offset.", "Write it as 2026-03-01T08:00:00+08:00.")
        return cls(start, at, settings.clock_speed)

    def now(self) -> datetime:
        """The moment the ward's clock shows, in UTC."""
        return self.showed(self.wall())

    def showed(self, moment: datetime) -> datetime:
        """What the ward's clock showed at a moment of the wall clock, in UTC."""
        if self.start is None or self.at is None:
            return moment
        return (self.start + (moment - self.at) * self.speed).astimezone(UTC)

    def arrived(self, timestamp: int) -> datetime | None:
        """What it showed as the broker stamped a record; None as of `stamped`."""
        moment = stamped(timestamp)
        try:
            return None if moment is None else self.showed(moment)
        except OverflowError:  # compressed time, and a stamp of another age
            return None
