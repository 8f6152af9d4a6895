"""What a message of HL7 v2 states: the values of its OBX segments, and the movement of an ADT event."""

from dataclasses import replace
from zoneinfo import ZoneInfo

from picustream.gateways.hl7.groups import Patient, patients
from picustream.gateways.hl7.identifiers import subject
from picustream.gateways.hl7.message import Message
from picustream.gateways.hl7.movements import BY_HAND, MOVES, birth_faults, merge_fault, movement
from picustream.gateways.hl7.private import private
from picustream.gateways.hl7.times import Reckoning
from picustream.gateways.hl7.values import Context, context_of, took_a_period, value_of
from picustream.gateways.site.config import Source
from picustream.gateways.statement import Move, Statements
from picustream.scoring.faults import Fault

_RESULTS = "ORU^R01"
_READ_AS_RESULTS = {_RESULTS, "ORU^R30", "ORU^R31", "ORU^R32", "OUL^R21", "OUL^R22", "OUL^R23", "OUL^R24"}
"""With those of the point of care, and those of analysers by sample."""
_TRAINING = {"T", "D"}


def statements(message: Message, source: Source, zone: ZoneInfo | None) -> list[Statements]:
    """The statements of a message, one for each patient or visit that it speaks of; each OBX is a value of one."""
    context = context_of(message, source, Reckoning(zone))
    kind = kind_of(message)
    unused = no_production(message, source)
    groups = patients(message)
    found = [one for patient in groups for one in _of_patient(kind, patient, context)]
    if unused:
        found = [replace(one, movements=(), faults=(), unused=unused) for one in found]
    found[0] = replace(found[0], warnings=_warnings(message, groups, context))
    hidden = private(message)
    return [replace(one, private=hidden) for one in found]


def _warnings(message: Message, groups: list[Patient], context: Context) -> tuple[str, ...]:
    """What is counted of a message besides its values."""
    periods = sum(took_a_period(result, context) for patient in groups for result in patient.results)
    notes = sum(segment.name == "NTE" for segment in message.segments)
    counts = {"segments-joined": message.joined, "notes-not-read": notes, "collection-periods": periods}
    return tuple(word for word, count in counts.items() for _ in range(count))


def kind_of(message: Message) -> str:
    """`ADT^A02`: MSH-9; an ADT message that names no event there names it in EVN-1, and ORU has one event."""
    kind = message.kind
    if kind == "ORU":
        return _RESULTS
    evn = message.first("EVN")
    if kind == "ADT" and evn is not None and (event := evn.text(1).strip().upper()):
        return f"{kind}^{event}"
    return kind


def no_production(message: Message, source: Source) -> str:
    """Why a message is not one of production by its header; "" where it is."""
    word = message.header.text(11).strip().upper()
    if not word:
        return "" if source.production else "processing-id-missing"
    if word in _TRAINING:
        return "" if source.accept_training else "training"
    return "" if word == "P" else "processing-id-unknown"


def _of_patient(kind: str, patient: Patient, context: Context) -> list[Statements]:
    whom = subject(patient.pid, patient.pv1)
    values = tuple(value_of(result, context) for result in patient.results)
    if kind in _READ_AS_RESULTS:
        return [Statements(kind, whom, values)]
    found = []
    message, _, event = kind.partition("^")
    if message == "ADT" and event in MOVES:
        found.append(_moved(kind, MOVES[event], patient, context))
    elif message == "ADT" and event in BY_HAND:
        fault = Fault("merge-by-hand", "MSH-9", "a change of identifiers of this kind is made by a person")
        found.append(Statements(kind, whom, faults=(fault,)))
    if values or not found:
        found.append(Statements(kind, whom, values, unused="unused-kind"))
    return found


def _moved(kind: str, move: Move, patient: Patient, context: Context) -> Statements:
    whom = subject(patient.pid, patient.pv1)
    faults = birth_faults(patient.pid)
    if move is Move.MERGE and (fault := merge_fault(patient)):
        return Statements(kind, whom, faults=(fault, *faults))
    return Statements(kind, whom, movements=(movement(move, patient, context),), faults=faults)
