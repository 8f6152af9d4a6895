"""Alerts (docs/alerts.md): conditions that hold now, fired once and resolved once.

An alert of a stay is a function of its records and of the moment, so it is right again after any crash; what is firing
is stored with the stay. Alerts about a source are in `feed_monitor.py`. `docs/alerts.md` says what each name means and
what to do.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from picustream.models.protocol import Protocol
from picustream.models.record import ALERT, AlertRecord, Cause, filled
from picustream.models.variable import Variable
from picustream.scoring.chart.chart import Chart
from picustream.scoring.clinical.stay import Stay, treatment_start
from picustream.scoring.records.bodies import Body, RecordKey
from picustream.scoring.records.conditions import Condition
from picustream.scoring.records.revisions import Head, Revision, RevisionContext, said_of_the_patient
from picustream.scoring.rules import Rules

Severity = Literal["info", "warning", "critical"]
Audience = Literal["operations", "trial-office"]

SILENT_AFTER = timedelta(hours=4)
"""An open stay without a vital sign for this long is silent."""

VITAL_SIGNS = (Variable.HEART_RATE, Variable.MAP_INVASIVE, Variable.MAP_NONINVASIVE, Variable.SPO2)

CATALOGUE: dict[str, tuple[Severity, Audience]] = {
    "eligible": ("info", "trial-office"),
    "consent-due": ("warning", "trial-office"),
    "follow-up-due": ("warning", "trial-office"),
    "window-day-unmeasured": ("warning", "trial-office"),
    "amended-after-final": ("warning", "trial-office"),
    "treatment-outside-stay": ("warning", "trial-office"),
    "no-admission": ("warning", "operations"),
    "end-before-admission": ("warning", "operations"),
    "patient-mismatch": ("critical", "operations"),
    "correction-unmatched": ("warning", "operations"),
    "id-reused": ("warning", "operations"),
    "admission-moved": ("warning", "operations"),
    "birth-date-implausible": ("warning", "operations"),
    "conflicting-duplicate": ("warning", "operations"),
    "stay-silent": ("warning", "operations"),
    "feed-silent": ("warning", "operations"),
    "clock-skew": ("warning", "operations"),
    "dead-letters": ("warning", "operations"),
    "feed-unread": ("warning", "operations"),
    "record-quarantined": ("critical", "operations"),
    "misrouted-key": ("info", "operations"),
    "late-beyond-window": ("warning", "operations"),
    "state-rebuilt": ("critical", "operations"),
}
"""Severity and audience of every alert."""


FIRING: Literal["firing"] = "firing"
RESOLVED: Literal["resolved"] = "resolved"

WITHIN = "+"
"""Between a source and an event id in a subject; no id contains it."""


def alert_name(key: RecordKey) -> str:
    """The name in an alert's key."""
    return key.part.partition("/")[0]


NO_ADMISSION = RecordKey("alert", "no-admission")
STAY_SILENT = RecordKey("alert", "stay-silent")
CONFLICTING = "conflicting-duplicate"
QUARANTINED = "record-quarantined"
MISMATCH = "patient-mismatch"
UNMATCHED = "correction-unmatched"
REUSED = "id-reused"
BOUNDED = (MISMATCH, UNMATCHED, REUSED)
"""Alerts with a subject, of which a feed may make up one per message."""
MOST_SUBJECTS = 32
"""Subjects of one of these alerts in a stay. What was published of a subject is never forgotten (I3), so beyond this
number no new subject raises an alert (I9)."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What the conditions of a stay depend on."""

    chart: Chart
    stay: Stay | None
    heads: Mapping[RecordKey, Head]
    now: datetime
    protocol: Protocol
    silent_since: datetime | None
    """As the function of this name says."""


def stay_conditions(situation: Situation) -> Iterator[Condition]:
    """Every condition of the stay itself that holds now."""
    yield from _conflicts(situation)
    if situation.stay is None:
        yield from _without_admission(situation)
        return
    yield from _facts(situation, situation.stay)
    silent = situation.silent_since
    if silent is not None and situation.now >= silent + SILENT_AFTER:
        yield Condition(STAY_SILENT.part, silent)


def _without_admission(situation: Situation) -> Iterator[Condition]:
    """Since the first event of the stay; while it fires, since the time it was published with."""
    head = situation.heads.get(NO_ADMISSION)
    if head is not None and head.digest == FIRING:
        yield Condition(NO_ADMISSION.part, head.effective_at)
    elif (observed := situation.chart.live.first_observed()) is not None:
        yield Condition(NO_ADMISSION.part, observed)


