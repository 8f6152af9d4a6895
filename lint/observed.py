"""What becomes of the observations of a feed, by code and unit."""

from typing import NamedTuple

from picustream.lint.coma import PARTS
from picustream.lint.components import bits
from picustream.lint.facts import also_stated, states
from picustream.lint.identity import thing_of
from picustream.lint.memory import Coma, Memory, microseconds
from picustream.lint.tallies import CodeKey, CodeTally, RefusalKey, StayTally
from picustream.lint.timing import Tally
from picustream.models.observation import Observation, ObservationEvent
from picustream.models.variable import Variable
from picustream.scoring.chart.meanings import asked_for
from picustream.scoring.faults import Fault
from picustream.scoring.rules import Rules


class Where(NamedTuple):
    """Where a line is."""

    text: str
    """`file:line`."""
    place: int
    """`memory.place`."""


class Observations:
    """Counts observations as they come."""

    def __init__(self, rules: Rules, memory: Memory) -> None:
        self._codemap = rules.codemap
        self._memory = memory
        self.codes: dict[CodeKey, CodeTally] = {}
        self.words: dict[RefusalKey, Tally] = {}
        """Fields beside the observations that hold a word of no meaning."""

    def take(
        self, topic: str, event: ObservationEvent, found: tuple[Fault, ...], stay: StayTally, where: Where
    ) -> tuple[int, int]:
        """What the event gives, as `bits`, and how many usable values it has. `found`: what validation found wrong."""
        faults: dict[int, Fault] = {}
        for fault in found:
            _, field, *rest = fault.path.split("/")
            if field == "observations":
                faults[int(rest[0])] = fault
            else:
                key = RefusalKey(topic, event.source, fault.reason, fault.path, fault.message)
                self.words.setdefault(key, Tally()).add(where.text)
        usable = []
        for number, observation in enumerate(event.observations):
            tally = self._tally(
                CodeKey(topic, event.source, observation.system, observation.code, observation.unit), where
            )
            variable = self._count(event, observation, tally, faults.get(number), where)
            if variable is not None:
                usable.append(variable)
            if variable in PARTS and observation.number is not None:
                self._memory.add(
                    Coma(
                        stay=stay.number,
                        at=microseconds(event.happened_at),
                        part=PARTS.index(variable),
                        points=int(observation.number),
                        name=thing_of(event, observation),
                        place=where.place,
                    )
                )
        return bits({*usable, *also_stated(event, usable)}), len(usable)

    def _tally(self, key: CodeKey, where: Where) -> CodeTally:
        tally = self.codes.get(key)
        if tally is None:
            tally = self.codes[key] = CodeTally(self._codemap.variable(key.system, key.code), first=where.text)
        return tally

    def _count(
        self, event: ObservationEvent, observation: Observation, tally: CodeTally, fault: Fault | None, where: Where
    ) -> Variable | None:
        """Count one observation; the variable that it gives a usable value of."""
        variable = asked_for(observation, event.specimen_known, self._codemap)
        if fault is not None:
            tally.refused.setdefault(fault.reason, Tally()).add(where.text)
            if fault.reason == "implausible":
                tally.note_level(observation)
        elif variable is None:
            tally.ignored.add(where.text)
        elif observation.number is None or not states(event.status_of(observation)):
            tally.without_value.add(where.text)
        else:
            tally.accepted.add(where.text)
            tally.note_level(observation)
            return variable if observation.comparator is None else None
        return None
