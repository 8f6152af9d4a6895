"""A feed, line by line: what the door would let in, by code and unit, by source and by stay.

Memory grows with the distinct codes, units, sources, faults and stays, and not with the events.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from picustream.commands.feed.components import (
    ARDS_ASSESSED,
    BIRTH_DATE,
    INVASIVE,
    PEAK_UNDER_PRESSURE_CONTROL,
    ROOM_AIR,
    bits,
)
from picustream.commands.feed.memory import EVENT, THING, Memory, hashed
from picustream.commands.feed.tallies import CodeKey, CodeTally, RefusalKey, SourceTally, StayTally, Tally
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
    VentilatorEvent,
)
from picustream.models.variable import Variable
from picustream.scoring.alerts.alerts import VITAL_SIGNS
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
        self.clock = max(self.clock or event.filed_at, event.filed_at)
        stay = self.stays.setdefault(event.stay_id, StayTally(len(self.stays), where))
        if isinstance(event, ObservationEvent):
            self._observed(line, found, event, stay, where)
        elif isinstance(event, FactEvent):
            _note_fact(event, stay)
        self._remember(line, event, source)

    def _observed(self, line: Line, found: Admission, event: ObservationEvent, stay: StayTally, where: str) -> None:
        faults = {int(fault.path.split("/")[2]): fault for fault in found.faults}
        usable = set()
        for place, said in enumerate(event.observations):
            key = CodeKey(line.topic, event.source, said.system, said.code, said.unit)
            tally = self.codes.get(key)
            if tally is None:
                tally = CodeTally(self._rules.codemap.variable(said.system, said.code), first=where)
                self.codes[key] = tally
            variable = self._count(event, said, tally, faults.get(place), where)
            if variable is not None:
                usable.add(variable)
        stay.had |= bits(usable | _said_beside(event, usable))
        if not usable.isdisjoint(VITAL_SIGNS):
            self._memory.sign(stay.number, int(event.happened_at.timestamp()))

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

    def _remember(self, line: Line, event: Event, source: SourceTally) -> None:
        words = hashed(text.canonical(text.parse(line.value)))
        file = self.files.index(line.file)
        version = f"{event.filed_at.timestamp()} {event.event_id} {event.source}"
        self._memory.say(EVENT, source.number, event.event_id, version, words, file, line.number)
        for name in _things(event):
            self._memory.say(THING, source.number, f"{event.stay_id} {name}", version, words, file, line.number)


_PLACE = re.compile(r" at( line \d+)? column \d+")
"""Where in its line a broken one breaks: alike faults have one message."""


def _states(status: Any) -> bool:
    return status not in WITHDRAWN and status not in SAYS_NOTHING


def _said_beside(event: ObservationEvent, usable: set[Variable]) -> set[str]:
    """What a ventilator event says beside its values."""
    if not isinstance(event, VentilatorEvent) or not _states(event.status):
        return set()
    found = {event.support} & {ROOM_AIR, INVASIVE}
    if event.control == "pressure" and Variable.PEAK_PRESSURE in usable:
        found.add(PEAK_UNDER_PRESSURE_CONTROL)
    return found


def _note_fact(event: FactEvent, stay: StayTally) -> None:
    states = _states(event.status)
    if isinstance(event, Admitted | Discharged | Died):
        new = (event.filed_at, event.event_id, event.happened_at if states else None)
        old = stay.bounds.get(event.type)
        if old is None or new[:2] >= old[:2]:
            stay.bounds[event.type] = new
    if states and isinstance(event, Admitted) and event.birth_date is not None:
        stay.had |= bits([BIRTH_DATE])
    if states and isinstance(event, ArdsAssessed) and event.result == "confirmed":
        stay.had |= bits([ARDS_ASSESSED])


def _things(event: Event) -> list[str]:
    """Names of what an event speaks of, within its stay: versions of one thing have one name (contract 1.2, 1.3)."""
    if isinstance(event, ObservationEvent):
        observed = [f"{event.source} {event.id_of(said)}" for said in event.observations]
        support = [f"{event.source} {event.event_id} support"] if isinstance(event, VentilatorEvent) else []
        return observed + support
    kind = str(getattr(event, "type"))  # noqa: B009 - every concrete fact has one, the base class does not
    many = "id" in type(event).model_fields
    return [f"{kind} {event.source} {getattr(event, 'id', None) or event.event_id}" if many else kind]
