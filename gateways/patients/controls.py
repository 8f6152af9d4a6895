"""Under which control ventilators were, and which peak pressures were sent under it.

A peak pressure stands for a plateau only in an event that states pressure control (rule A6). Where mode and pressures
come in messages of their own, or seconds apart, the control is brought to the event of the peak, in whichever order
they come, and a mode that is corrected later corrects it there.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
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


@dataclass(slots=True)
class _Row:
    said: list[Said]
    peaks: list[Peak]


class Controls:
    """Controls and peaks by source and stay."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def say(self, source: Source, stay: Stay, said: Said, received_at: datetime) -> None:
        """A mode is stated, corrected or withdrawn."""
        row = self._row(source, stay)
        older = next((one for one in row.said if one.identity == said.identity), None)
        if older is not None and older.filed > said.filed:
            return
        row.said = sorted([*(one for one in row.said if one is not older), said], key=_order)[-MOST_SAID:]
        self._keep(source, stay, row, received_at)

    def at(self, source: Source, stay: Stay, when: datetime) -> str:
        """The control at a time: the last that was said, as long as it holds, else one of the minute after."""
        return _control(self._row(source, stay).said, when, _holds(source))

    def first(self, source: Source, stay: Stay, event_id: str) -> str | None:
        """What the event of a peak stated when it was sent; None: it is not known that it was."""
        return next((one.first for one in self._row(source, stay).peaks if one.event_id == event_id), None)

    def sent(self, source: Source, stay: Stay, peak: Peak, received_at: datetime) -> None:
        """An event with a peak is sent."""
        row = self._row(source, stay)
        if all(one.event_id != peak.event_id for one in row.peaks):
            row.peaks = sorted([*row.peaks, peak], key=_order)[-MOST_PEAKS:]
            self._keep(source, stay, row, received_at)

    def restated(self, source: Source, stay: Stay, filed: datetime, received_at: datetime) -> list[tuple[Peak, Peak]]:
        """The peaks whose events state a control that is none any more, as they were and as they are now."""
        row = self._row(source, stay)
        found = []
        for number, peak in enumerate(row.peaks):
            control = _control(row.said, peak.at, _holds(source))
            if control != peak.control:
                row.peaks[number] = peak._replace(filed=max(filed, peak.filed + _TICK), control=control)
                found.append((peak, row.peaks[number]))
        if found:
            self._keep(source, stay, row, received_at)
        return found

    def forget(self, now: datetime) -> None:
        """What nobody speaks of any more."""
        oldest = stamp(now - KEPT)
        for key in [key for key, row in self._table.items() if row["at"] < oldest]:
            del self._table[key]

    def _row(self, source: Source, stay: Stay) -> _Row:
        row: dict[str, Any] = self._table.get(_key(source, stay), {})
        said = [Said(moment(at), moment(filed), *rest) for at, filed, *rest in row.get("said", [])]
        return _Row(said, [Peak(moment(at), moment(filed), *rest) for at, filed, *rest in row.get("peaks", [])])

    def _keep(self, source: Source, stay: Stay, row: _Row, received_at: datetime) -> None:
        self._table[_key(source, stay)] = {
            "at": stamp(received_at),
            "said": [[stamp(one.at), stamp(one.filed), *one[2:]] for one in row.said],
            "peaks": [[stamp(one.at), stamp(one.filed), *one[2:]] for one in row.peaks],
        }


def _control(said: list[Said], when: datetime, holds: timedelta) -> str:
    """`said` in order."""
    known = [one for one in said if one.control is not None]
    before = [one for one in known if one.at <= when and when - one.at <= holds]
    if before:
        return before[-1].control or ""
    after = [one for one in known if when < one.at and one.at - when <= NEAR]
    first = [one for one in after if one.at == after[0].at]
    return (first[-1].control or "") if first else ""


def _holds(source: Source) -> timedelta:
    return max([NEAR, *(timedelta(hours=rule.holds_hours) for rule in source.words)])


def _order(one: Said | Peak) -> tuple[datetime, datetime, str]:
    return one[0], one[1], one[2]


def _key(source: Source, stay: Stay) -> str:
    return f"{source.name} {stay.stay_id}"
