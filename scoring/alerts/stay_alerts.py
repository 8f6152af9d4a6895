"""The alerts of a stay: which hold, and which are firing."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from picustream.scoring.alerts.alerts import (
    BOUNDED,
    FIRING,
    MOST_SUBJECTS,
    SILENT_AFTER,
    STAY_SILENT,
    VITAL_SIGNS,
    Situation,
    alert_name,
    alert_revisions,
    record_conditions,
    silent_since,
    stay_conditions,
)
from picustream.scoring.alerts.version_alerts import unmatched, version_conditions
from picustream.scoring.chart.chart import Chart
from picustream.scoring.chart.entries import Piece
from picustream.scoring.chart.lineage import ADMISSION
from picustream.scoring.clinical.stay import Stay
from picustream.scoring.records.bodies import Body, RecordKey
from picustream.scoring.records.conditions import Condition
from picustream.scoring.records.revisions import Head, Revision, RevisionContext
from picustream.scoring.rules import Rules


class StayAlerts:
    """Conditions by the record that makes them hold, so that only changed records are evaluated again."""

    def __init__(self, rules: Rules, chart: Chart) -> None:
        self._rules = rules
        self._protocol = rules.protocol
        self._chart = chart
        self._of_records: dict[RecordKey, tuple[Condition, ...]] = {}
        self._firing: set[RecordKey] = set()
        self._subjects: dict[str, set[RecordKey]] = {name: set() for name in BOUNDED}
        self._anomalies = chart.anomalies
        self._stay: Stay | None = None
        """As of the last evaluation: of other facts there is another."""
        self._changed = False
        """Whether the conditions of a record have changed since."""
        self._just_filed: tuple[datetime | None, set[Piece]] = (None, set())
        """The moment of the last evaluation, and the unmatched corrections that arrived as of it."""
        self.due: datetime | None = None
        """When time alone may next raise one: no vital sign arrived, a correction is still unmatched."""

    def note_published(self, key: RecordKey, head: Head) -> None:
        """Takes note of a published alert."""
        if head.digest == FIRING:
            self._firing.add(key)
        else:
            self._firing.discard(key)
        self._subjects.get(alert_name(key), set()).add(key)

    def evaluate(self, key: RecordKey, body: Body | None, head: Head | None) -> None:
        """Takes note of a record that changed."""
        found = tuple(record_conditions(key, body, head, self._rules))
        if found == self._of_records.get(key, ()):
            return
        self._changed = True
        if found:
            self._of_records[key] = found
        else:
            del self._of_records[key]

    def just_filed_to_store(self) -> list[Any] | None:
        """For `restore_just_filed`, where there is something."""
        moment, pieces = self._just_filed
        return [moment, *sorted(pieces)] if pieces else None

    def restore_just_filed(self, stored: list[Any]) -> None:
        """Takes over what `just_filed_to_store` gave, written as JSON."""
        moment, *pieces = stored
        self._just_filed = datetime.fromisoformat(moment), {tuple(piece) for piece in pieces}

    def may_change(self, stay: Stay | None, now: datetime) -> bool:
        """Whether an alert may begin or end: of the evaluations of a stay one in ten changes what one depends on."""
        if self._changed or stay is not self._stay or STAY_SILENT in self._firing:
            return True
        if self._chart.anomalies != self._anomalies:
            return True
        return self.due is not None and now >= self.due and not self._was_heard_of(now)

    def _was_heard_of(self, now: datetime) -> bool:
        """Whether nothing but silence was awaited, and a vital sign has come since, so that it is awaited anew, as of
        every stay every four hours."""
        if self._chart.lineages or not self._chart.index.is_whole(VITAL_SIGNS):
            return False
        silent = silent_since(self._chart, self._stay)
        if silent is None or now >= silent + SILENT_AFTER:
            return False
        self.due = silent + SILENT_AFTER
        return True

    @property
    def depend_on_values(self) -> bool:
        """Whether more values alone may raise one: a score that an admission that moved has already had."""
        admission = self._chart.lineages.of(ADMISSION)
        return admission is not None and admission.two_moments is not None

    def revisions(
        self,
        stay: Stay | None,
        now: datetime,
        heads: dict[RecordKey, Head],
        context: RevisionContext,
        most: int | None = None,
    ) -> list[Revision]:
        """The alerts to publish as of `now`, up to `most`; to be called when all records are evaluated."""
        silent = silent_since(self._chart, stay)
        of_stay = stay_conditions(Situation(self._chart, stay, heads, now, self._protocol, silent))
        of_records = (condition for found in self._of_records.values() for condition in found)
        of_versions = version_conditions(self._chart, stay, self._rules)
        holding = {condition.key: condition for condition in (*of_stay, *of_records, *of_versions)}
        due = list(self._corrections(now, context.cause.event_id is None, holding))
        if silent is not None and STAY_SILENT not in holding:
            due.append(silent + SILENT_AFTER)
        self.due = min(due, default=None)
        holding = self._within_bounds(holding)
        self._anomalies, self._stay, self._changed = self._chart.anomalies, stay, False
        return list(islice(alert_revisions(holding, frozenset(self._firing), heads, context), most))

    def _corrections(self, now: datetime, by_clock: bool, holding: dict[RecordKey, Condition]) -> Iterator[datetime]:
        """Adds the corrections unmatched for too long to `holding`; yields when others will be.

        An alert begins by the clock alone (I8), never as the correction is filed: of a pair that arrives late and in
        the wrong order the original may follow as of the same moment.
        """
        fresh, (moment, just_filed) = self._chart.lineages.take_fresh(), self._just_filed
        just_filed = set() if by_clock else fresh | (just_filed if moment == now else set())
        self._just_filed = now, just_filed
        for piece, condition, due in unmatched(self._chart, self._protocol):
            if now >= due and piece not in just_filed:
                holding.setdefault(condition.key, condition)
            else:
                yield max(due, now)

    def _within_bounds(self, holding: dict[RecordKey, Condition]) -> dict[RecordKey, Condition]:
        """Without new subjects of an alert that has had too many (I9)."""
        if len(holding) <= MOST_SUBJECTS and not any(self._subjects.values()):
            return holding
        for name, known in self._subjects.items():
            new = sorted(key for key in holding.keys() - known if alert_name(key) == name)
            for key in new[max(0, MOST_SUBJECTS - len(known)) :]:
                del holding[key]
        return holding
