"""A feed, line by line: what the door would let in, by code and unit, by source and by stay.

Memory grows with the distinct codes, units, sources, faults and stays, and not with the events.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from picustream.commands.feed.components import (
    ARDS_ONSET,
    BIRTH_DATE,
    INVASIVE,
    PEAK_UNDER_PRESSURE_CONTROL,
    ROOM_AIR,
    bits,
)
from picustream.commands.feed.memory import EVENT, THING, Happened, Memory, Said, hashed, microseconds, place
from picustream.commands.feed.tallies import CodeKey, CodeTally, RefusalKey, SourceTally, Stated, StayTally, Tally
from picustream.commands.letters.letter import envelope, pattern
from picustream.models import text
from picustream.models.event import (
    INPUT_TOPICS,
    SAYS_NOTHING,
    WITHDRAWN,
    Admitted,
    ArdsAssessed,
    Died,
    Discharged,
    Event,
    FactEvent,
    LabEvent,
    Observation,
    ObservationEvent,
    Status,
    TreatmentStarted,
    VentilatorEvent,
)
from picustream.models.variable import Variable
from picustream.scoring.chart.reading import asked_for
from picustream.scoring.door import Admission, Arrival, Door, Fault
from picustream.scoring.rules import Rules
from picustream.streams.files import BrokenLine, Line


class Feed:
    """Takes the lines of event files in their order; `files` are their names."""

    def __init__(self, rules: Rules, latest: datetime, memory: Memory, files: Sequence[str]) -> None:
        """What lies after `latest` is in the future (T6)."""
        self._rules = rules
        self._door = Door(rules)
        self._latest = latest
        self._memory = memory
        self.files = list(files)
        self.sources: dict[tuple[str, str], SourceTally] = {}
        self.codes: dict[CodeKey, CodeTally] = {}
        self.refusals: dict[RefusalKey, Tally] = {}
        self.stays: dict[str, StayTally] = {}
        self.clock: datetime | None = None
        """The greatest filing time of all: what a replay's clock would read."""

    def broken(self, error: BrokenLine) -> None:
        """Takes a line that is no event."""
        self._refuse("", None, Fault("broken-line", "", error.reason), f"{error.file}:{error.number}")

    def take(self, line: Line) -> None:
        """Takes one line."""
        where = f"{line.file}:{line.number}"
        if line.topic not in INPUT_TOPICS:
            self._refuse(line.topic[:64], None, Fault("unknown-topic", "", "no input topic"), where)
            return
        found = self._door.admit(Arrival(line.topic, None, None, None, line.value), self._latest)
        if found.event is None:
            source = envelope(line.value).get("source")
            self._refuse(line.topic, source if isinstance(source, str) else None, found.faults[0], where)
            return
        self._accept(line, found, found.event, where)

    def _refuse(self, topic: str, source: str | None, fault: Fault, where: str) -> None:
        key = RefusalKey(topic, source, fault.reason, pattern(fault.path), _PLACE.sub("", fault.message))
        self.refusals.setdefault(key, Tally()).add(where)

    def _accept(self, line: Line, found: Admission, event: Event, where: str) -> None:
        source = self.sources.setdefault((line.topic, event.source), SourceTally(len(self.sources)))
        source.accepted.add(where)
        if not source.timing.add(event.happened_at, event.recorded_at):
            source.filed_early.add(where)
        source.unrecorded += event.recorded_at is None
        self.clock = max(self.clock or event.filed_at, event.filed_at)
        stay = self.stays.setdefault(event.stay_id, StayTally(len(self.stays), where, event.patient_id))
        parts = usable = 0
        if isinstance(event, ObservationEvent):
            parts, usable = self._observed(line, found, event, where)
        elif isinstance(event, FactEvent):
            _note_fact(event, stay, where)
        at, patient = microseconds(event.happened_at), hashed(event.patient_id)
        here = place(self.files.index(line.file), line.number)
        self._memory.happen(Happened(stay.number, at, source.number, patient, parts, usable, here))
        self._remember(line, event, source.number, here)

    def _observed(self, line: Line, found: Admission, event: ObservationEvent, where: str) -> tuple[int, int]:
        """What the event gives, as `bits`, and how many usable values it has."""
        faults = {int(fault.path.split("/")[2]): fault for fault in found.faults}
        usable = []
        for number, said in enumerate(event.observations):
            key = CodeKey(line.topic, event.source, said.system, said.code, said.unit)
            tally = self.codes.get(key)
            if tally is None:
                tally = CodeTally(self._rules.codemap.variable(said.system, said.code), first=where)
                self.codes[key] = tally
            variable = self._count(event, said, tally, faults.get(number), where)
            if variable is not None:
                usable.append(variable)
        return bits({*usable, *_said_beside(event, usable)}), len(usable)

    def _count(
        self, event: ObservationEvent, said: Observation, tally: CodeTally, fault: Fault | None, where: str
    ) -> Variable | None:
        """Count one observation; the variable that it gives a usable value of."""
        specimen = event.specimen if isinstance(event, LabEvent) else "unknown"
        variable = asked_for(said, specimen, self._rules.codemap)
        if variable is None:
            tally.ignored.add(where)
        elif fault is not None:
            tally.refused.setdefault(fault.reason, Tally()).add(where)
        elif said.value is None or not _states(event.status_of(said)):
            tally.without_value.add(where)
        else:
            tally.accepted.add(where)
            return variable
        return None

    def _remember(self, line: Line, event: Event, feed: int, here: int) -> None:
        words = hashed(text.canonical(text.parse(line.value)))
        version = hashed(f"{event.filed_at.timestamp()} {event.event_id} {event.source}")
        filed = microseconds(event.filed_at)
        self._memory.say(Said(EVENT, feed, hashed(event.event_id), version, words, here, filed, True))
        for name, status in _things(event):
            name_in_stay = hashed(f"{event.stay_id} {name}")
            self._memory.say(Said(THING, feed, name_in_stay, version, words, here, filed, status not in WITHDRAWN))


