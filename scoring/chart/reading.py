"""An observation as the rules read it: its variable, its usable value or why there is none (V1, V4)."""

from collections.abc import Callable
from decimal import Decimal
from typing import cast

from picustream.models.codemap import CodeMap
from picustream.models.envelope import SAYS_NOTHING, WITHDRAWN, Status
from picustream.models.observation import Observation, ObservationEvent, VentilatorEvent
from picustream.models.protocol import Protocol
from picustream.models.record import Comparator
from picustream.models.variable import Variable
from picustream.scoring.chart.entries import Filed, Observed, Ventilation
from picustream.scoring.chart.units import Unusable, canonical_value

COMPARATOR = "comparator"
"""The fault of a value with a comparator whose points are not certain (V4)."""


Certain = Callable[[Variable, Decimal, Comparator], bool]
"""V4: whether every value on that side of a canonical value gives the same points."""


def observed_of(
    event: ObservationEvent,
    observation: Observation,
    filed: Filed,
    protocol: Protocol,
    codemap: CodeMap,
    is_certain: Certain,
) -> Observed:
    """The version of an observation that an event brings; `filed`: the event in the chart."""
    variable = asked_for(observation, event.specimen_known, codemap)
    status = event.status_of(observation)
    value, fault = (
        _usable(variable, observation, status, protocol, codemap, is_certain) if variable else (None, "not-asked-for")
    )
    identity = event.id_of(observation)
    return Observed(
        filed=filed,
        id=identity,
        variable=variable,
        value=value,
        fault=fault,
        in_force=status not in WITHDRAWN,
        original=observation.number,
        unit=observation.unit,
        order=filed.order(identity),
        rank=filed.version(status),
        comparator=cast(Comparator | None, observation.comparator) if value is not None else None,
    )


def ventilation_of(event: VentilatorEvent, filed: Filed) -> Ventilation:
    """A ventilator event's statement of support and control."""
    in_force = event.status not in WITHDRAWN and event.status not in SAYS_NOTHING
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


def exact_value(variable: Variable, observation: Observation, codemap: CodeMap) -> Decimal:
    """The number of an observation in the variable's canonical unit, whatever its comparator.

    Raises `Unusable` with its first fault, in the order value, comparator, unit, range.
    """
    number = observation.number
    if number is None:
        raise Unusable("value-not-numeric", "the value is not a JSON number; " + _NUMBER_WANTED)
    if not observation.comparator_known:
        raise Unusable("word-unknown", "the comparator is none of < <= >= >; without a meaning the value is not used")
    return canonical_value(variable, number, observation.unit, codemap)


_NUMBER_WANTED = (
    "send it without quotes, words or signs; a value below or above a limit as the limit with a `comparator`, and what "
    "has no number with the status cancelled, or not at all"
)


def _usable(
    variable: Variable,
    observation: Observation,
    status: Status,
    protocol: Protocol,
    codemap: CodeMap,
    is_certain: Certain,
) -> tuple[Decimal | None, str | None]:
    """Rules V1, V4: current, not withdrawn, unit known, in range, its points certain; else the fault."""
    if status in WITHDRAWN:
        return None, "withdrawn"
    unused = status is Status.PRELIMINARY and not protocol.data.use_preliminary
    if status in SAYS_NOTHING or unused:
        return None, "no-value"
    try:
        value = exact_value(variable, observation, codemap)
    except Unusable as unusable:
        return None, unusable.reason
    if observation.comparator is not None and not is_certain(variable, value, cast(Comparator, observation.comparator)):
        return None, COMPARATOR
    return value, None
