"""A stay's chart: the current version of everything that was ever said of the stay.

The chart is a set, not a story (invariant I1): filing an event is a join that is commutative, associative and
idempotent, so the chart does not depend on the order, the batches or the repeats in which events came. Versions of
one thing are ordered by filing time, then event id, then canonical text; what lost its last current version is let go.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal

from picustream.models.codemap import CodeMap
from picustream.models.event import (
    SAYS_NOTHING,
    WITHDRAWN,
    Event,
    FactEvent,
    LabEvent,
    Observation,
    ObservationEvent,
    Status,
    VentilatorEvent,
)
from picustream.models.protocol import Protocol
from picustream.models.text import canonical, parse
from picustream.models.variable import Variable
from picustream.scoring.entries import Fact, Filed, Observed, Ventilation
from picustream.scoring.series import Series
from picustream.scoring.units import Unusable, canonical_value

FactKey = tuple[str, ...]
"""(type,) or, where a stay has many, (type, source, id)."""
Identity = tuple[str, str]
"""(source, id) of an observation, (source, event id) of a ventilator event."""


@dataclass(slots=True)
class Changes:
    """What filing events changed, for those who keep results by day."""

    touched: set[tuple[Variable | Literal["ventilator"], datetime]] = field(default_factory=set)
    facts: bool = False
    stored: dict[str, Filed | None] = field(default_factory=dict)
    """Events to keep (by key), and keys to let go."""


class Chart:
    """Current versions of one stay, with the usable observations of each variable in the order V1."""

    def __init__(self, protocol: Protocol, codemap: CodeMap) -> None:
        self._protocol = protocol
        self._codemap = codemap
        self._current: dict[Identity, Observed] = {}
        self._ventilation: dict[Identity, Ventilation] = {}
        self.facts: dict[FactKey, Fact] = {}
        self.usable: dict[Variable, Series[Observed]] = {v: Series() for v in Variable}
        self.unusable: dict[Variable, Series[Observed]] = {v: Series() for v in Variable}
        self.ventilator: Series[Ventilation] = Series()
        self.gases_by_event: dict[Identity, list[Observed]] = {}
        """Usable PaO2 and FiO2 of one event (P1)."""
        self.conflicts: dict[Identity, datetime] = {}
        """(source, event id) under which two different things were said, as long as nothing later was said."""
        self._held: dict[str, dict[str, Filed]] = {}
        """Events in force by the patient they name."""

    def file(self, event: Event, kept: Filed, changes: Changes) -> None:
        """Joins one event into the chart (contract 1.2 and 1.3) and notes what changed."""
        if isinstance(event, FactEvent):
            self._file_fact(event, kept, changes)
            return
        for observation in event.observations:
            self._file_observation(self._observed(event, observation, kept), changes)
        if isinstance(event, VentilatorEvent):
            self._file_ventilation(event, kept, changes)

    def control_of(self, observed: Observed) -> str | None:
        """The ventilator's control mode in the event that an observation came with (rule A6)."""
        said = self._ventilation.get((observed.filed.source, observed.filed.event_id))
        return said.control if said else None

    @property
    def oddities(self) -> tuple[frozenset[Identity], frozenset[str]]:
        """What alerts look at beside the records: conflicts, and the patients named."""
        return frozenset(self.conflicts), frozenset(self._held)

    def first_heard(self) -> datetime | None:
        """The earliest moment that anything in force speaks of."""
        return min((one.happened_at for of in self._held.values() for one in of.values()), default=None)

    def stranger(self, patient_id: str) -> Filed | None:
        """The first event in force that names another patient."""
        others = [one for name, of in self._held.items() if name != patient_id for one in of.values()]
        return min(others, key=lambda one: one.rank, default=None)

    def _hold(self, new: Filed, old: Filed | None, changes: Changes) -> None:
        """Counts what is in force of each event; an event with nothing in force is let go."""
        if new is old:
            return
        new.holds += 1
        changes.stored[new.key] = new
        self._held.setdefault(new.patient_id, {})[new.key] = new
        if old is None:
            return
        old.holds -= 1
        if old.holds == 0:
            changes.stored[old.key] = None
            del self._held[old.patient_id][old.key]
            if not self._held[old.patient_id]:
                del self._held[old.patient_id]
        if new.rank != old.rank:
            self.conflicts.pop((old.source, old.event_id), None)

    def _later(self, new: Filed, old: Filed) -> bool:
        """Whether `new` is the later version; what ties in all but the text is a conflict, told and still decided."""
        if new.rank != old.rank:
            return new.rank > old.rank
        if new.source == old.source:
            self.conflicts[(new.source, new.event_id)] = new.happened_at
        return canonical(parse(new.text)) > canonical(parse(old.text))

    def _observed(self, event: ObservationEvent, said: Observation, kept: Filed) -> Observed:
        specimen = event.specimen if isinstance(event, LabEvent) else "unknown"
        variable = asked_for(said, specimen, self._codemap)
        value, fault = self._usable(variable, said, event.status_of(said)) if variable else (None, "not-asked-for")
        identity = event.id_of(said)
        return Observed(kept, identity, variable, value, fault, said.value, said.unit, kept.order(identity))

    def _usable(self, variable: Variable, said: Observation, status: Status) -> tuple[Decimal | None, str | None]:
        """Rule V1: current, not withdrawn, unit known, in range."""
        if status in WITHDRAWN:
            return None, "withdrawn"
        unused = status is Status.PRELIMINARY and not self._protocol.data.use_preliminary
        if status in SAYS_NOTHING or unused or said.value is None:
            return None, "no-value"
        try:
            return canonical_value(variable, said.value, said.unit, self._codemap), None
        except Unusable as unusable:
            return None, unusable.reason

    def _file_observation(self, new: Observed, changes: Changes) -> None:
        identity = (new.filed.source, new.id)
        old = self._current.get(identity)
        if old is not None:
            if new.filed.says_the_same(old.filed):
                if (new.value, new.fault) == (old.value, old.fault):
                    return
                new = replace(new, filed=old.filed)  # a repeat, which a mended code map now reads differently
            elif not self._later(new.filed, old.filed):
                return
        self._current[identity] = new
        self._hold(new.filed, old.filed if old else None, changes)
        if old is not None and old.variable is not None:
            self._series(old)[old.variable].remove(old)
            self._index_gas(old, False, changes)
            changes.touched.add((old.variable, old.at))
        if new.variable is not None:
            self._series(new)[new.variable].add(new)
            self._index_gas(new, True, changes)
            changes.touched.add((new.variable, new.at))

    def _series(self, observed: Observed) -> dict[Variable, Series[Observed]]:
        return self.usable if observed.value is not None else self.unusable

    def _index_gas(self, observed: Observed, present: bool, changes: Changes) -> None:
        """Keeps PaO2 and FiO2 of one event findable from one another, and tells the PaO2 of a change in its FiO2."""
        if observed.variable not in (Variable.PAO2, Variable.FIO2) or observed.value is None:
            return
        identity = (observed.filed.source, observed.filed.event_id)
        others = [o for o in self.gases_by_event.pop(identity, ()) if o is not observed]
        changes.touched.update((Variable.PAO2, o.at) for o in others if o.variable is Variable.PAO2)
        now = [*others, observed] if present else others
        if now:
            self.gases_by_event[identity] = sorted(now, key=lambda o: o.order)

    def _file_ventilation(self, event: VentilatorEvent, kept: Filed, changes: Changes) -> None:
        identity = (kept.source, kept.event_id)
        old = self._ventilation.get(identity)
        if old is not None and (kept.says_the_same(old.filed) or not self._later(kept, old.filed)):
            return
        stands = event.status not in WITHDRAWN and event.status not in SAYS_NOTHING
        support, control = (said if stands and said != "unknown" else None for said in (event.support, event.control))
        new = Ventilation(kept, support, control, stands, kept.order(kept.event_id))
        self._ventilation[identity] = new
        self._hold(kept, old.filed if old else None, changes)
        if old is not None:
            if old.stands:
                self.ventilator.remove(old)
            changes.touched.add(("ventilator", old.at))
        if new.stands:
            self.ventilator.add(new)
        changes.touched.add(("ventilator", new.at))

    def _file_fact(self, event: FactEvent, kept: Filed, changes: Changes) -> None:
        many = "id" in type(event).model_fields
        identity = (getattr(event, "id", None) or event.event_id) if many else event.event_id
        kind: str = getattr(event, "type")  # noqa: B009 - every concrete fact has one, the base class does not
        key = (kind, event.source, identity) if many else (kind,)
        old = self.facts.get(key)
        if old is not None and (kept.says_the_same(old.filed) or not self._later(kept, old.filed)):
            return
        self.facts[key] = Fact(kept, event, kept.order(identity))
        self._hold(kept, old.filed if old else None, changes)
        changes.facts = True


def asked_for(said: Observation, specimen: str, codemap: CodeMap) -> Variable | None:
    """The variable an observation measures, or None for a code nobody asked for.

    A blood gas of unstated or other origin is no arterial one (clinical rules, section 2).
    """
    variable = codemap.variable(said.system, said.code)
    if variable is not Variable.PAO2:
        return variable
    if codemap.arterial_only(said.system, said.code):
        return variable if specimen == "arterial" else None
    return variable if specimen in ("arterial", "unknown") else None
