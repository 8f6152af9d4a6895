"""What is wrong with the age of what is shown: a read model that is not there, not fed, or behind, and silent feeds."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from picustream.board.frame import Trouble
from picustream.board.pulse import State
from picustream.board.source import Source
from picustream.board.views import times
from picustream.models.record import ALERT
from picustream.readmodel.database import NoStore
from picustream.readmodel.reading import ReadModel
from picustream.readmodel.rows import Progress
from picustream.runtime.clock import Clock

UNFED = timedelta(seconds=5)
"""A follower says that it is at work every second."""
BEHIND = timedelta(seconds=5)
"""How old the newest knowledge may be."""
SILENT = ("feed-silent", "stay-silent")
"""Alerts that are shown on the ward: a figure of a feed that says nothing is an old figure."""
SHOWN = 3
"""Silent feeds that are named."""


class Watched(Protocol):
    """Something else that can be wrong: what it is, if it is."""

    def __call__(self) -> Iterator[Trouble]: ...


class Watch:
    """Asks the read model how far it is (`pulse.Asks`)."""

    def __init__(
        self,
        source: Source,
        clock: Clock,
        zone: ZoneInfo,
        others: tuple[Watched, ...] = (),
        alerts: Source | None = None,
    ) -> None:
        """`alerts`: a read model that has them, where the source's own may not."""
        self._source = source
        self._clock = clock
        self._zone = zone
        self._others = others
        self._alerts = alerts or source
        self._last = State(0, clock.now(), ())

    def __call__(self) -> State:
        others = tuple(trouble for other in self._others for trouble in other())
        try:
            found = self._found(self._source.model())
        except NoStore as error:
            self._source.lost()
            unread = Trouble("stale", "The read model cannot be read.", error.message)
            return State(self._last.version, self._last.known, (unread, *others), there=False)
        self._last = State(found.version, found.known, (*found.troubles, *others))
        return self._last

    def _found(self, model: ReadModel) -> State:
        progress, now = model.progress(), self._clock.wall()
        known = self._last.known if progress.known_until is None else self._clock.showed(progress.known_until)
        troubles = (*_of_follower(progress, now), *_silent(self._alerts.model(), self._zone))
        return State(progress.version, known, troubles)


def _of_follower(progress: Progress, now: datetime) -> Iterator[Trouble]:
    """At most one: who is not at work is behind, too."""
    unseen = None if progress.heartbeat_at is None else now - progress.heartbeat_at
    age = progress.age(now)
    if unseen is None or unseen > UNFED:
        since = "" if unseen is None else f" for {times.short(unseen)}"
        yield Trouble("stale", "Nothing new comes in.", f"The read model is not fed{since}: what is shown is old.")
    elif age is None or not progress.ready:
        yield Trouble("stale", "Not complete yet.", f"The read model is being filled; {_left(progress)}.")
    elif age > BEHIND:
        yield Trouble("stale", "The read model is behind", f"by {times.short(age)}; {_left(progress)}.")


def _left(progress: Progress) -> str:
    if progress.lag is None:
        return "how much is to be read is not known"
    if not progress.lag:  # or it would not be behind
        return "Kafka was not heard since, and how much is to be read is not known"
    return f"{progress.lag:,} records to be read"


def _silent(model: ReadModel, zone: ZoneInfo) -> Iterator[Trouble]:
    """Of a read model that has alerts: the ward's own has none, for they name what the trial office awaits."""
    if ALERT not in model.audience.topics:
        return
    found = [row.json() for row in model.alerts(audience="operations")]
    silent = [alert for alert in found if alert["name"] in SILENT]
    if silent:
        more = f" and {len(silent) - SHOWN} more" if len(silent) > SHOWN else ""
        yield Trouble("silent", "Silent:", "; ".join(_said(alert, zone) for alert in silent[:SHOWN]) + more)


def _said(alert: dict[str, Any], zone: ZoneInfo) -> str:
    whose = alert["stay_id"] or str(alert["alert_id"]).rpartition(f"{alert['name']}/")[2]
    return f"{whose} since {times.clock(datetime.fromisoformat(alert['since']).astimezone(zone))}"