def silent_since(chart: Chart, stay: Stay | None) -> datetime | None:
    """When the last vital sign of an open stay happened, at the earliest its admission; None of any other."""
    if stay is None or stay.end is not None:
        return None
    observed = (chart.index.usable[variable].last_at() for variable in VITAL_SIGNS)
    return max([stay.start, *(moment for moment in observed if moment is not None)])


def _conflicts(situation: Situation) -> Iterator[Condition]:
    for (source, event_id), moment in situation.chart.conflicts.events.items():
        yield Condition(CONFLICTING, moment, f"{source}{WITHIN}{event_id}")


def _facts(situation: Situation, stay: Stay) -> Iterator[Condition]:
    for fact in stay.set_aside:
        yield Condition("end-before-admission", fact.at, detail=fact.filed.event_id)
    if stay.birth_is_implausible(situation.protocol):
        yield Condition("birth-date-implausible", stay.start)
    for patient_id, first in situation.chart.live.first_by_patient(but=stay.patient_id).items():
        yield Condition(MISMATCH, first.happened_at, patient_id, first.event_id)
    t0 = treatment_start(situation.chart)
    if t0 is not None and (t0 < stay.start or (stay.end is not None and t0 > stay.end)):
        yield Condition("treatment-outside-stay", t0)


def record_conditions(key: RecordKey, body: Body | None, head: Head | None, rules: Rules) -> Iterator[Condition]:
    """Every condition that one record makes hold."""
    if body is None:
        return
    yield from rules.kinds[key.kind].conditions(key.part, body, rules.protocol)
    amended = key.kind in rules.kinds.is_score and head is not None and head.status == "amended"
    if amended and head is not None and said_of_the_patient(body) != head.final:
        yield Condition("amended-after-final", body.effective_at, str(key))


def alert_revisions(
    holding: Mapping[RecordKey, Condition],
    firing: Set[RecordKey],
    heads: Mapping[RecordKey, Head],
    context: RevisionContext,
) -> Iterator[Revision]:
    """The alerts to publish: conditions that began to hold, and those of `firing` that hold no more."""
    for key in sorted(holding.keys() - firing):
        yield _revision(key, holding[key], heads.get(key), context, FIRING)
    for key in sorted(firing - holding.keys()):
        name, _, subject = key.part.partition("/")
        over = Condition(name, heads[key].effective_at, subject)
        yield _revision(key, over, heads[key], context, RESOLVED)


def passing_alert(
    name: str, subject: str, rules: Rules, now: datetime, severity: Severity | None = None
) -> Iterator[dict[str, Any]]:
    """The fields of an alert that is fired and resolved at once. `severity`: where it is not that of its name."""
    about = RevisionContext(rules, None, None, Cause(reason=name, event_id=None), now)
    condition = Condition(name, now, detail=subject)
    for number, state in ((1, FIRING), (2, RESOLVED)):
        record = _record(f"{subject}/alert/{name}", number, condition, about, state)
        yield record if severity is None else record | {"severity": severity}


def _revision(
    key: RecordKey,
    condition: Condition,
    head: Head | None,
    context: RevisionContext,
    state: Literal["firing", "resolved"],
) -> Revision:
    number = head.revision + 1 if head else 1
    alert_id = f"{context.stay_id}/{key}" if context.stay_id else str(key)
    record = _record(alert_id, number, condition, context, state)
    return Revision(ALERT, key, record, Head(number, state, "final", False, context.patient_id, condition.since))


def _record(
    alert_id: str, number: int, condition: Condition, context: RevisionContext, state: Literal["firing", "resolved"]
) -> dict[str, Any]:
    severity, audience = CATALOGUE[condition.name]
    return filled(
        AlertRecord,
        event_id=f"{alert_id}/r{number}",
        alert_id=alert_id,
        stay_id=context.stay_id,
        patient_id=context.patient_id,
        name=condition.name,
        severity=severity,
        audience=audience,
        state=state,
        since=condition.since,
        detail=condition.detail,
        status="final",
        revision=number,
        supersedes=f"{alert_id}/r{number - 1}" if number > 1 else None,
        cause=context.cause,
        effective_at=condition.since,
        emitted_at=context.emitted_at,
        protocol=context.rules.protocol.stamp(),
        software=context.rules.software,
        caveats=(),
    )
