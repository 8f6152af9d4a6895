"""One value as an observation on its way to an event, or why it becomes none."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from picustream.gateways.meaning import Meaning, Meant, Named, topic_of
from picustream.gateways.patients.answers import Stay
from picustream.gateways.patients.values import Values, Version
from picustream.gateways.site.config import Source
from picustream.gateways.site.pseudonyms import Pseudonyms
from picustream.gateways.statement import Value
from picustream.models.envelope import NO_STATEMENT, Status
from picustream.models.event import LAB
from picustream.models.observation import LOINC
from picustream.models.text import Number, plain
from picustream.models.variable import Variable
from picustream.scoring.faults import Fault

_ABSENT = "data-absent"
_BEFORE = timedelta(microseconds=1)


class Unsent(StrEnum):
    """Why there is no observation, where that is no fault."""

    EMPTY = "empty"
    IGNORED = "ignored"
    NOT_KNOWN = "not-known"
    """Its word means that nothing is known."""


class Filing(NamedTuple):
    """What all observations of one event have in common, besides their stay."""

    topic: str
    observed_at: datetime
    recorded_at: datetime | None
    specimen: str
    stated: tuple[tuple[str, Any], ...] = ()
    """Support, mode and control, or sedation, of what states these and no value."""

    @property
    def filed(self) -> datetime:
        """By which versions are ordered."""
        return self.recorded_at or self.observed_at


@dataclass(frozen=True, slots=True)
class Draft:
    """An observation that is to be sent. `number`: the place of its value in the message."""

    number: int
    value: Value
    filing: Filing
    identity: str
    fields: Mapping[str, Any]
    status: Status
    control: str | None = None
    """Of a mode of ventilation: the control that it says ("": it is not known which); None: it says nothing of it."""
    is_peak: bool = False
    """Whether it is a peak pressure, which needs the control in its event (A6)."""

    @property
    def version(self) -> tuple[Any, ...]:
        """What no two observations of a stay may have in common."""
        return self.identity, self.filing.filed, self.status


class Drafts:
    """Makes observations of the values of one source."""

    def __init__(self, source: Source, meaning: Meaning, pseudonyms: Pseudonyms, values: Values) -> None:
        self._source = source
        self._meaning = meaning
        self._pseudonyms = pseudonyms
        self._values = values

    def draft(self, value: Value, number: int) -> Draft | Fault | Unsent:
        """The observation of a value; a fault where it is one that is needed and cannot be read."""
        if value.status is None:
            return Unsent.EMPTY
        if self._meaning.is_coded(value):
            return self._coded(value, number)
        named = self._meaning.named(value)
        if named is None:
            return Unsent.IGNORED if value.value is not None or value.status in NO_STATEMENT else Unsent.EMPTY
        if isinstance(named, Fault):
            return named
        if (fault := _fault_of(value)) is not None:
            return fault
        identity, filing = self._identity(value), self._filing(value, named)
        filed = filing.filed
        if value.note == _ABSENT and not self._before(identity, filed - _BEFORE):
            return Unsent.EMPTY
        fields = self._fields(value, named, identity, filed)
        if isinstance(fields, Fault):
            return fields
        is_peak = named.variable is Variable.PEAK_PRESSURE
        return Draft(number, value, filing, identity, fields, Status(str(value.status)), is_peak=is_peak)

    def identity_undecided(self, value: Value) -> str | None:
        """The id of a value of which it is not known yet what it means; None where it is, or never will be."""
        return self._identity(value) if self._meaning.is_undecided(value) else None

    def hiding(self, value: Value, number: int) -> Draft | None:
        """What says that an older value no longer holds: a newer one came, though it could not be read."""
        if self._meaning.is_coded(value):
            return self._unknown(value, number)
        named = self._meaning.named(value)
        if not isinstance(named, Named) or not isinstance(value.status, Status) or _fault_of(value) is not None:
            return None
        identity, filing = self._identity(value), self._filing(value, named)
        if not self._before(identity, filing.filed - _BEFORE):
            return None
        fields = self._fields(replace(value, status=Status.UNKNOWN), named, identity, filing.observed_at)
        assert not isinstance(fields, Fault)  # of a value that states nothing there is none
        return Draft(number, value, filing, identity, fields, Status.UNKNOWN)

    def _coded(self, value: Value, number: int) -> Draft | Fault | Unsent:
        """Support and control, or sedation: versions have the identity of the value."""
        says_nothing = not value.words and (value.status in NO_STATEMENT or value.status_only)
        meant = None if says_nothing else self._meaning.of_word(value)
        if isinstance(meant, Fault):
            return meant
        if (fault := _fault_of(value)) is not None:
            return fault
        before = self._before(self._identity(value), _filed(value))
        meant = meant or self._meaning.unknown(value, before)
        if not meant.stated:
            said = "a change of status, and the word itself never came"
            return Fault("status-without-value", value.path, said) if says_nothing else Unsent.NOT_KNOWN
        status = Status(str(value.status))
        return self._of_word(value, number, meant._replace(control=None) if status in NO_STATEMENT else meant, status)

    def _unknown(self, value: Value, number: int) -> Draft | None:
        """Of a word of which nobody knows what it means: from then on it is not known which control there is."""
        if not isinstance(value.status, Status) or _fault_of(value) is not None:
            return None
        meant = self._meaning.unknown(value, self._before(self._identity(value), _filed(value) - _BEFORE))
        unknown = meant if meant.control is None else meant._replace(control="")
        return self._of_word(value, number, unknown, Status.UNKNOWN)

    def _of_word(self, value: Value, number: int, meant: Meant, status: Status) -> Draft:
        assert isinstance(value.observed_at, datetime) and not isinstance(value.recorded_at, Fault)
        filing = Filing(meant.topic, value.observed_at, value.recorded_at, "", meant.stated)
        return Draft(number, value, filing, self._identity(value), {}, status, control=meant.control)

    def _identity(self, value: Value) -> str:
        return self._pseudonyms.observation(self._source.name, *value.identity)

    def _filing(self, value: Value, named: Named) -> Filing:
        topic = topic_of(named.variable, self._source)
        assert isinstance(value.observed_at, datetime) and not isinstance(value.recorded_at, Fault)
        specimen = value.specimen if topic == LAB else ""
        return Filing(topic, value.observed_at, value.recorded_at, specimen)

    def _fields(self, value: Value, named: Named, identity: str, filed: datetime) -> dict[str, Any] | Fault:
        fields: dict[str, Any] = {"code": named.code}
        if named.system != LOINC:
            fields["system"] = named.system
        stated = {} if value.status in NO_STATEMENT else self._stated(value, named, identity, filed)
        if isinstance(stated, Fault):
            return stated
        fields |= {**stated, "id": identity}
        if value.status is not Status.FINAL:
            fields["status"] = str(value.status)
        return fields

    def _stated(self, value: Value, named: Named, identity: str, filed: datetime) -> dict[str, Any] | Fault:
        """Value, comparator and unit."""
        if isinstance(value.value, Fault):
            return value.value
        if value.value is None:
            return self._sent_before(value, identity, filed)
        unit = self._meaning.unit(named.variable, value.value, value.unit, value.path)
        if isinstance(unit, Fault):
            return unit
        fields: dict[str, Any] = {"value": value.value}
        if value.comparator is not None:
            fields["comparator"] = value.comparator
        if unit is not None:
            fields["unit"] = unit
        return fields

    def _sent_before(self, value: Value, identity: str, filed: datetime) -> dict[str, Any] | Fault:
        kept = self._before(identity, filed)
        if "value" not in kept:
            return Fault("status-without-value", value.path, "a change of status, and the value itself never came")
        return {**kept, "value": Number(kept["value"])}

    def _before(self, identity: str, filed: datetime) -> dict[str, Any]:
        """Value, comparator and unit as they were sent; nothing where no value is known."""
        version = self._values.last(self._source, identity, filed)
        return version.content if version is not None else {}

    def keep(self, stay: Stay, draft: Draft, message: str, received_at: datetime) -> list[tuple[Stay, Draft]]:
        """Remember what a message sends. Where it was another's before, it is withdrawn there."""
        stated = {name: draft.fields[name] for name in ("comparator", "unit") if name in draft.fields}
        stated |= draft.filing.stated
        if "value" in draft.fields:
            stated["value"] = _written(draft.fields["value"])
        version = Version(stay, draft.filing.filed, stated)
        older = self._values.sent(self._source, draft.identity, version, message, received_at)
        return [(one, _withdrawal(draft)) for one in older]


def _fault_of(value: Value) -> Fault | None:
    parts = (value.status, value.observed_at, value.recorded_at)
    return next((part for part in parts if isinstance(part, Fault)), None)


def _filed(value: Value) -> datetime:
    """Of a value without a fault."""
    filed = value.recorded_at or value.observed_at
    assert isinstance(filed, datetime)
    return filed


def _withdrawal(draft: Draft) -> Draft:
    fields = {name: draft.fields[name] for name in ("code", "system", "id") if name in draft.fields}
    status = Status.ENTERED_IN_ERROR
    filing = draft.filing._replace(recorded_at=draft.filing.filed)
    return replace(draft, filing=filing, fields={**fields, "status": str(status)}, status=status, control=None)


def _written(value: Decimal) -> str:
    return value.text if isinstance(value, Number) else plain(value)
