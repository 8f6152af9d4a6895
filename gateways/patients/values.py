"""Values that were sent: for a sender that states no more than their status (OBX-11 U), or another stay."""

from bisect import bisect_left, insort
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from picustream.gateways.patients.answers import Stay
from picustream.gateways.patients.stated import Stamp, moment, stamp
from picustream.gateways.site.config import Source
from picustream.gateways.state import Table

KINDS = ("laboratory", "charting")
"""Sources that speak of a value again; what a device measures it says once."""
KEPT = timedelta(days=30)
MOST = 50_000
"""Observations of which the values are kept."""
VERSIONS = 8
"""Of one observation."""


@dataclass(frozen=True, slots=True)
class Version:
    """A value as it was sent."""

    stay: Stay
    filed: datetime
    content: dict[str, Any]
    """JSON: what is needed to send it again."""


class _Kept(NamedTuple):
    """A version, and the row that it is in."""

    filed: Stamp
    row: str
    patient: str
    stay: str
    content: dict[str, Any]


class Values:
    """Values by source and observation.

    A row of the table is what one message sent, named by when it came: rows are written at one end and dropped at the
    other, so that they lie side by side on the disk. A row for each observation was a page written for each.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._loaded = -1
        self._known: dict[str, list[_Kept]] = {}
        """By source and observation, in the order of filing."""
        self._rows: list[str] = []
        """In order of time."""
        self._count = 0

    def sent(
        self, source: Source, observation: str, version: Version, message: str, received_at: datetime
    ) -> tuple[Stay, ...]:
        """A value is sent. The stays under which older versions of it were sent, where it is another's now."""
        if source.kind not in KINDS:
            return ()
        self._read()
        name, stay = _name(source, observation), version.stay
        row = f"{stamp(received_at)} {message}"
        new = _Kept(stamp(version.filed), row, stay.patient_id, stay.stay_id, version.content)
        before = self._known.get(name, [])
        self._put(name, new)
        while self._count > MOST:
            self._drop_first()
        older = (Stay(one.patient, one.stay) for one in before if one.filed < new.filed)
        return tuple(dict.fromkeys(one for one in older if one != stay)) if before else ()

    def last(self, source: Source, observation: str, filed: datetime) -> Version | None:
        """The version that held at a time of filing; None where none is known any more."""
        self._read()
        now = stamp(filed)
        known = [one for one in self._known.get(_name(source, observation), []) if one.filed <= now]
        if not known:
            return None
        last = known[-1]
        return Version(Stay(last.patient, last.stay), moment(last.filed), last.content)

    def forget(self, now: datetime) -> None:
        """What nobody speaks of any more."""
        self._read()
        oldest = stamp(now - KEPT)
        while self._rows and self._rows[0] < oldest:
            self._drop_first()

    def _read(self) -> None:
        """The table is as it was kept, or as it was before a message that failed: look it through."""
        if self._loaded == self._table.loaded:
            return
        self._loaded, self._rows, self._known, self._count = self._table.loaded, sorted(self._table), {}, 0
        for row in self._rows:
            for entry, (patient, stay, content) in self._table[row].items():
                filed, name = entry.split(" ", 1)
                self._known.setdefault(name, []).append(_Kept(filed, row, patient, stay, content))
                self._count += 1
        for versions in self._known.values():
            versions.sort(key=_filed)

    def _put(self, name: str, new: _Kept) -> None:
        others = [one for one in self._known.get(name, []) if one.filed != new.filed]
        versions = sorted([*others, new], key=_filed) if others else [new]
        kept = versions[-VERSIONS:]
        entries = self._table.get(new.row)
        if entries is None:
            insort(self._rows, new.row)
            entries = {}
        entry = f"{new.filed} {name}"
        self._count += entry not in entries
        self._table[new.row] = {**entries, entry: [new.patient, new.stay, new.content]}
        for one in self._known.get(name, []):
            if one.row != new.row and one.filed == new.filed:
                self._drop(name, one)
        for one in versions[:-VERSIONS]:
            self._drop(name, one)
        self._known[name] = kept

    def _drop(self, name: str, gone: _Kept) -> None:
        entries = {entry: value for entry, value in self._table[gone.row].items() if entry != f"{gone.filed} {name}"}
        self._count -= 1
        if entries:
            self._table[gone.row] = entries
        else:
            del self._table[gone.row]
            del self._rows[bisect_left(self._rows, gone.row)]

    def _drop_first(self) -> None:
        """The row of the message that came first."""
        row = self._rows.pop(0)
        for entry in self._table[row]:
            filed, name = entry.split(" ", 1)
            left = [one for one in self._known[name] if one.filed != filed]
            if left:
                self._known[name] = left
            else:
                del self._known[name]
            self._count -= 1
        del self._table[row]


def _filed(one: _Kept) -> Stamp:
    return one.filed


def _name(source: Source, observation: str) -> str:
    return f"{source.name} {observation}"
