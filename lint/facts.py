"""What the facts of a stay, and ventilator events beside their values, give to scores."""

from collections.abc import Iterator

from picustream.lint.components import bits
from picustream.lint.tallies import Stated, StayTally
from picustream.models.envelope import NO_STATEMENT, STATUS_RANK, Status
from picustream.models.fact import Admitted, ArdsAssessed, Died, Discharged, FactEvent, TreatmentStarted
from picustream.models.observation import ObservationEvent, VentilatorEvent
from picustream.models.variable import Variable
from picustream.scoring.clinical.support import INVASIVE, ROOM_AIR
from picustream.scoring.scores.description import ARDS_ONSET, BIRTH_DATE, PEAK_UNDER_PRESSURE_CONTROL


def states(status: Status) -> bool:
    """Whether something of this status states anything."""
    return status not in NO_STATEMENT


def also_stated(event: ObservationEvent, usable: list[Variable]) -> set[str]:
    """What a ventilator event states beside its values."""
    if not isinstance(event, VentilatorEvent) or not states(event.status):
        return set()
    found = {support for support in (ROOM_AIR, INVASIVE) if support == event.support_known}
    if event.control_known == "pressure" and Variable.PEAK_PRESSURE in usable:
        found.add(PEAK_UNDER_PRESSURE_CONTROL)
    return found


def note_fact(event: FactEvent, stay: StayTally, where: str) -> None:
    """Keep the version of a fact that is in force, of those that bound a stay or give something to a score."""
    if not isinstance(event, Admitted | Discharged | Died | TreatmentStarted | ArdsAssessed):
        return
    stated = states(event.status)
    new = Stated(
        (event.filed_at, STATUS_RANK[event.status], event.event_id),
        event.happened_at if stated else None,
        event.patient_id,
        bits(_given(event)) if stated else 0,
        where,
        event.birth_date if stated and isinstance(event, Admitted) else None,
    )
    old = stay.facts.get(event.type)
    if old is None or new.rank >= old.rank:
        stay.facts[event.type] = new


def _given(event: FactEvent) -> Iterator[str]:
    """What a fact gives to a score. A confirmed ARDS without its onset gives no APPS (A3)."""
    if isinstance(event, Admitted) and event.birth_date is not None:
        yield BIRTH_DATE
    if isinstance(event, ArdsAssessed) and event.result == "confirmed" and event.onset_at is not None:
        yield ARDS_ONSET
