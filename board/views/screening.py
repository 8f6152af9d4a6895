"""The desk: who may be enrolled, why, what is missing, until when, and what was entered about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from picustream.board.views import times
from picustream.board.views.reading import Reading, record
from picustream.models.record import ALERT
from picustream.readmodel.asking import Stays
from picustream.readmodel.rows import DeskRow, Row
from picustream.scoring.presence.record import STAY, StayRecord
from picustream.scoring.trial.records import ELIGIBILITY, Criterion, EligibilityRecord

LABELS = {
    "in-picu": "in the PICU",
    "age": "age",
    "stay-48h": "stay of 48 h",
    "consent": "consent",
    "data-complete": "data complete",
}
"""The criteria as a coordinator says them."""
TABS = {
    "eligible": "Eligible",
    "near-miss": "Near misses",
    "waiting": "Waiting for time",
    "review": "Review",
    "follow-up": "Follow-up due",
    "all": "All",
}
"""Name in the address, and on the page."""
DECISIONS = ("approached", "enrolled", "declined", "not-suitable")
DUE = {"consent-due": "consent due", "follow-up-due": "follow-up due"}
"""Alerts of the trial office that ask for an act."""
FIRING = "firing"
CLOSED = "closed"


class Office(Protocol):
    """A read model, as far as the desk needs one."""

    def current(
        self, topic: str, *, stay: Stays | None = None, state: str | None = None, name: str | None = None
    ) -> Sequence[Row]: ...
    def known_at(
        self, at: datetime, topic: str, *, stay: Stays | None = None, state: str | None = None, name: str | None = None
    ) -> Sequence[Row]: ...
    def changed(self, topic: str, since: datetime, until: datetime | None = None) -> Sequence[str]: ...
    def standing(self, topic: str, at: datetime | None = None) -> Sequence[tuple[str, str]]: ...
    def revisions(self, topic: str, *, stay: str) -> Sequence[Row]: ...
    def desk(self, *, stay: Stays | None = None, type: str | None = None) -> Sequence[DeskRow]: ...


@dataclass(frozen=True, slots=True)
class Judged:
    """A criterion."""

    label: str
    met: bool | None
    words: str
    evidence: tuple[str, ...]

    @property
    def mark(self) -> str:
        return {True: "✓", False: "✗", None: "?"}[self.met]

    @property
    def verdict(self) -> str:
        return {True: "met", False: "not met", None: "not known"}[self.met]


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody entered."""

    event_id: str
    what: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stay as the desk shows it."""

    stay: str
    patient: str
    where: str
    """`Bed 3`, or what became of the child."""
    unit: str | None
    age: str
    state: str
    since: datetime
    criteria: tuple[Judged, ...]
    next_change_at: datetime | None
    closes_at: datetime | None
    left: str
    """How long enrolment is open yet; empty without an end."""
    due: tuple[tuple[str, datetime], ...]
    """What is due, and since when."""
    decision: Entry | None
    note: Entry | None
    entries: tuple[Entry, ...]

    @property
    def missing(self) -> tuple[Judged, ...]:
        return tuple(one for one in self.criteria if one.met is not True)

    @property
    def tabs(self) -> frozenset[str]:
        """Where it is listed."""
        found = {
            "eligible": self.state == "eligible",
            "near-miss": self.state != "withdrawn" and len(self.missing) == 1,
            "waiting": self.state == "screening" and self.next_change_at is not None,
            "review": self.state == "review",
            "follow-up": any(name == DUE["follow-up-due"] for name, _ in self.due),
        }
        return frozenset({"all"} | {name for name, listed in found.items() if listed})


@dataclass(frozen=True, slots=True)
class Desk:
    """Candidates, those first whose time runs out first, and those last whose time is over."""

    candidates: tuple[Candidate, ...]

    def of_tab(self, tab: str, unit: str | None) -> tuple[Candidate, ...]:
        return tuple(one for one in self.candidates if tab in one.tabs and unit in (None, one.unit))

    @property
    def units(self) -> tuple[str, ...]:
        return tuple(sorted({one.unit for one in self.candidates if one.unit}))


def at_desk(reading: Reading, office: Office, since: datetime) -> list[str]:
    """Who is listed: the children who are here, whose stay changed since a moment, and whoever waits for an act."""
    here = (row.stay for row in _in_force(reading, office, STAY, state="present"))
    review = (row.stay for row in _in_force(reading, office, ELIGIBILITY, state="review"))
    changed = (*office.changed(STAY, since, reading.at), *office.changed(ELIGIBILITY, since, reading.at))
    due = (row.stay for name in DUE for row in _firing(reading, office, name))
    return sorted({stay for stay in (*here, *review, *changed, *due) if stay is not None})


def desk(reading: Reading, office: Office, now: datetime, zone: ZoneInfo, listed: Sequence[str]) -> Desk:
    """These stays as known at the reading's moment; `now`, in the zone, is that moment or the present."""
    stays = {row.stay: row for row in _in_force(reading, office, STAY, listed)}
    due = _due(reading, office, listed)
    entered: dict[str, list[DeskRow]] = {}
    for one in office.desk(stay=listed):
        if one.stay is not None and (reading.at is None or one.at <= reading.at):
            entered.setdefault(one.stay, []).append(one)
    rows = [row for row in _in_force(reading, office, ELIGIBILITY, listed) if row.status != "entered-in-error"]
    found = [
        _candidate(row, stays.get(row.stay), due.get(row.stay or "", ()), entered.get(row.stay or "", []), now, zone)
        for row in rows
    ]
    return Desk(tuple(sorted(found, key=urgency)))


