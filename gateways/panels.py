"""Observations with parts, through their versions: what a later version does not hold any more is withdrawn.

A version of a FHIR Observation replaces the one before as a whole. One that is entered in error often has none of its
components, and one that is amended may have fewer: nothing in it says which values of before do not hold. So the parts
of each version are remembered, and where they were sent. A row has `at`, when it was last spoken of, and `versions`:
filing time, status, and the parts with what withdraws them; None, while they wait for their stay.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from picustream.gateways.drafts import Draft, Filing
from picustream.gateways.patients.answers import Stay, Waiting
from picustream.gateways.patients.stated import stamp
from picustream.gateways.patients.values import KINDS, VERSIONS
from picustream.gateways.site.config import Source
from picustream.gateways.site.pseudonyms import Pseudonyms
from picustream.gateways.state import Table
from picustream.gateways.statement import Panel, Value
from picustream.models.envelope import NO_STATEMENT, WITHDRAWN, Status
from picustream.scoring.faults import Fault

MOST = 20_000
"""Observations of a source. The ones spoken of longest ago make room."""


@dataclass(slots=True)
class Parts:
    """What becomes of the values of one version. `number`: the place of the first in its message."""

    number: int
    held: dict[str, tuple[Stay, Draft] | None] = field(default_factory=dict)
    """Those that are stated, by their ids; None: the stay is not known yet."""
    spoken: set[str] = field(default_factory=set)
    """Those of which it says itself that they do not hold."""

    def add(self, draft: Draft, stay: Stay | Waiting | None) -> None:
        """One of them. `stay`: None where it is a letter."""
        if draft.status not in NO_STATEMENT and stay is not None:
            self.held[draft.identity] = (stay, draft) if isinstance(stay, Stay) else None
        elif isinstance(stay, Stay):
            self.spoken.add(draft.identity)


class _Version(NamedTuple):
    filed: str
    status: str
    parts: dict[str, list[Any] | None]


class Panels:
    """The Observations of one source."""

    def __init__(self, source: Source, pseudonyms: Pseudonyms, table: Table, most: int = MOST) -> None:
        self._source = source.name
        self._is_spoken_of_again = source.kind in KINDS
        self._pseudonyms = pseudonyms
        self._table = table
        self._most = most

    def take(self, panel: Panel, parts: Parts, received_at: datetime) -> list[tuple[Stay, Draft]] | Fault:
        """Take in a version: what it withdraws of versions before it, and what versions after it withdraw of its own.

        A fault: it withdraws something, and does not say when.
        """
        key = self._pseudonyms.observation(self._source, *panel.identity)
        before = [_Version(*one) for one in self._table.get(key, {}).get("versions", ())]
        filed = panel.filed
        if isinstance(filed, Fault) or isinstance(panel.status, Fault):
            is_lost = panel.status in WITHDRAWN and any(part for one in before for part in one.parts.values())
            return filed if is_lost and isinstance(filed, Fault) else []
        if filed is None or not (before or panel.is_kept or (parts.held and self._is_spoken_of_again)):
            return []
        held = {name: None if one is None else _written(*one) for name, one in parts.held.items()}
        now = _Version(stamp(filed), str(panel.status), held)
        versions = sorted([now, *(one for one in before if one.filed != now.filed)])[-VERSIONS:]
        self._keep(key, versions, received_at)
        earlier = [one for one in versions if one.filed < now.filed]
        later = [one for one in versions if one.filed > now.filed]
        found = [*_dropped(now, earlier, parts.spoken), *_dropped_later(now, later)]
        return [_withdrawal(panel, parts.number, *one) for one in found]

    def _keep(self, key: str, versions: list[_Version], received_at: datetime) -> None:
        self._table[key] = {"at": stamp(received_at), "versions": [list(one) for one in versions]}
        if len(self._table) > self._most:
            for old in sorted(self._table, key=lambda key: (self._table[key]["at"], key))[: max(1, self._most // 10)]:
                del self._table[old]


def _dropped(now: _Version, earlier: list[_Version], spoken: set[str]) -> Iterator[tuple[_Version, str, list[Any]]]:
    """What was sent of versions before and is not in this one."""
    known = {name: part for one in earlier for name, part in one.parts.items() if part is not None}
    return ((now, name, part) for name, part in known.items() if name not in now.parts and name not in spoken)


def _dropped_later(now: _Version, later: list[_Version]) -> Iterator[tuple[_Version, str, list[Any]]]:
    """What is sent of this version, and the next one that could have it has not."""
    for name, part in now.parts.items():
        following = next((one for one in later if name not in one.parts or one.parts[name] is not None), None)
        if part is not None and following is not None and name not in following.parts:
            yield following, name, part


def _written(stay: Stay, draft: Draft) -> list[Any]:
    """What withdraws a part, as JSON."""
    filing = draft.filing
    fields = {name: draft.fields[name] for name in ("code", "system") if name in draft.fields}
    where = [stay.patient_id, stay.stay_id, filing.topic, stamp(filing.observed_at), filing.specimen]
    return [*where, [list(pair) for pair in filing.stated], fields]


def _withdrawal(panel: Panel, number: int, version: _Version, name: str, part: list[Any]) -> tuple[Stay, Draft]:
    patient, stay, topic, observed_at, specimen, stated, code = part
    status = Status(version.status) if version.status in WITHDRAWN else Status.UNKNOWN
    at, filed = datetime.fromisoformat(observed_at), datetime.fromisoformat(version.filed)
    filing = Filing(topic, at, filed, specimen, tuple((word, is_) for word, is_ in stated))
    value = Value(panel.path, (), (), None, None, False, status, at, filed)
    fields = {} if stated else {**code, "id": name, "status": str(status)}
    return Stay(patient, stay), Draft(number, value, filing, name, fields, status)
