"""The state of one stay, in memory and in the store: a hash of packed live events, and a field per published record.

An event costs the store a pack, now and then those that it is merged with, and nothing else, however long the stay
(invariant I9). Loading files the events again: the chart is a set, so their order does not matter (I1).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from picustream.models import text
from picustream.models.fact import FactEvent
from picustream.models.record import Cause
from picustream.scoring.alerts.stay_alerts import StayAlerts
from picustream.scoring.assessor import Assessor
from picustream.scoring.budget import Budget
from picustream.scoring.chart.chart import Chart
from picustream.scoring.chart.entries import Changes, Filed
from picustream.scoring.chart.gaps import GAPS_BEFORE, gaps_to_store, restore_gaps
from picustream.scoring.chart.pruning import is_over_limit, prune
from picustream.scoring.chart.reading import Accepted, Reading
from picustream.scoring.chart.series import HistoryNeeded
from picustream.scoring.clinical.stay import Stay
from picustream.scoring.event_packs import PACK, EventPacks, unpacked
from picustream.scoring.records.bodies import RecordKey
from picustream.scoring.records.revisions import Head, Revision, RevisionContext, revise
from picustream.scoring.rules import Rules

HEAD = "h:"
"""Prefix of the fields with what was published last."""
EVENT_BEFORE = "e:"
"""What a store may still have: prefix of a field for each event."""
CONFLICTS = "conflicts"
"""The field with the conflicts, which the live events do not show."""
JUST_FILED = "just-filed"
"""The field with corrections that may meet what they correct as of the same moment. Not in the store of a worker, where
a crash may raise an alert about one at once."""
LINEAGE = "v:"
"""Prefix of the fields with the lineage of a piece."""

PRUNING = 10
"""Units of `budget.py` that pruning a stay takes, about 4 ms."""

STAY_BYTES, RECORD_BYTES, VERSION_BYTES, NAME_BYTES, EVENT_BYTES = 52_000, 1_500, 75, 130, 500
"""What a stay takes in memory, each of its records with what it was made of, each current version of something, what
that takes more with an `id` of its own, and each event with any of these, without its text."""

AT_ONCE = 1_000
"""Fields that are read without a pause, about 0.1 ms each."""


class StayState:
    """Chart, assessor and heads of one stay."""

    def __init__(self, stay_id: str, rules: Rules, fields: Mapping[str, bytes] | None = None) -> None:
        self.stay_id = stay_id
        self._rules = rules
        self._chart = Chart()
        self._assessor = Assessor(rules, self._chart)
        self._stay_alerts = StayAlerts(rules, self._chart)
        self._heads: dict[RecordKey, Head] = {}
        self._known: dict[str, set[RecordKey]] = {}
        self._alerts_owed = False
        self._packs = EventPacks()
        self._gone: dict[str, bytes | None] = {}
        """Fields that a store has, and which are to be deleted."""
        self._unsaved, self._unsaved_heads = Changes(), dict[RecordKey, Head]()
        """What has changed since it was last taken."""
        for _ in self.load(fields or {}):
            pass

    def load(self, fields: Mapping[str, bytes]) -> Iterator[None]:
        """Takes over all that a store keeps of it; pauses now and then, for others may be waiting."""
        number = 0
        for name, value in fields.items():
            number += self._load(name, value)
            if number >= AT_ONCE:
                number = 0
                yield
        reused = restore_gaps(self._chart, fields)
        if GAPS_BEFORE in fields:
            self._gone[GAPS_BEFORE], self._unsaved.pruned = None, True
        if CONFLICTS in fields:
            self._chart.conflicts.restore(text.parse(fields[CONFLICTS]))
        if JUST_FILED in fields:
            self._stay_alerts.restore_just_filed(text.parse(fields[JUST_FILED]))
        self._chart.lineages.restored(reused)

    @classmethod
    def of_history(
        cls, stay_id: str, rules: Rules, fields: Mapping[str, bytes], history: Iterable[Accepted]
    ) -> "StayState":
        """The stay with its whole history; of the stored fields only the heads are taken."""
        stay = cls(stay_id, rules, {name: value for name, value in fields.items() if name.startswith(HEAD)})
        stay._gone = {name: None for name in fields if not name.startswith(HEAD)}
        for accepted in history:
            stay.file(*accepted)
        return stay

    @property
    def due(self) -> datetime | None:
        """When time alone may next change something."""
        return min(
            (moment for moment in (self._assessor.due, self._stay_alerts.due) if moment is not None), default=None
        )

    @property
    def unfinished(self) -> bool:
        """Whether the budget of `revisions` left something to evaluate: to be called again."""
        return self._assessor.unfinished or self._alerts_owed

    @property
    def is_pruned(self) -> bool:
        """Whether something was pruned."""
        return bool(self._chart.pruned)

    @property
    def size(self) -> int:
        """About how many bytes it takes in memory: a test compares them with what Python counts."""
        chart = self._chart
        records, versions = RECORD_BYTES * len(self._heads), VERSION_BYTES * chart.size + NAME_BYTES * chart.named
        return STAY_BYTES + records + versions + EVENT_BYTES * len(chart.live.events) + chart.live.written

    @property
    def is_open(self) -> bool:
        """Whether the child is in the PICU, as of the last evaluation."""
        return self._assessor.stay is not None and self._assessor.stay.end is None

    def file(self, filed: Filed, reading: Reading, fact: FactEvent | None) -> bool:
        """Joins an event into the chart; whether it changed what is stored."""
        changes = Changes()
        try:
            self._chart.file(filed, reading, fact, changes)
        except HistoryNeeded as needed_by:
            needed_by.stay_id = self.stay_id
            raise
        self._assessor.note(changes)
        self._save(changes)
        return changes.changed

    def prune(self, now: datetime) -> int:
        """Prunes what no record depends on, once that is much (I9); how much work that was, in units of `budget.py`.

        Nothing where the records are to be evaluated first: with the next event it is asked again.
        """
        if self._assessor.may_change(now) or not is_over_limit(self._chart):
            return 0
        changes = Changes()
        prune(self._chart, self._assessor.reads, changes)
        self._save(changes)
        return PRUNING

    def may_change(self, now: datetime) -> bool:
        """Whether `revisions` could give anything, or anything is left of the last time; of a dense feed 99 events in
        100 leave nothing to do."""
        alerts, assessor = self._stay_alerts, self._assessor
        return self._alerts_owed or assessor.may_change(now) or alerts.may_change(assessor.stay, now)

    def revisions(
        self, now: datetime, cause: Cause, emitted_at: datetime, budget: Budget | None = None
    ) -> list[Revision]:
        """The revisions due as of `now`; with a budget perhaps some of them, and then it is `unfinished`.

        Raises `HistoryNeeded` where they depend on something that was pruned.
        """
        try:
            return self._revisions(now, cause, emitted_at, budget or Budget())
        except HistoryNeeded as needed_by:
            needed_by.stay_id = self.stay_id
            raise

    def _revisions(self, now: datetime, cause: Cause, emitted_at: datetime, budget: Budget) -> list[Revision]:
        bodies = self._assessor.bodies(now, self._known, budget)
        stay = self._assessor.stay
        context = RevisionContext(self._rules, self.stay_id, stay.patient_id if stay else None, cause, emitted_at)
        found = []
        for key in sorted(bodies):
            revision = revise(key, bodies[key], self._heads.get(key), context)
            if revision is not None:
                found.append(self._published(revision))
            self._stay_alerts.evaluate(key, bodies[key], self._heads.get(key))
        alerts = self._stay_alerts
        self._alerts_owed |= alerts.may_change(stay, now) or (bool(bodies) and alerts.depend_on_values)
        if self._alerts_owed and not self._assessor.unfinished:
            found += self._alerts(stay, now, context, budget)
        return found

    def _alerts(self, stay: Stay | None, now: datetime, context: RevisionContext, budget: Budget) -> list[Revision]:
        """The alerts, which depend on all records together, and so follow when all of them are evaluated."""
        found = self._stay_alerts.revisions(stay, now, self._heads, context, budget.left)
        budget.spend(len(found))
        self._alerts_owed = budget.spent
        return [self._published(one) for one in found]

    def restore(self, key: RecordKey, head: Head) -> None:
        """Takes over a head that the store has lost."""
        self._note(key, head)
        self._unsaved_heads[key] = head

    def _note(self, key: RecordKey, head: Head) -> None:
        self._heads[key] = head
        self._known.setdefault(key.group, set()).add(key)
        if key.kind == "alert":
            self._stay_alerts.note_published(key, head)

    def _published(self, revision: Revision) -> Revision:
        self.restore(revision.key, revision.head)
        return revision

    def to_store(self) -> dict[str, bytes]:
        """All that a store keeps of it, for a new one to begin with."""
        chart = self._chart
        everything = Changes(
            stored=dict(chart.live.events), conflicts=True, lineages=set(chart.lineages.pieces), pruned=self.is_pruned
        )
        fields = {HEAD + str(key): _stored_head(head) for key, head in self._heads.items()}
        fields |= {name: value for name, value in self._fields_of(everything, EventPacks()) if value is not None}
        if just_filed := self._stay_alerts.just_filed_to_store():
            fields[JUST_FILED] = text.encoded(just_filed)
        return fields

    def take_unsaved(self) -> dict[str, bytes | None]:
        """The fields to write, handed over once; None: delete the field."""
        if not self.is_unsaved:
            return {}
        taken, heads = self._gone | dict(self._fields_of(self._unsaved, self._packs)), self._unsaved_heads
        taken.update((HEAD + str(key), _stored_head(head)) for key, head in heads.items())
        self.forget_unsaved()
        return taken

    def forget_unsaved(self) -> None:
        """Nothing is to be written of what has changed so far."""
        self._gone, self._unsaved, self._unsaved_heads = {}, Changes(), {}

    @property
    def is_unsaved(self) -> bool:
        """Whether there are fields to write."""
        return bool(self._gone or self._unsaved_heads or self._unsaved.changed or self._unsaved.lineages)

    def _save(self, changes: Changes) -> None:
        """Notes what is to be stored, in the form in which it is known: only what is taken is written as text."""
        unsaved = self._unsaved
        unsaved.stored.update(changes.stored)
        unsaved.lineages |= changes.lineages
        unsaved.pruned |= changes.pruned
        unsaved.conflicts |= changes.conflicts

    def _fields_of(self, changes: Changes, packs: EventPacks) -> Iterator[tuple[str, bytes | None]]:
        """The fields of the store that changes touch, as they are now; None: there is no such field (any more)."""
        if changes.stored:
            yield from packs.write(changes.stored, self._chart.live.events)
        if changes.conflicts:
            conflicts = self._chart.conflicts.to_store()
            yield CONFLICTS, text.encoded(conflicts) if conflicts else None
        for piece in changes.lineages:
            known = self._chart.lineages.to_store(piece)
            yield LINEAGE + " ".join(piece), text.encoded(known) if known else None
        if changes.pruned:
            yield from gaps_to_store(self._chart).items()

    def _load(self, name: str, value: bytes) -> int:
        """Takes over a field; how many things it held."""
        if name.startswith(HEAD):
            self._note(RecordKey.parse(name.removeprefix(HEAD)), Head.from_store(text.parse(value)))
        elif name.startswith(LINEAGE):
            self._chart.lineages.restore(tuple(name.removeprefix(LINEAGE).split(" ", 2)), text.parse(value))
        elif name.startswith(PACK):
            keys = [self._file_again(*event) for event in unpacked(value)]
            self._packs.restore(name, keys)
            return len(keys)
        elif name.startswith(EVENT_BEFORE):
            topic, _, written = value.decode().partition("\n")
            self._unsaved.stored[self._file_again(topic, written)] = None
            self._gone[name] = None
        return 1

    def _file_again(self, topic: str, written: str) -> str:
        """Files an event that the store has; its short name."""
        changes, accepted = Changes(), self._rules.reader.read_again(topic, written)
        self._chart.file(*accepted, changes)
        self._assessor.note(changes)
        return accepted.filed.key


def _stored_head(head: Head) -> bytes:
    return text.encoded(head.to_store())