def urgency(one: Candidate) -> tuple[bool, bool, float, str]:
    """Its place in a list. By what clocks everywhere show: on one of a zone an hour comes twice, once a year."""
    moment = one.closes_at or one.since
    return one.left == CLOSED, one.closes_at is None, moment.timestamp(), one.stay


def history(
    reading: Reading, office: Office, stay: str, zone: ZoneInfo
) -> list[tuple[datetime, str, tuple[Judged, ...]]]:
    """When the screening of a stay changed, to what and by which criteria, newest first."""
    found: list[tuple[datetime, str, tuple[Judged, ...]]] = []
    before: dict[str, Judged] = {}
    for row in office.revisions(ELIGIBILITY, stay=stay):
        if reading.at is not None and row.emitted_at > reading.at:
            continue
        screened = EligibilityRecord.model_validate(row.json())
        criteria = {str(one.criterion): _judged(one) for one in screened.criteria}
        changed = tuple(one for name, one in criteria.items() if before.get(name) != one)
        found.append((row.emitted_at.astimezone(zone), screened.state or "withdrawn", changed))
        before = criteria
    return found[::-1]


def _in_force(
    reading: Reading, office: Office, topic: str, stays: Stays | None = None, state: str | None = None
) -> Sequence[Row]:
    if reading.at is None:
        return office.current(topic, stay=stays, state=state)
    return office.known_at(reading.at, topic, stay=stays, state=state)


def _firing(reading: Reading, office: Office, name: str, stays: Stays | None = None) -> Sequence[Row]:
    """The alerts of a name that fire."""
    if reading.at is None:
        return office.current(ALERT, stay=stays, state=FIRING, name=name)
    return office.known_at(reading.at, ALERT, stay=stays, state=FIRING, name=name)


def _due(reading: Reading, office: Office, stays: Stays) -> dict[str, tuple[tuple[str, datetime], ...]]:
    """What fires for the trial office and asks for an act, by stay."""
    found: dict[str, tuple[tuple[str, datetime], ...]] = {}
    for name, words in DUE.items():
        for row in _firing(reading, office, name, stays):
            if row.stay is not None:
                one = (words, datetime.fromisoformat(row.json()["since"]))
                found[row.stay] = (*found.get(row.stay, ()), one)
    return found


def _candidate(
    row: Row,
    presence: Row | None,
    due: Sequence[tuple[str, datetime]],
    entered: Sequence[DeskRow],
    now: datetime,
    zone: ZoneInfo,
) -> Candidate:
    screened = EligibilityRecord.model_validate(row.json())
    where, unit, age = _whereabouts(presence)
    entries = tuple(entry_of(one, zone) for one in entered)
    closes = _local(screened.closes_at, zone)
    return Candidate(
        stay=screened.stay_id,
        patient=screened.patient_id or "",
        where=where,
        unit=unit,
        age=age,
        state=screened.state or "withdrawn",
        since=(screened.eligible_since or row.emitted_at).astimezone(zone),
        criteria=tuple(_judged(one) for one in screened.criteria),
        next_change_at=_local(screened.next_change_at, zone),
        closes_at=closes,
        left="" if closes is None else _left(closes, now),
        due=tuple((name, since.astimezone(zone)) for name, since in due),
        decision=_last(entries, entered, "screening-decision"),
        note=_last(entries, entered, "note"),
        entries=entries[::-1],
    )


def _whereabouts(presence: Row | None) -> tuple[str, str | None, str]:
    found = None if presence is None else record(STAY, presence.body)
    if not isinstance(found, StayRecord):
        return "not known", None, ""
    bed = f"Bed {found.bed}" if found.bed else "bed not known"
    return bed if found.state == "present" else found.end or "left", found.unit, times.age(found.age)


def _judged(criterion: Criterion) -> Judged:
    words = (criterion.detail or "").replace("-", " ")
    return Judged(LABELS[criterion.criterion], criterion.met, words, tuple(criterion.evidence))


def entry_of(row: DeskRow, zone: ZoneInfo) -> Entry:
    """What was entered, by whom and when."""
    return Entry(row.event_id, said(row), row.by, row.at.astimezone(zone))


def said(row: DeskRow) -> str:
    """What was entered, in words."""
    fields: dict[str, Any] = row.json()
    what = str(fields["note"]) if row.type == "note" else str(fields.get("decision", row.type)).replace("-", " ")
    reason = fields.get("reason")
    return f"{what}: {reason.replace('-', ' ')}" if reason else what


def _last(entries: Sequence[Entry], entered: Sequence[DeskRow], type: str) -> Entry | None:
    return next((entry for entry, row in zip(entries[::-1], entered[::-1], strict=True) if row.type == type), None)


def _local(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if at is None else at.astimezone(zone)


def _left(closes: datetime, now: datetime) -> str:
    left = times.between(now, closes)
    return times.long(left) if left > timedelta(0) else CLOSED
