"""How far time may pass in a partition by the clock: by lag and not by silence, so a trickle holds nobody up (I8).

A moment is noted, and then where the inputs end. Once everything up to there is processed, time may pass up to that
moment, however much comes meanwhile (`watch.time`). While there is more, time goes no further than the records say.

One thing looks like the present and is none: a history that is sent while the worker keeps up with it. The first of
its records is processed before the others are there, and time that passed to the present then would close every day
of a stay with next to nothing in it. So time waits as long as records carry it forward by hours in a second.
"""

import time
from datetime import datetime, timedelta

QUIET = 1.0
"""Seconds that time waits after a leap."""
LEAP = timedelta(hours=1)
"""What records must carry time forward within `QUIET`, compared with the clock, to be a history. A feed that is late,
but is one, comes nowhere near; and a history that comes slower is taken for late values."""


class Passage:
    """Of one partition. Knows no clock of the ward: it is given how far it is behind."""

    def __init__(self) -> None:
        self._reached: datetime | None = None
        self._anchor = 0.0, timedelta.max
        self._leapt_at: float | None = None

    def reached(self, moment: datetime | None) -> None:
        """Everything that was at the broker at `moment` is processed; None: not all of it is."""
        self._reached = moment

    def carried(self, clock: datetime | None, now: datetime) -> None:
        """A batch is processed: the record clock says `clock` (None: nothing yet), and the clock says `now`."""
        if clock is None:
            return
        at, behind = time.monotonic(), now - clock
        since, before = self._anchor
        if behind <= before - LEAP:
            self._leapt_at = at
        elif at - since < QUIET:
            return
        self._anchor = at, behind

    def until(self, *known: datetime | None) -> datetime | None:
        """Up to when time may pass by the clock; None: no further than the records say.

        `known`: other moments up to which it may, if it may at all.
        """
        if self._leapt_at is not None and time.monotonic() - self._leapt_at < QUIET:
            return None
        return self._reached and max(moment for moment in (self._reached, *known) if moment is not None)
