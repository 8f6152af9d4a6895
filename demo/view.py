"""How a person sees the ward: a live picture on a terminal, lines without one. Both keep a `Tally`."""

import sys
import time
from collections.abc import Iterable
from datetime import datetime
from typing import IO, Any, Protocol

from rich.console import Console
from rich.live import Live

from picustream.demo.news import Weight
from picustream.demo.picture import Picture, ward_time
from picustream.demo.svg import svg
from picustream.demo.tally import Tally, summary_lines
from picustream.demo.timeline import Beat, Bed

REDRAW_SECONDS = 0.2
SMALLEST = (80, 24)
"""Columns and lines that the live picture needs."""


HINT = "Ctrl-C ends it"


class View(Protocol):
    """What the demo shows; called from one thread, records in the order of their topic's partitions."""

    tally: Tally

    def start(self) -> None:
        """Begin to show."""

    def event_published(self, count: int = 1) -> None:
        """`count` more events went to the input topics."""

    def record(self, topic: str, record: dict[str, Any]) -> None:
        """An output record came from `topic`."""

    def beat(self, beat: Beat) -> None:
        """A story beat has happened."""

    def clock(self, now: datetime) -> None:
        """The ward's clock reads `now`; called often, also to redraw."""

    def finish(self) -> None:
        """Stop showing and print the summary; harmless when repeated."""

    def summary(self) -> dict[str, Any]:
        """What the run came to (`Tally.summary`)."""


class _Tallying:
    """What both views have in common."""

    def __init__(self, beds: Iterable[Bed], speed: float) -> None:
        self.tally = Tally(beds, speed)

    def event_published(self, count: int = 1) -> None:
        """Count."""
        self.tally.event_published(count)

    def summary(self) -> dict[str, Any]:
        """What the run came to."""
        return self.tally.summary()


class LiveView(_Tallying):
    """The live picture on a terminal of at least 80 columns by 24 lines."""

    def __init__(self, beds: Iterable[Bed] = (), speed: float = 1.0, console: Console | None = None) -> None:
        super().__init__(beds, speed)
        self._console = console or Console()
        self._live = Live(Picture(self.tally, HINT), console=self._console, screen=True, auto_refresh=False)
        self._drawn = 0.0
        self._finished = False

    def start(self) -> None:
        """Take the screen."""
        self._live.start(refresh=True)

    def record(self, topic: str, record: dict[str, Any]) -> None:
        """Take in an output record."""
        self.tally.record(topic, record)

    def beat(self, beat: Beat) -> None:
        """Take in a beat."""
        self.tally.beat(beat)

    def clock(self, now: datetime) -> None:
        """Set the clock, and redraw if the last drawing is old enough."""
        self.tally.clock(now)
        if time.monotonic() - self._drawn >= REDRAW_SECONDS:
            self._live.refresh()
            self._drawn = time.monotonic()

    def finish(self) -> None:
        """Give the screen back; leave the last picture and the summary on it."""
        if self._finished:
            return
        self._finished = True
        self._live.stop()
        self._console.print(Picture(self.tally))
        for line in summary_lines(self.summary()):
            self._console.print(line, highlight=False)


class PlainView(_Tallying):
    """One line per noteworthy thing: beats, closed days, what was disturbed, dead letters, alerts."""

    def __init__(self, beds: Iterable[Bed] = (), speed: float = 1.0, out: IO[str] | None = None) -> None:
        super().__init__(beds, speed)
        self._out = out or sys.stdout
        self._finished = False

    def start(self) -> None:
        """Say what is to be seen."""
        self._line(f"{len(self.tally.stays)} beds, {self.tally.speed:,.0f} ward seconds a second")

    def record(self, topic: str, record: dict[str, Any]) -> None:
        """Print what is worth a line."""
        news = self.tally.record(topic, record)
        if news and news.weight is not Weight.ROUTINE:
            cause = f"  <- {news.reason} {news.event_id}" if news.reason else ""
            self._line(f"{ward_time(news.at)}  {news.stay_id}  {news.what}{cause}".rstrip())

    def beat(self, beat: Beat) -> None:
        """Print the caption."""
        self.tally.beat(beat)
        self._line(f"{ward_time(beat.at)}  {beat.stay_id}  * {beat.title}: {beat.text}")

    def clock(self, now: datetime) -> None:
        """Print a line of counts whenever a ward day begins."""
        before = self.tally.now
        self.tally.clock(now)
        if before is not None and before.date() != now.date():
            dead, records = sum(self.tally.dead_letters.values()), sum(self.tally.records.values())
            counts = f"{self.tally.published:,} events, {records:,} records, {self.tally.revisions:,} revisions"
            self._line(f"{now:%a %d %b}  {counts}, {dead} dead letters so far")

    def finish(self) -> None:
        """Print the summary."""
        if self._finished:
            return
        self._finished = True
        for line in summary_lines(self.summary()):
            self._line(line)

    def _line(self, text: str) -> None:
        print(text, file=self._out, flush=True)


def view_for(console: Console, beds: Iterable[Bed], speed: float) -> View:
    """The picture where there is a terminal with space for it, else lines."""
    if console.is_terminal and console.width >= SMALLEST[0] and console.height >= SMALLEST[1]:
        return LiveView(beds, speed, console)
    return PlainView(beds, speed, console.file)


def render_svg(tally: Tally, width: int = 140, height: int = 40, title: str = "picustream demo") -> str:
    """The picture as an SVG of `width` columns by `height` lines, needing no font from anywhere."""
    return svg(Picture(tally), width, height, title)
