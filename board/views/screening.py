"""The desk: who may be enrolled, why, what is missing, until when, and what was entered about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from picustream.board.views import times
from picustream.board.views.due import CONSENT, FOLLOW_UP, Due, consent, follow_up, left_alive
from picustream.board.views.office import Office, asked_since, decided, in_force
from picustream.board.views.reading import Reading, record
from picustream.readmodel.rows import DeskRow
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
    CONSENT: "Consent",
    "review": "Review",
    FOLLOW_UP: "Follow-up",
    "all": "All",
}
"""Name in the address, and on the page."""
DECISIONS = ("approached", "enrolled", "declined", "not-suitable")
CLOSED = "closed"


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
    due: tuple[Due, ...]
    decision: Entry | None
    note: Entry | None
    entries: tuple[Entry, ...]

    @property
    def missing(self) -> tuple[Judged, ...]:
        return tuple(one for one in self.criteria if one.met is not True)

    @property
    def acted(self) -> Entry | None:
        """The last who did something about it."""
        return next(iter(self.entries), None)

    def due_at(self, what: str) -> float:
        """From when something is due that is; by what clocks everywhere show."""
        return next(one.at.timestamp() for one in self.due if one.what == what)

    @property
    def tabs(self) -> frozenset[str]:
        """Where it is listed."""
        found = {
            "eligible": self.state == "eligible",
            "near-miss": self.state != "withdrawn" and len(self.missing) == 1,
            "waiting": self.state == "screening" and self.next_change_at is not None,
            "review": self.state == "review",
        } | {one.what: True for one in self.due}
        return frozenset({"all"} | {name for name, listed in found.items() if listed})


@dataclass(frozen=True, slots=True)
class Desk:
    """Candidates, those first whose time runs out first, and those last whose time is over."""

    candidates: tuple[Candidate, ...]

    def of_tab(self, tab: str, unit: str | None) -> tuple[Candidate, ...]:
        """A list; what is due by when it is."""
        found = [one for one in self.candidates if tab in one.tabs and unit in (None, one.unit)]
        return tuple(sorted(found, key=lambda one: one.due_at(tab)) if tab in (CONSENT, FOLLOW_UP) else found)

    @property
    def units(self) -> tuple[str, ...]:
        return tuple(sorted({one.unit for one in self.candidates if one.unit}))


def desk(
    reading: Reading, office: Office, now: datetime, zone: ZoneInfo, listed: Sequence[str], follow_up_days: int
) -> Desk:
    """These stays as known at the reading's moment; `now`, in the zone, is that moment or the present."""
    stays = {row.stay: cast(StayRecord, record(STAY, row.body)) for row in in_force(reading, office, STAY, listed)}
    since = asked_since(reading, office, listed)
    went = [stay for stay, one in stays.items() if stay is not None and left_alive(one)]
    known = decided(reading, office, went, follow_up_days)
    entered: dict[str, list[DeskRow]] = {}
    for one in office.desk(stay=listed):
        if one.stay is not None and (reading.at is None or one.at <= reading.at):
            entered.setdefault(one.stay, []).append(one)
    rows = [row for row in in_force(reading, office, ELIGIBILITY, listed) if row.status != "entered-in-error"]
    found = []
    for row in rows:
        screened, stay = EligibilityRecord.model_validate(row.json()), stays.get(row.stay)
        dues = (
            consent(screened, since.get(row.stay, row.emitted_at), zone),
            follow_up(stay, row.stay in known, follow_up_days, now, zone),
        )
        due = tuple(one for one in dues if one is not None)
        found.append(_candidate(screened, row.emitted_at, stay, due, entered.get(row.stay or "", ()), now, zone))
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


def _candidate(
    screened: EligibilityRecord,
    emitted_at: datetime,
    presence: StayRecord | None,
    due: tuple[Due, ...],
    entered: Sequence[DeskRow],
    now: datetime,
    zone: ZoneInfo,
) -> Candidate:
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
        since=(screened.eligible_since or emitted_at).astimezone(zone),
        criteria=tuple(_judged(one) for one in screened.criteria),
        next_change_at=_local(screened.next_change_at, zone),
        closes_at=closes,
        left="" if closes is None else _left(closes, now),
        due=due,
        decision=_last(entries, entered, "screening-decision"),
        note=_last(entries, entered, "note"),
        entries=entries[::-1],
    )


def _whereabouts(found: StayRecord | None) -> tuple[str, str | None, str]:
    if found is None:
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
