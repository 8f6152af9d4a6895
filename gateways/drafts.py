"""One value as an observation on its way to an event, or why it becomes none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from picustream.gateways.last_values import LastValues
from picustream.gateways.meaning import Meaning, Named, topic_of
from picustream.gateways.site.config import Source
from picustream.gateways.site.pseudonyms import Pseudonyms
from picustream.gateways.statement import Value
from picustream.models.envelope import NO_STATEMENT, WITHDRAWN, Status
from picustream.models.event import LAB
from picustream.models.observation import LOINC
from picustream.models.text import Number, plain
from picustream.scoring.faults import Fault

_ABSENT = "data-absent"
_CONTINUOUS = {"monitor", "ventilator"}


class Unsent(StrEnum):
    """Why there is no observation, where that is no fault."""

    EMPTY = "empty"
    IGNORED = "ignored"


class Filing(NamedTuple):
    """What all observations of one event have in common, besides their stay."""

    topic: str
    observed_at: datetime
    recorded_at: datetime | None
    specimen: str


@dataclass(frozen=True, slots=True)
class Draft:
    """An observation that is to be sent. `number`: the place of its value in the message."""

    number: int
    value: Value
    filing: Filing
    identity: str
    fields: Mapping[str, Any]
    status: Status

    @property
    def version(self) -> tuple[Any, ...]:
        """What no two observations of a stay may have in common."""
        return self.identity, self.filing.recorded_at or self.filing.observed_at, self.status


class Drafts:
    """Makes observations of the values of one source."""

    def __init__(self, source: Source, meaning: Meaning, pseudonyms: Pseudonyms, last: LastValues) -> None:
        self._source = source
        self._meaning = meaning
        self._pseudonyms = pseudonyms
        self._last = last

    def draft(self, value: Value, number: int) -> Draft | Fault | Unsent:
        """The observation of a value; a fault where it is one that is needed and cannot be read."""
        if value.status is None:
            return Unsent.EMPTY
        named = self._meaning.named(value)
        if named is None:
            return Unsent.IGNORED if value.value is not None or value.status in NO_STATEMENT else Unsent.EMPTY
        if isinstance(named, Fault):
            return named
        for part in (value.status, value.observed_at, value.recorded_at):
            if isinstance(part, Fault):
                return part
        identity = self._pseudonyms.observation(self._source.name, *value.identity)
        if value.note == _ABSENT and self._last.get(identity) is None:
            return Unsent.EMPTY
        fields = self._fields(value, named, identity)
        if isinstance(fields, Fault):
            return fields
        return Draft(number, value, self._filing(value, named), identity, fields, Status(str(value.status)))

    def _filing(self, value: Value, named: Named) -> Filing:
        topic = topic_of(named.variable, self._source)
        assert isinstance(value.observed_at, datetime) and not isinstance(value.recorded_at, Fault)
        specimen = value.specimen if topic == LAB else ""
        return Filing(topic, value.observed_at, value.recorded_at, specimen)

    def _fields(self, value: Value, named: Named, identity: str) -> dict[str, Any] | Fault:
        fields: dict[str, Any] = {"code": named.code}
        if named.system != LOINC:
            fields["system"] = named.system
        stated = {} if value.status in NO_STATEMENT else self._stated(value, named, identity)
        if isinstance(stated, Fault):
            return stated
        fields |= {**stated, "id": identity}
        if value.status is not Status.FINAL:
            fields["status"] = str(value.status)
        return fields

    def _stated(self, value: Value, named: Named, identity: str) -> dict[str, Any] | Fault:
        """Value, comparator and unit."""
        if isinstance(value.value, Fault):
            return value.value
        if value.value is None:
            return self._sent_before(value, identity)
        unit = self._meaning.unit(named.variable, value.value, value.unit, value.path)
        if isinstance(unit, Fault):
            return unit
        fields: dict[str, Any] = {"value": value.value}
        if value.comparator is not None:
            fields["comparator"] = value.comparator
        if unit is not None:
            fields["unit"] = unit
        return fields

    def _sent_before(self, value: Value, identity: str) -> dict[str, Any] | Fault:
        kept = self._last.get(identity)
        if kept is None or "value" not in kept:
            return Fault("status-without-value", value.path, "a change of status, and the value itself never came")
        found = {name: kept[name] for name in ("comparator", "unit") if name in kept}
        return {"value": Number(kept["value"]), **found}

    def keep(self, draft: Draft, at: datetime) -> None:
        """Remember what was sent, where something may speak of it later: of devices what is not final yet."""
        if draft.status in WITHDRAWN:
            self._last.forget(draft.identity)
        elif draft.status not in NO_STATEMENT and (
            self._source.kind not in _CONTINUOUS or draft.status is Status.PRELIMINARY
        ):
            row = {name: draft.fields[name] for name in ("comparator", "unit") if name in draft.fields}
            self._last.put(draft.identity, {**row, "value": _written(draft.fields["value"])}, at)


def _written(value: Decimal) -> str:
    return value.text if isinstance(value, Number) else plain(value)
