"""Values that were sent: for a sender that states no more than their status (OBX-11 U), or another stay."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from picustream.gateways.patients.answers import Stay
from picustream.gateways.patients.stated import stamp
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


class Values:
    """Values by source and observation."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def sent(self, source: Source, observation: str, version: Version, received_at: datetime) -> tuple[Stay, ...]:
        """A value is sent. The stays under which older versions of it were sent, where it is another's now."""
        if source.kind not in KINDS:
            return ()
        key, stay = _key(source, observation), version.stay
        row = [stamp(version.filed), stay.patient_id, stay.stay_id, version.content]
        before = [one for one in self._versions(key) if one[0] != row[0]]
        versions = sorted([*before, row], key=lambda one: one[0])[-VERSIONS:] if before else [row]
        self._table[key] = {"at": stamp(received_at), "versions": versions}
        if len(self._table) > MOST:
            self._make_room()
        if not before:
            return ()
        older = (Stay(one[1], one[2]) for one in before if one[0] < row[0])
        return tuple(dict.fromkeys(one for one in older if one != stay))

    def last(self, source: Source, observation: str, filed: datetime) -> Version | None:
        """The version that held at a time of filing; None where none is known any more."""
        now = stamp(filed)
        known = [one for one in self._versions(_key(source, observation)) if one[0] <= now]
        if not known:
            return None
        at, patient, stay, content = known[-1]
        return Version(Stay(patient, stay), datetime.fromisoformat(at), content)

    def forget(self, now: datetime) -> None:
        """What nobody speaks of any more."""
        oldest = stamp(now - KEPT)
        for key in [key for key, row in self._table.items() if row["at"] < oldest]:
            del self._table[key]

    def _versions(self, key: str) -> list[list[Any]]:
        versions: list[list[Any]] = self._table.get(key, {}).get("versions", [])
        return versions

    def _make_room(self) -> None:
        for key in sorted(self._table, key=lambda key: (self._table[key]["at"], key))[: MOST // 10]:
            del self._table[key]


def _key(source: Source, observation: str) -> str:
    return f"{source.name} {observation}"
