"""The demo from its first process to its last: what it runs on, the ward's days, the sums, and nothing left over."""

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from picustream.demo.camera import MOMENT, Camera
from picustream.demo.ending import Ended, Ending
from picustream.demo.play import QUIET, Play
from picustream.demo.stage import Stage, stage
from picustream.demo.sums import Sums
from picustream.demo.view import view_for
from picustream.demo.ward import SEED, ward
from picustream.local.telling import Meter, Tell
from picustream.streams.clock import Clock, wall_clock
from picustream.streams.errors import ENVIRONMENT, UserError

WARD_SECONDS = 240.0
"""How long the ward's days last unless told otherwise: time to read each caption."""
FASTEST = 25_000.0
"""Ward seconds per second. Beyond it the worker's own delay, a tenth of a second, is most of an hour on the ward."""
LEAD = 5.0
"""Seconds from the start of the worker to the opening of the ward: the worker is told at its start when that will be.
Until then its clock reads a time at which nobody is admitted."""
CLOSING = QUIET + 2.0
"""Seconds of `--for` kept, after the ward has closed, for its last records to come."""
CLEAN_UP = 5.0
"""Seconds of `--for` kept for reading the topics anew and ending what was started."""
PAUSE = 0.05
"""Seconds between two looks at the clock before the ward opens."""


@dataclass(frozen=True)
class Plan:
    """What is asked for: seconds in all, ward seconds per second, seed, file for a picture."""

    seconds: float | None = None
    speed: float | None = None
    seed: int = SEED
    picture: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """How it went: the exit status, and the sums for a program to read."""

    status: int
    sums: dict[str, Any]


class Demo:
    """One demo: the picture, or lines, on `console`; what goes on before and after it through `tell`."""

    def __init__(self, plan: Plan, console: Console, tell: Tell, meter: Meter | None = None) -> None:
        self._plan = plan
        self._console = console
        self._tell = tell
        self._meter = meter
        self._ward = ward(plan.seed)
        self._camera = Camera(plan.picture, self._ward.opens + MOMENT) if plan.picture else None
        self._deadline = None if plan.seconds is None else time.monotonic() + plan.seconds - CLEAN_UP

    def run(self) -> Outcome:
        """Run it. Whatever happens, all that was started is ended.

        Raises `UserError` if something is missing, the worker ends, or the time is up before the ward opens.
        """
        with Ending(self._left()) as ending, stage(self._tell) as place:
            try:
                play = self._open(place, ending)
            except Ended:
                return self._too_early(ending)
            sums = self._show(play, ending)
        return Outcome(ending.status or int(not sums.true), sums.as_json())

    def _open(self, place: Stage, ending: Ending) -> Play:
        """Start everything and return when the ward opens. Raises `Ended`."""
        self._tell("starting Kafka and Redis")
        with ending.breaks():
            place.start_servers(self._tell, self._meter)
            place.make_topics()
        self._tell("starting the worker")
        clock = self._clock()
        worker = place.start_worker(clock)  # so quick that nothing has to break it off
        with ending.breaks():
            worker.wait_until_ready()
            view = view_for(self._console, self._ward.beds, clock.speed)
            play = Play(self._ward, clock, worker, place.feed(self._ward.events), place.listener(), view)
            self._tell(
                f"the ward opens; its {play.days} days take {self._span() / clock.speed:.0f} s, Ctrl-C ends them"
            )
            while clock.now() < self._ward.opens:
                time.sleep(PAUSE)
        return play

    def _show(self, play: Play, ending: Ending) -> Sums:
        play.view.start()
        try:
            closed = False
            while not (ending.told or closed):
                play.turn()
                closed = play.closed
                if self._camera:
                    self._camera.look(play.view.tally)
            sums = play.end(closed)
            if self._camera:
                self._camera.take(play.view.tally)
        finally:
            play.view.finish()
        for line in sums.lines():
            self._console.print(line, highlight=False)
        return sums

    def _clock(self) -> Clock:
        """The ward's clock, to begin in a moment, at the speed asked for or the one that fits the time there is."""
        left = self._left()
        seconds = WARD_SECONDS if left is None else max(1.0, left - LEAD - CLOSING)
        speed = self._plan.speed or min(FASTEST, self._span() / seconds)
        return Clock(self._ward.opens, wall_clock() + timedelta(seconds=LEAD), speed)

    def _span(self) -> float:
        """Ward seconds from the opening to the close."""
        return (self._ward.closes - self._ward.opens).total_seconds()

    def _left(self) -> float | None:
        return None if self._deadline is None else self._deadline - time.monotonic()

    def _too_early(self, ending: Ending) -> Outcome:
        if ending.time_is_up:
            raise UserError(
                f"The {self._plan.seconds:g} s were over before the ward could open.",
                "Give it more time (--for 90). What was fetched is kept for the next start.",
                ENVIRONMENT,
            )
        return Outcome(ending.status, {})
