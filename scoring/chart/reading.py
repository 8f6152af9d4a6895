"""What one observation of an event says: its variable, its usable value or why there is none (V1; section 2)."""

from decimal import Decimal

from picustream.models.codemap import CodeMap
from picustream.models.event import SAYS_NOTHING, WITHDRAWN, LabEvent, Observation, ObservationEvent, Status
from picustream.models.protocol import Protocol
from picustream.models.variable import Variable
from picustream.scoring.chart.entries import Filed, Observed
from picustream.scoring.chart.units import Unusable, canonical_value


def observed_of(
    event: ObservationEvent, said: Observation, kept: Filed, protocol: Protocol, codemap: CodeMap
) -> Observed:
    """The version of an observation that an event brings; `kept` is the event as the chart keeps it."""
    specimen = event.specimen if isinstance(event, LabEvent) else "unknown"
    variable = asked_for(said, specimen, codemap)
    status = event.status_of(said)
    value, fault = _usable(variable, said, status, protocol, codemap) if variable else (None, "not-asked-for")
    identity = event.id_of(said)
    stands, order = status not in WITHDRAWN, kept.order(identity)
    return Observed(kept, identity, variable, value, fault, stands, said.value, said.unit, order)


def asked_for(said: Observation, specimen: str, codemap: CodeMap) -> Variable | None:
    """The variable an observation measures, or None for a code nobody asked for.

    A blood gas of unstated or other origin is no arterial one (docs/topics.md, codes and units).
    """
    variable = codemap.variable(said.system, said.code)
    if variable is not Variable.PAO2:
        return variable
    if codemap.arterial_only(said.system, said.code):
        return variable if specimen == "arterial" else None
    return variable if specimen in ("arterial", "unknown") else None


def _usable(
    variable: Variable, said: Observation, status: Status, protocol: Protocol, codemap: CodeMap
) -> tuple[Decimal | None, str | None]:
    """Rule V1: current, not withdrawn, unit known, in range; else the fault."""
    if status in WITHDRAWN:
        return None, "withdrawn"
    unused = status is Status.PRELIMINARY and not protocol.data.use_preliminary
    if status in SAYS_NOTHING or unused or said.value is None:
        return None, "no-value"
    try:
        return canonical_value(variable, said.value, said.unit, codemap), None
    except Unusable as unusable:
        return None, unusable.reason
