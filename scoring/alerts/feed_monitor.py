"""Alerts about a source (docs/alerts.md): conditions of what all partitions observed, fired once and resolved once.

Each source has one engine that decides on it; in a replay there is one engine, which decides on all. Heads of the
alerts are stored with what the partition observed.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from picustream.models import text
from picustream.models.feeds import SourceLimits
from picustream.models.record import Cause
from picustream.scoring.alerts.alerts import FIRING, alert_revisions
from picustream.scoring.alerts.feed_alerts import LASTS, conditions, due_of, faults_of, is_unread
from picustream.scoring.alerts.feed_snapshot import Feeds, FeedSnapshot
from picustream.scoring.alerts.source import SILENT, UNREAD, Source, end_of_hour
from picustream.scoring.records.bodies import RecordKey
from picustream.scoring.records.conditions import Condition
from picustream.scoring.records.revisions import Head, Revision, RevisionContext
from picustream.scoring.rules import Rules
from picustream.scoring.validation import LATEST, ValidatedInput

MOST_ALERTS = 1024
"""Alerts whose heads are kept. They are never forgotten, for a chain of revisions goes on where it ended (I3); beyond
this number no new one is raised."""

HEAD, JUDGED = "h:", "judged"
"""Fields of the store: the head of an alert; as of when an alert was last published."""

_CAUSE = Cause(reason="feeds", event_id=None)


class FeedMonitor:
    """What one engine observed of the sources, and its alerts about those that it decides on.

    `decides` None: the engine is the only one. Else `observe` gives it what all partitions observed.
    """

    def __init__(self, rules: Rules, decides: Callable[[str], bool] | None = None) -> None:
        self._rules = rules
        self._decides = decides
        self._feeds = Feeds()
        self._snapshot: FeedSnapshot | None = None
        self._heads: dict[RecordKey, Head] = {}
        self._firing: dict[str, dict[str, datetime]] = {}
        """Source -> what fires of it, and since when."""
        self._judged: datetime | None = None
        self._unsaved: dict[str, bytes | None] = {}
        self.loaded = False
        """Whether what the store keeps has been taken over."""
        self.due: datetime | None = None
        """When an alert is to be published, or in a replay at the earliest."""

    # Observing. ----------------------------------------------------------------------------------------------------

    def load(self, fields: Mapping[str, bytes]) -> None:
        """Takes over what the store keeps."""
        self._feeds, self.loaded = Feeds(fields), True
        for name, value in fields.items():
            if name.startswith(HEAD):
                self._note_head(RecordKey.parse(name.removeprefix(HEAD)), Head.from_store(text.parse(value)))
            elif name == JUDGED:
                self._judged = datetime.fromisoformat(value.decode())
        moments = [source.last for source in self._feeds.sources.values()]
        if self._judged is not None:
            moments.append(self._judged)
        if moments and self._decides is None:
            self._set_due(self._feeds.snapshot(max(moments)))

    def note(self, one: ValidatedInput, clock: datetime | None, now: datetime, changed: bool) -> None:
        """Takes note of an input record. `clock`: the engine's, by which days close; `changed`: whether it is no
        repeat.

        What was sent again from the dead letters does not count for its source.
        """
        moment = _arrived_at(one, now) or clock
        if moment is None or one.input_record.resubmitted:
            return
        faults = faults_of(one, clock if changed else None, self._rules.protocol)
        new = one.source not in self._feeds.sources
        self._feeds.note(one, moment, faults)
        firing = self._firing.get(one.source, {})
        if self._decides is None and (new or faults or firing):
            self._schedule(one, moment, [name for name in faults if name not in firing], new or SILENT in firing)

    def _schedule(self, one: ValidatedInput, moment: datetime, reasons: list[str], at_once: bool) -> None:
        """In a replay: when the alerts are to be published that have new `reasons`."""
        if at_once or any(name != UNREAD or self._goes_unread(one, moment) for name in reasons):
            self.due = moment
        elif reasons:
            self.due = min(self.due or LATEST, end_of_hour(moment))

    def _goes_unread(self, one: ValidatedInput, moment: datetime) -> bool:
        source = self._feeds.sources[one.source]
        return is_unread(*source.read(moment), self._limits(one.source, source), False)

    def note_stay_of(self, one: ValidatedInput, stay_id: str, is_open: bool, clock: datetime, now: datetime) -> None:
        """Notes whether the stay of an input record is open."""
        self.note_stay(stay_id, is_open, _arrived_at(one, now) or clock)

    def note_stay(self, stay_id: str, is_open: bool, moment: datetime) -> None:
        """Notes whether a stay is open as of a moment."""
        if self._feeds.note_stay(stay_id, is_open, moment) and self._decides is None:
            self.due = moment

    def observe(self, snapshot: FeedSnapshot) -> None:
        """Takes over what all partitions observed; a snapshot no later than the last one published changes nothing."""
        if self._decides is None or self._is_over(snapshot):
            return
        self._snapshot = snapshot
        changed = not self.loaded or self._conditions(snapshot).keys() != self._firing_keys()
        self.due = snapshot.as_of if changed else None

    # Publishing. ---------------------------------------------------------------------------------------------------

    def revisions(self, now: datetime, emitted_at: datetime) -> list[Revision]:
        """The alerts to publish: as of the snapshot, or in a replay as of `now`."""
        if self.due is None or (self._decides is None and self.due > now):
            return []
        snapshot = self._feeds.snapshot(now) if self._decides is None else self._snapshot
        if snapshot is None or (self._decides is not None and self._is_over(snapshot)):
            self.due = None
            return []
        context = RevisionContext(self._rules, None, None, _CAUSE, emitted_at)
        found = list(alert_revisions(self._conditions(snapshot), self._firing_keys(), self._heads, context))
        for one in found:
            self._keep(one.key, one.head)
        if found:
            self._judged = snapshot.as_of
            self._unsaved[JUDGED] = snapshot.as_of.isoformat().encode()
        self.due = None
        if self._decides is None:
            self._set_due(snapshot)
        return found

    def restore(self, key: RecordKey, head: Head) -> None:
        """Takes over a head that the store has lost (I5)."""
        self._keep(key, head)
        name, source = _parts(key)
        if head.digest == FIRING and name in LASTS:
            self._feeds.note_fault(name, source, head.effective_at)

    def take_unsaved(self) -> dict[str, bytes | None]:
        """The fields to write, handed over once; none where nothing was loaded, as in a replay."""
        if not self.loaded:
            return {}
        taken = self._feeds.take_unsaved() | self._unsaved
        self._unsaved = {}
        return taken

    def _is_over(self, snapshot: FeedSnapshot) -> bool:
        """Whether alerts of a snapshot no earlier are published: one of two workers has the earlier clock."""
        return self._judged is not None and snapshot.as_of <= self._judged

    def _conditions(self, snapshot: FeedSnapshot) -> dict[RecordKey, Condition]:
        found = {}
        for name, source in snapshot.sources.items():
            if self._decides is None or self._decides(name):
                for alert, since, detail in conditions(
                    source, snapshot.opened, self._limits(name, source), snapshot.as_of, self._firing.get(name, {})
                ):
                    condition = Condition(alert, since, name, detail)
                    if condition.key in self._heads or len(self._heads) < MOST_ALERTS:
                        found[condition.key] = condition
        return found

    def _set_due(self, snapshot: FeedSnapshot) -> None:
        """In a replay it is known beforehand when time alone changes something (I8)."""
        self.due = None
        for name, source in snapshot.sources.items():
            moments = due_of(
                source, snapshot.opened, self._limits(name, source), snapshot.as_of, self._firing.get(name, {})
            )
            self.due = min(
                (one for one in (self.due, *moments) if one is not None and one > snapshot.as_of), default=None
            )

    def _limits(self, name: str, source: Source) -> SourceLimits:
        return self._rules.codemap.sources.limits(name, source.measures)

    def _firing_keys(self) -> frozenset[RecordKey]:
        return frozenset(key for key, head in self._heads.items() if head.digest == FIRING)

    def _keep(self, key: RecordKey, head: Head) -> None:
        self._note_head(key, head)
        self._unsaved[HEAD + str(key)] = text.encoded(head.to_store())

    def _note_head(self, key: RecordKey, head: Head) -> None:
        self._heads[key] = head
        name, source = _parts(key)
        if head.digest == FIRING:
            self._firing.setdefault(source, {})[name] = head.effective_at
        else:
            self._firing.get(source, {}).pop(name, None)


def _arrived_at(one: ValidatedInput, now: datetime) -> datetime | None:
    """When the broker received a record; None without a broker: the clock counts."""
    arrived_at = one.input_record.arrived_at
    return None if arrived_at is None else min(arrived_at, now)


def _parts(key: RecordKey) -> tuple[str, str]:
    """Name and source of an alert."""
    name, _, source = key.part.partition("/")
    return name, source
