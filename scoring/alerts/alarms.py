"""Which alerts of a stay hold, and which have been told."""

from datetime import datetime

from picustream.scoring.alerts.alerts import (
    BOUNDED,
    FIRING,
    MOST_SUBJECTS,
    SILENT_AFTER,
    STAY_SILENT,
    Condition,
    Situation,
    alert_name,
    alert_revisions,
    record_conditions,
    silent_since,
    stay_conditions,
)
from picustream.scoring.chart.chart import Chart
from picustream.scoring.clinical.stay import Stay
from picustream.scoring.records.bodies import Body, RecordKey
from picustream.scoring.records.revisions import Head, Revision, Telling
from picustream.scoring.rules import Rules


class Alarms:
    """Conditions by the record that makes them hold, so that a change looks at what changed and no further."""

    def __init__(self, rules: Rules, chart: Chart) -> None:
        self._protocol = rules.protocol
        self._chart = chart
        self._of_records: dict[RecordKey, tuple[Condition, ...]] = {}
        self._firing: set[RecordKey] = set()
        self._subjects: dict[str, set[RecordKey]] = {name: set() for name in BOUNDED}
        self._oddities = chart.oddities
        self.due: datetime | None = None
        """When an open stay counts as silent if no vital sign comes."""

    def told(self, key: RecordKey, head: Head) -> None:
        """Takes note of an alert that was told."""
        if head.digest == FIRING:
            self._firing.add(key)
        else:
            self._firing.discard(key)
        self._subjects.get(alert_name(key), set()).add(key)

    def look_at(self, key: RecordKey, body: Body | None, head: Head | None) -> None:
        """Takes note of a record that changed."""
        found = tuple(record_conditions(key, body, head, self._protocol))
        if found:
            self._of_records[key] = found
        else:
            self._of_records.pop(key, None)

    def may_change(self, now: datetime) -> bool:
        """Whether an alert may begin or end without any record having changed."""
        if STAY_SILENT in self._firing or (self.due is not None and now >= self.due):
            return True
        return self._chart.oddities != self._oddities

    def revisions(
        self, stay: Stay | None, now: datetime, heads: dict[RecordKey, Head], telling: Telling
    ) -> list[Revision]:
        """What has to be told of alerts as of `now`."""
        of_stay = stay_conditions(Situation(self._chart, stay, heads, now))
        of_records = (condition for found in self._of_records.values() for condition in found)
        holding = self._within_bounds({condition.key: condition for condition in (*of_stay, *of_records)})
        silent = silent_since(self._chart, stay) if stay is not None and STAY_SILENT not in holding else None
        self.due = silent + SILENT_AFTER if silent is not None else None
        self._oddities = self._chart.oddities
        return list(alert_revisions(holding, frozenset(self._firing), heads, telling))

    def _within_bounds(self, holding: dict[RecordKey, Condition]) -> dict[RecordKey, Condition]:
        """Without new subjects of an alert that has had too many (I9)."""
        for name, known in self._subjects.items():
            new = sorted(key for key in holding.keys() - known if alert_name(key) == name)
            for key in new[max(0, MOST_SUBJECTS - len(known)) :]:
                del holding[key]
        return holding