_PLACE = re.compile(r" at( line \d+)? column \d+")
"""Where in its line a broken one breaks: alike faults have one message."""


def _states(status: Any) -> bool:
    return status not in WITHDRAWN and status not in SAYS_NOTHING


def _said_beside(event: ObservationEvent, usable: list[Variable]) -> set[str]:
    """What a ventilator event says beside its values."""
    if not isinstance(event, VentilatorEvent) or not _states(event.status):
        return set()
    found = {event.support} & {ROOM_AIR, INVASIVE}
    if event.control == "pressure" and Variable.PEAK_PRESSURE in usable:
        found.add(PEAK_UNDER_PRESSURE_CONTROL)
    return found


def _note_fact(event: FactEvent, stay: StayTally, where: str) -> None:
    if not isinstance(event, Admitted | Discharged | Died | TreatmentStarted | ArdsAssessed):
        return
    states = _states(event.status)
    new = Stated(
        event.filed_at,
        event.event_id,
        event.happened_at if states else None,
        event.patient_id,
        bits(_given(event)) if states else 0,
        where,
    )
    old = stay.facts.get(event.type)
    if old is None or new[:2] >= old[:2]:
        stay.facts[event.type] = new


def _given(event: FactEvent) -> Iterator[str]:
    """What a fact gives to a score. A confirmed ARDS without its onset gives no APPS (A3)."""
    if isinstance(event, Admitted) and event.birth_date is not None:
        yield BIRTH_DATE
    if isinstance(event, ArdsAssessed) and event.result == "confirmed" and event.onset_at is not None:
        yield ARDS_ONSET


def _things(event: Event) -> Iterator[tuple[str, Status]]:
    """Names of what an event speaks of, within its stay, and what becomes of each: versions of one thing have one name
    (docs/topics.md)."""
    if isinstance(event, ObservationEvent):
        for said in event.observations:
            yield f"{event.source} {event.id_of(said)}", event.status_of(said)
        if isinstance(event, VentilatorEvent):
            yield f"{event.source} {event.event_id} support", event.status
        return
    kind = str(getattr(event, "type"))  # noqa: B009 - every concrete fact has one, the base class does not
    many = "id" in type(event).model_fields
    yield (f"{kind} {event.source} {getattr(event, 'id', None) or event.event_id}" if many else kind), event.status
