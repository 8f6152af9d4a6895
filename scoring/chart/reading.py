"""From an accepted event to what a chart holds of it: each observation with its variable, and its usable value or why
there is none (V1, V4).

An event is read once: the validator takes what cannot be used from the same reading as the chart takes the values.
"""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import NamedTuple, cast

from picustream.models.codemap import CodeMap
from picustream.models.envelope import NO_STATEMENT, WITHDRAWN, Status
from picustream.models.event import OBSERVATION_TOPICS, VENTILATOR, Event
from picustream.models.observation import Observation, ObservationEvent, VentilatorEvent
from picustream.models.protocol import Protocol
from picustream.models.record import Comparator
from picustream.models.variable import Variable
from picustream.scoring.chart.entries import Filed, Observed, Ventilation
from picustream.scoring.chart.units import ONE, Unusable, canonical_value, factor_of

COMPARATOR = "comparator"
"""The fault of a value with a comparator whose points are not certain (V4)."""
NOT_ASKED_FOR = "not-asked-for"
"""The fault of a code that no rule uses."""

Certain = Callable[[Variable, Decimal, Comparator], bool]
"""V4: whether every value on that side of a canonical value gives the same points."""


class Reading(NamedTuple):
    """What one event states."""

    observed: tuple[Observed, ...] = ()
    """In the order of the event."""
    ventilation: Ventilation | None = None
    """Of a ventilator event."""
    unusable: tuple[tuple[int, Unusable], ...] = ()
    """Place and fault of the values that no rule may use, though they are stated."""
    unmapped: tuple[int, ...] = ()
    """Places of the codes that no rule uses."""


NOTHING = Reading()
"""Of an event that states a fact."""

_Meaning = tuple[Variable | None, Decimal | None]
"""What a code measures, None: nothing that is asked for; and the factor of its unit, None: each value has to say."""
MOST_MEANINGS = 4096
"""Codes with their units, of which a site has hundreds; what a feed makes up does not fill the memory."""


class Reader:
    """Reads events by the codes, units and parameters of some rules."""

    def __init__(self, protocol: Protocol, codemap: CodeMap, is_certain: Certain) -> None:
        """`is_certain`: whether a value with a comparator is certain enough to count (V4)."""
        self._use_preliminary = protocol.data.use_preliminary
        self._codemap = codemap
        self._is_certain = is_certain
        self._meanings: dict[tuple[str, str, str | None, str], _Meaning] = {}
        """By system, code, unit and specimen: looked up once, not for each of a monitor's values."""

    def read(self, event: Event, filed: Filed) -> Reading:
        """What an event states; `filed`: the event in the chart."""
        if filed.topic not in OBSERVATION_TOPICS:
            return NOTHING
        event = cast(ObservationEvent, event)
        statement = ventilation_of(cast(VentilatorEvent, event), filed) if filed.topic == VENTILATOR else None
        specimen = event.specimen_known
        observed: list[Observed] = []
        unusable: list[tuple[int, Unusable]] = []
        unmapped: list[int] = []
        for place, one in enumerate(event.observations):
            status = one.status or event.status
            variable, factor = self._meaning(one, specimen)
            value, fault, wrong = self._usable(variable, factor, one, status)
            if variable is None:
                unmapped.append(place)
            if wrong is not None:
                unusable.append((place, wrong))
            identity = one.id or f"{filed.event_id}#{one.code}"
            in_force = status not in WITHDRAWN
            order, version = filed.order(identity), filed.version(status)
            comparator = cast(Comparator, one.comparator) if value is not None else None
            observed.append(
                Observed(
                    filed, identity, variable, value, fault, in_force, one.number, one.unit, order, version, comparator
                )
            )
        return Reading(tuple(observed), statement, tuple(unusable), tuple(unmapped))

    def _meaning(self, one: Observation, specimen: str) -> _Meaning:
        key = (one.system, one.code, one.unit, specimen)
        found = self._meanings.get(key)
        if found is None:
            if len(self._meanings) >= MOST_MEANINGS:
                self._meanings.clear()
            found = self._meanings[key] = self._looked_up(one, specimen)
        return found

    def _looked_up(self, one: Observation, specimen: str) -> _Meaning:
        variable, factor = asked_for(one, specimen, self._codemap), None
        if variable is not None and one.unit is not None:
            with suppress(Unusable):
                factor = factor_of(variable, ONE, one.unit, self._codemap)
        return variable, factor

    def _usable(
        self, variable: Variable | None, factor: Decimal | None, observation: Observation, status: Status
    ) -> tuple[Decimal | None, str | None, Unusable | None]:
        """Rules V1, V4: the value, where it is current, not withdrawn, its unit known, in range and its points certain;
        else the fault; and what is wrong with a value that is stated, whether it would be used or not."""
        if variable is None:
            return None, NOT_ASKED_FOR, None
        if status in NO_STATEMENT:
            return None, "withdrawn" if status in WITHDRAWN else "no-value", None
        unused = status is Status.PRELIMINARY and not self._use_preliminary
        try:
            value = exact_value(variable, observation, self._codemap, factor)
        except Unusable as wrong:
            return None, "no-value" if unused else wrong.reason, wrong
        if unused:
            return None, "no-value", None
        comparator = observation.comparator
        if comparator is not None and not self._is_certain(variable, value, cast(Comparator, comparator)):
            return None, COMPARATOR, None
        return value, None, None


def ventilation_of(event: VentilatorEvent, filed: Filed) -> Ventilation:
    """A ventilator event's statement of support and control."""
    in_force = event.status not in NO_STATEMENT
    known = event.support_known, event.control_known
    stated = any(word is not None for word in known)
    support, control = known if in_force else (None, None)
    return Ventilation(
        filed, support, control, in_force, filed.order(filed.event_id), filed.version(event.status), stated
    )


def asked_for(observation: Observation, specimen: str, codemap: CodeMap) -> Variable | None:
    """The variable an observation measures, or None for a code that no rule uses.

    A PaO2 counts only from an arterial specimen (docs/topics.md, codes and units).
    """
    variable = codemap.variable(observation.system, observation.code)
    if variable is not Variable.PAO2:
        return variable
    if codemap.arterial_only(observation.system, observation.code):
        return variable if specimen == "arterial" else None
    return variable if specimen in ("arterial", "unknown") else None


def exact_value(
    variable: Variable, observation: Observation, codemap: CodeMap, factor: Decimal | None = None
) -> Decimal:
    """The number of an observation in the variable's canonical unit, whatever its comparator. `factor`: of its unit,
    where that is known already.

    Raises `Unusable` with its first fault, in the order value, comparator, unit, range.
    """
    number = observation.number
    if number is None:
        raise Unusable("value-not-numeric", "the value is not a JSON number; " + _NUMBER_WANTED)
    if not observation.comparator_known:
        raise Unusable("word-unknown", "the comparator is none of < <= >= >; without a meaning the value is not used")
    return canonical_value(variable, number, observation.unit, codemap, factor)


_NUMBER_WANTED = (
    "send it without quotes, words or signs; a value below or above a limit as the limit with a `comparator`, and what "
    "has no number with the status cancelled, or not at all"
)
