"""Under which control ventilators were, and which peak pressures were sent under it.

A peak pressure stands for a plateau only in an event that states pressure control (rule A6). Where mode and pressures
come in messages of their own, or seconds apart, the control is brought to the event of the peak, in whichever order
they come, and a mode that is corrected later corrects it there.
"""

from bisect import bisect_right, insort
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple

from picustream.gateways.patients.answers import Stay
from picustream.gateways.patients.stated import moment, stamp
from picustream.gateways.site.config import Source
from picustream.gateways.state import Table

NEAR = timedelta(minutes=1)
"""Between a mode and a peak that are of one moment: a device reads its values one after the other."""
KEPT = timedelta(days=30)
MOST_SAID, MOST_PEAKS = 100, 64
"""Of a source and a stay: modes, and peaks whose event is not that of a mode."""
_TICK = timedelta(microseconds=1)


class Said(NamedTuple):
    """What a mode says of the control. Versions of it have its identity."""

    at: datetime
    filed: datetime
    identity: str
    control: str | None
    """"": it is not known which; None: it is withdrawn."""


class Peak(NamedTuple):
    """The event of a peak pressure, and which control it states ("": none)."""

    at: datetime
    filed: datetime
    event_id: str
    control: str
    first: str
    """What it stated when it was sent."""


class Controls:
    """Controls and peaks by source and stay. A row has both in order of time, their times as stamps."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def say(self, source: Source, stay: Stay, said: Said, received_at: datetime) -> None:
        """A mode is stated, corrected or withdrawn."""
        row = self._row(source, stay)
        now = [stamp(said.at), stamp(said.filed), said.identity, said.control]
        older = next((one for one in row["said"] if one[_NAME] == said.identity), None)
        if older is not None and older[_FILED] > now[_FILED]:
            return
        known = [one for one in row["said"] if one is not older]
        insort(known, now, key=_order)
        self._keep(source, stay, {**row, "said": known[-MOST_SAID:]}, received_at)

    def at(self, source: Source, stay: Stay, when: datetime) -> str:
        """The control at a time: the last that was said, as long as it holds, else one of the minute after."""
        return _control(self._row(source, stay)["said"], when, _holds(source))

    def first(self, source: Source, stay: Stay, event_id: str) -> str | None:
        """What the event of a peak stated when it was sent; None: it is not known that it was."""
        found = (one for one in self._row(source, stay)["peaks"] if one[_NAME] == event_id)
        return next((str(one[_FIRST]) for one in found), None)

    def sent(self, source: Source, stay: Stay, peak: Peak, received_at: datetime) -> None:
        """An event with a peak is sent."""
        row = self._row(source, stay)
        if all(one[_NAME] != peak.event_id for one in row["peaks"]):
            peaks = list(row["peaks"])
            insort(peaks, _written(peak), key=_order)
            self._keep(source, stay, {**row, "peaks": peaks[-MOST_PEAKS:]}, received_at)

    def restated(self, source: Source, stay: Stay, filed: datetime, received_at: datetime) -> list[tuple[Peak, Peak]]:
        """The peaks whose events state a control that is none any more, as they were and as they are now."""
        row = self._row(source, stay)
        found = []
        for peak in (Peak(moment(at), moment(last), *rest) for at, last, *rest in row["peaks"]):
            control = _control(row["said"], peak.at, _holds(source))
            if control != peak.control:
                found.append((peak, peak._replace(filed=max(filed, peak.filed + _TICK), control=control)))
        if found:
            now = {before.event_id: _written(after) for before, after in found}
            peaks = sorted((now.get(one[_NAME], one) for one in row["peaks"]), key=_order)
            self._keep(source, stay, {**row, "peaks": peaks}, received_at)
        return found

    def forget(self, now: datetime) -> None:
        """What nobody speaks of any more."""
        oldest = stamp(now - KEPT)
        for key in [key for key, row in self._table.items() if row["at"] < oldest]:
            del self._table[key]

    def _row(self, source: Source, stay: Stay) -> dict[str, Any]:
        row: dict[str, Any] = self._table.get(_key(source, stay), _NOTHING)
        return row

    def _keep(self, source: Source, stay: Stay, row: dict[str, Any], received_at: datetime) -> None:
        self._table[_key(source, stay)] = {**row, "at": stamp(received_at)}


_NOTHING: dict[str, Any] = {"said": [], "peaks": []}
_AT, _FILED, _NAME, _CONTROL, _FIRST = range(5)
"""Places in what is kept of a mode (the first four) and of a peak."""


def _control(said: list[list[Any]], when: datetime, holds: timedelta) -> str:
    """`said` in order."""
    now = stamp(when)
    known = [one for one in said if one[_CONTROL] is not None]
    before = bisect_right(known, now, key=itemgetter(_AT))
    if before and when - moment(known[before - 1][_AT]) <= holds:
        return str(known[before - 1][_CONTROL])
    after = known[before:]
    if not after or moment(after[0][_AT]) - when > NEAR:
        return ""
    return str([one for one in after if one[_AT] == after[0][_AT]][-1][_CONTROL])


def _holds(source: Source) -> timedelta:
    return max([NEAR, *(timedelta(hours=rule.holds_hours) for rule in source.words)])


def _order(one: list[Any]) -> list[Any]:
    return one[:_CONTROL]


def _written(peak: Peak) -> list[Any]:
    return [stamp(peak.at), stamp(peak.filed), *peak[_NAME:]]


def _key(source: Source, stay: Stay) -> str:
    return f"{source.name} {stay.stay_id}"
