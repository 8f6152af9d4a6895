"""ADT events as movements: what a message states about where a patient is, who that is, or how it ended."""

import re
from datetime import date, datetime
from typing import Literal

from picustream.gateways.hl7.groups import Patient
from picustream.gateways.hl7.identifiers import identifiers, place
from picustream.gateways.hl7.message import Segment
from picustream.gateways.hl7.times import day, instant, is_absent
from picustream.gateways.hl7.values import Context
from picustream.gateways.statement import Move, Movement
from picustream.models.birth import parse_birth
from picustream.scoring.faults import Fault

MOVES = {
    "A01": Move.ADMIT,
    "A02": Move.TRANSFER,
    "A03": Move.DISCHARGE,
    "A04": Move.ADMIT,
    "A08": Move.UPDATE,
    "A11": Move.CANCEL_ADMIT,
    "A12": Move.CANCEL_TRANSFER,
    "A13": Move.CANCEL_DISCHARGE,
    "A31": Move.UPDATE,
    "A40": Move.MERGE,
}
"""What an event states; a registration (A04) is an admission where its unit is one of ours."""
BY_HAND = {
    "A18", "A24", "A30", "A34", "A35", "A36", "A37", "A39", "A41", "A42", "A43", "A44", "A45", "A46", "A47", "A48",
    "A49", "A50", "A51",
}  # fmt: skip
"""Merges, moves and changes of identifiers of other kinds: a person decides."""
_Sex = Literal["female", "male", "other", "unknown"]
_SEXES: dict[str, _Sex] = {"F": "female", "M": "male", "O": "other", "A": "other"}
_TIME_OF_DAY = r"(?:\d{2}|\d{4}|\d{6,}(?:\.\d+)?)?"
_BIRTH = re.compile(rf"(\d{{4}})(?:(\d\d)(?:(\d\d){_TIME_OF_DAY})?)?(?:Z|[+-]\d\d:?\d\d)?", re.ASCII)
_LIVES: dict[str, bool] = {"Y": True, "N": False}


def movement(move: Move, patient: Patient, context: Context) -> Movement:
    """The movement of one patient."""
    evn = context.message.first("EVN")
    pid, pv1 = patient.pid, patient.pv1
    filed = _time(evn, 2, context) if context.source.recorded_at == "evn2" else context.sent
    return Movement(
        path=f"PID[{pid.number}]" if move is Move.MERGE and pid else "EVN",
        move=move,
        occurred_at=_time(evn, 6, context) or _time(evn, 2, context),
        recorded_at=filed,
        place=place(pv1, 3),
        prior=place(pv1, 6),
        admitted_at=_time(pv1, 44, context),
        discharged_at=_time(pv1, 45, context),
        disposition=_word(pv1, 36),
        destination=_word(pv1, 37),
        birth_date=birth_date(pid),
        sex=_sex(pid),
        dead=_LIVES.get(_word(pid, 30).upper()),
        died_at=_died_at(pid, context),
        loser=identifiers(patient.mrg, 1),
    )


def birth_faults(pid: Segment | None) -> tuple[Fault, ...]:
    """What is wrong with the date of birth."""
    if pid is None or is_absent(pid.text(7)) or birth_date(pid) is not None:
        return ()
    return (Fault("birth-date-unreadable", f"PID[{pid.number}]-7", "not a date of the form YYYY[MM[DD]]"),)


def merge_fault(patient: Patient) -> Fault | None:
    """Why a merge cannot be made."""
    if not identifiers(patient.mrg, 1):
        return Fault("merge-incomplete", "MRG-1", "it does not say which identifier is given up")
    if not identifiers(patient.pid, 3):
        return Fault("merge-incomplete", "PID-3", "it does not say which identifier stays")
    return None


def birth_date(pid: Segment | None) -> str | None:
    """PID-7 to the precision that was given, without the time of day."""
    form = _BIRTH.fullmatch(pid.text(7).strip()) if pid is not None else None
    if form is None or is_absent(form.group()):
        return None
    try:
        return str(parse_birth("-".join(part for part in form.groups() if part)))
    except ValueError:
        return None


def _sex(pid: Segment | None) -> _Sex | None:
    word = _word(pid, 8).upper()
    return _SEXES.get(word, "unknown") if word else None


def _died_at(pid: Segment | None, context: Context) -> datetime | date | Fault | None:
    """PID-29; the day alone where no more is said."""
    moment = _time(pid, 29, context)
    if pid is not None and isinstance(moment, Fault) and moment.reason == "time-too-coarse":
        return day(pid.text(29)) or moment
    return moment


def _time(segment: Segment | None, field: int, context: Context) -> datetime | Fault | None:
    if segment is None:
        return None
    number = f"[{segment.number}]" if segment.name == "PID" else ""
    return instant(segment.text(field), f"{segment.name}{number}-{field}", context.reckoning)


def _word(segment: Segment | None, field: int) -> str:
    return segment.text(field).strip().strip('"') if segment is not None else ""
