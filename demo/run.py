"""The demo from its first process to its last: what it runs on, the ward's days, the sums, and nothing left over."""

import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from rich.console import Console

from picustream.demo.board import show
from picustream.demo.camera import MOMENT, Camera
from picustream.demo.ending import Ended, Ending
from picustream.demo.hl7 import Speech
from picustream.demo.plan import Plan, lead
from picustream.demo.play import Feed as Takes
from picustream.demo.play import Play
from picustream.demo.stage import Stage, stage
from picustream.demo.sums import Sums, keep, prepare
from picustream.demo.view import view_for
from picustream.demo.ward import ward
from picustream.local.reporting import Meter, Report
from picustream.runtime.clock import Clock, wall_clock
from picustream.runtime.errors import ENVIRONMENT, UserError

PAUSE = 0.05
"""Seconds between two readings of the clock before the ward opens."""


@dataclass(frozen=True)
class Outcome:
    """How it went: the exit status, and the sums for a program to read (none if the ward never opened)."""

    status: int
    sums: dict[str, Any]


class Demo:
    """One demo: the picture, or lines, on `console`; what goes on before and after it through `report`."""

    def __init__(self, plan: Plan, console: Console, report: Report, meter: Meter | None = None) -> None:
        self._plan = plan
        self._console = console
        self._tell = report
        self._meter = meter
        self._ward = ward(plan.seed)
        self._speech: Speech | None = None
        if plan.out:
            prepare(plan.out)  # now, and not after all has been shown
        self._camera = Camera(plan.picture, self._ward.opens + MOMENT) if plan.picture else None
        self._deadline = None if plan.showing is None else time.monotonic() + plan.showing

    def run(self) -> Outcome:
        """Run it. Whatever happens, all that was started is ended.

        Raises `UserError` if something is missing, the worker ends, or the time is up before the ward opens.
        """
        with Ending(self._left()) as ending, stage() as place:
            try:
                play = self._open(place, ending)
            except Ended:
                return self._too_early(ending)
            sums = self._show(play, ending)
        self._hint()
        return Outcome(ending.status or int(not sums.true), sums.as_json())

    def _open(self, place: Stage, ending: Ending) -> Play:
        """Start everything and return when the ward opens. Raises `Ended`."""
        begun = time.monotonic()
        self._tell("starting Kafka and Redis")
        with ending.breaks():
            place.start_servers(self._tell, self._meter)
            place.make_topics()
        if self._plan.hl7:
            self._speech = self._connect(place, ending)
        self._tell("starting the worker and the board")
        clock = self._clock(lead(time.monotonic() - begun))
        worker = place.start_worker(clock)  # so quick that nothing has to break it off
        board = place.start_board(clock, worker)
        with ending.breaks():
            worker.wait_until_ready()
            board.wait_until_ready()
            self._tell(f"the board: {board.address}")
            if self._plan.browser:
                show(board.address)
            view = view_for(self._console, self._ward.beds, clock.speed)
            feed, names = self._feed(place)
            play = Play(self._ward, clock, worker, feed, place.listener(names), view)
            self._announce(play.days, self._ward_seconds() / clock.speed)
            while clock.now() < self._ward.opens:
                time.sleep(PAUSE)
        return play

    def _connect(self, place: Stage, ending: Ending) -> Speech:
        """Start the gateway and connect the ward's systems to it. Raises `Ended`."""
        self._tell("starting the gateway")
        gateway, hospital = place.start_gateway(self._ward.events)  # so quick that nothing has to break it off
        with ending.breaks():
            gateway.wait_until_ready()
            return Speech(gateway, hospital, place.lines(self._ward.events, gateway, hospital))

    def _feed(self, place: Stage) -> tuple[Takes, Mapping[str, str]]:
        """What takes the ward's events, and what the ward calls the stays of the records."""
        if self._speech is not None:
            return self._speech.lines, self._speech.hospital.shown
        return place.feed(self._ward.events), {}

    def _show(self, play: Play, ending: Ending) -> Sums:
        """Let the ward's days pass until they are over or `ending` is requested, and sum up. Raises `UserError`."""
        closed = False
        play.view.start()
        try:
            while not (ending.requested or closed):
                play.turn()
                closed = play.closed
                if self._camera:
                    self._camera.look(play.view.tally)
            sums = play.end(closed)
            if self._speech is not None:
                sums = replace(sums, spoken=self._speech.spoken())
        finally:
            play.view.finish()
        for line in sums.lines():
            self._console.print(line, highlight=False)
        self._keep(play, sums)
        return sums

    def _clock(self, lead: float) -> Clock:
        """The ward's clock, which shows the ward from `lead` seconds from now."""
        left = self._left()
        speed = self._plan.pace(self._ward_seconds(), None if left is None else left - lead)
        return Clock(self._ward.opens, wall_clock() + timedelta(seconds=lead), speed)

    def _ward_seconds(self) -> float:
        return (self._ward.closes - self._ward.opens).total_seconds()

    def _left(self) -> float | None:
        return None if self._deadline is None else self._deadline - time.monotonic()

    def _keep(self, play: Play, sums: Sums) -> None:
        if self._camera:
            self._camera.take(play.view.tally)
        if self._plan.out:
            keep(sums.records, self._plan.out)

    def _announce(self, days: int, seconds: float) -> None:
        self._tell(f"the ward opens; its {days} days take {seconds:.0f} s, Ctrl-C ends them")
        left = self._left()
        if left is not None and left < seconds:
            self._tell("there is no time for all of them: a longer --for shows more")

    def _hint(self) -> None:
        """Where the receipts are."""
        stay = self._ward.beds[0].stay_id
        if self._speech is not None:
            stay = self._speech.hospital.pseudonym(stay)
        if self._plan.out:
            self._tell(f"receipts: picustream explain {stay} --file {shlex.quote(str(self._plan.out))}")
        elif self._speech is not None:  # the next run has another key, and other pseudonyms
            self._tell("receipts: picustream demo --hl7 --out DIR, which then says how to see them")
        else:
            self._tell(f"receipts: picustream demo --out DIR, then picustream explain {stay} --file DIR")

    def _too_early(self, ending: Ending) -> Outcome:
        if ending.time_is_up:
            raise UserError(
                f"The {self._plan.seconds:g} s were over before the ward could open.",
                "Give it more time (--for 90). What was fetched is kept for the next start.",
                ENVIRONMENT,
            )
        return Outcome(ending.status, {})
