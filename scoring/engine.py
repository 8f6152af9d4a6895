"""The engine: input records and a moment in, effects out. The worker has one per partition, a replay has one for all.

No I/O and no clock here. `read` checks what arrived, `missing` names the stays whose state has to be installed first,
`process` lets time pass, files what arrived, and gives everything that follows as one set of effects, to be made
durable together.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from picustream.models.protocol import hours
from picustream.models.record import Cause
from picustream.models.times import EARLIEST
from picustream.scoring.alerts.alerts import Severity, passing_alert
from picustream.scoring.alerts.feed_monitor import FeedMonitor
from picustream.scoring.alerts.feed_snapshot import FeedSnapshot
from picustream.scoring.batch import Batch, Effects
from picustream.scoring.budget import Budget
from picustream.scoring.causes import REBUILT, TIME, cause_of
from picustream.scoring.dead_letters import dead_letter_output
from picustream.scoring.due_times import LATE_AT_ONCE, DueTimes
from picustream.scoring.memory import Memory
from picustream.scoring.outputs import Output, alert_output, record_output
from picustream.scoring.port import EnginePort
from picustream.scoring.quarantine import unreadable
from picustream.scoring.rules import Rules
from picustream.scoring.stay_cache import StayCache
from picustream.scoring.stay_state import StayState
from picustream.scoring.validation import InputRecord, ValidatedInput, Validator


class Engine(EnginePort):
    """Stays in memory, and the one way they change."""

    def __init__(
        self,
        rules: Rules,
        decides: Callable[[str], bool] | None = None,
        *,
        bounded: bool = False,
        lot: int | None = None,
        memory: Memory | None = None,
        unloaded: Callable[[StayState], None] | None = None,
    ) -> None:
        """`decides`: whether this engine publishes alerts about a source; None: about all, for it is the only engine.
        `bounded`: a stay does not grow with what feeds send (I9); then `process` may raise `HistoryNeeded`.
        `lot`: how much one call does, in units of `budget.py`; None: everything.
        `memory`: what its stays have room in, with those of other engines; None: no limit. A stay for which there is no
        room is `missing` when it is needed again: as written, or as `unloaded` got it.
        """
        self._rules = rules
        self._zone = rules.protocol.zone
        self._lot = lot
        self.cache = StayCache(bounded, lot, memory or Memory(), unloaded)
        self._reloaded: list[str] = []
        self.feeds = FeedMonitor(rules, decides)
        self._validator = Validator(rules)
        self._due_times = DueTimes()
        self._behind = False
        """Whether some of what fell due is still to be evaluated."""
        self._reached: dict[str, datetime] = {}
        """The latest filing time of each topic."""
        self.due_stay: str | None = None
        """The stay that is being evaluated because it fell due, or was unfinished; else None."""
        self.clock: datetime | None = None
        """How far time has passed; never runs backwards. Set at a take-over to what the store keeps."""

    def read(self, input_records: Sequence[InputRecord], now: datetime) -> Batch:
        """Validates input records against a real clock (T6). Never raises, whatever the bytes."""
        return self.read_until(input_records, now + hours(self._rules.protocol.time.future_tolerance_hours))

    def read_until(self, input_records: Sequence[InputRecord], latest: datetime) -> Batch:
        """Likewise, where nothing may lie after a moment."""
        return Batch(tuple(self._validator.validate(one, latest) for one in input_records))

    def missing(self, batch: Batch, now: datetime, *, advance_clock: bool = True) -> list[str]:
        """Stays that `process` needs and that are not in memory; "" is the partition's own state."""
        until = max(filter(None, (self.clock, now if advance_clock else batch.latest(now))), default=None)
        most = None if self._lot is None else LATE_AT_ONCE
        due = set() if until is None else self._due_times.late(until, self.cache.stays, most)
        wanted = batch.stays | due | (set() if self.feeds.loaded else {""})
        # One by one: a set minus the keys of a dictionary walks the whole dictionary, 0.1 ms of 3,000 stays.
        return sorted(stay_id for stay_id in wanted if stay_id not in self.cache.stays)

    def install(self, stay_id: str, fields: Mapping[str, bytes]) -> None:
        """Takes over a stay as the store keeps it; without fields, a new one."""
        for _ in self.installing(stay_id, fields):
            pass

    def installing(self, stay_id: str, fields: Mapping[str, bytes]) -> Iterator[None]:
        """Likewise, as an iterator with pauses: a long stay takes some time."""
        if not stay_id:
            self.feeds.load(fields)
            return
        stay = StayState(stay_id, self._rules)
        yield from stay.load(fields)
        self.cache.touch(stay)

    def reload_history(self, stay_id: str, fields: Mapping[str, bytes], history: Batch, subject: str) -> None:
        """Takes over a stay with everything that was processed of it, and alerts about `subject`."""
        known = [one.accepted for one in history.inputs if one.accepted and one.stay_id == stay_id]
        self.cache.reload(StayState.of_history(stay_id, self._rules, fields, known), fields)
        self._reloaded.append(subject)

    def rebuild(self, stays: Iterable[StayState], now: datetime) -> Effects:
        """Takes over stays whose state was lost, and publishes what differs from what was last published (I5)."""
        effects = Effects()
        for stay in stays:
            self._evaluate(stay, now, REBUILT, effects, now)
            self.cache.take(stay, now, effects)
            self.cache.make_room(self._due_times.unfinished, now, effects)
        self.cache.write(effects)
        for stay_id, fields in effects.writes.items():
            effects.writes[stay_id] = {name: value for name, value in fields.items() if value is not None}
        return effects

    def passing_alert(self, name: str, subject: str, now: datetime, severity: Severity | None = None) -> list[Output]:
        """An alert that is fired and resolved at once."""
        return [alert_output(record, self._zone) for record in passing_alert(name, subject, self._rules, now, severity)]

    def dead_letters(self, one: ValidatedInput, now: datetime) -> list[Output]:
        """A dead letter per fault of an input record."""
        return [dead_letter_output(one, number, now, self._zone) for number in range(len(one.faults))]

    def install_due(self, due: Iterable[tuple[str, datetime]]) -> None:
        """Takes over the due times that the store keeps."""
        self._due_times.install(due)

    def next_due(self) -> datetime | None:
        """When time alone may next change something."""
        stays, feeds = self._due_times.next(), self.feeds.due
        return feeds if stays is None else stays[0] if feeds is None else min(stays[0], feeds)

    @property
    def unfinished(self) -> bool:
        """Whether `process` left something to do: to be called again, with an empty batch if need be."""
        return bool(self._due_times.unfinished) or self._behind

    def observe(self, snapshot: FeedSnapshot) -> None:
        """Takes over what all partitions observed of the sources; `process` publishes what follows."""
        self.feeds.observe(snapshot)

    def process(
        self,
        batch: Batch,
        now: datetime,
        *,
        advance_clock: bool = True,
        emitted_at: datetime | None = None,
        behind: Collection[str] = (),
    ) -> Effects:
        """Files the batch event by event, each as of the record clock, and then advances the clock to `now`.

        The record clock is the greatest filing time so far, never past `now`. `advance_clock` False: more events wait,
        so the clock stops at theirs; else a backlog with an admission would close every day up to today before the
        discharge behind it is read. `emitted_at`: when the records are made, for their fields. `behind`: topics that
        others may have overtaken by days: the clock stops where they are, and little is pruned.

        A call does no more than a lot allows: `Effects.left` is then to be given again, and `unfinished` says whether
        there is more besides. Unfinished stays go on when the batch is empty, so that they and new events take turns.
        Raises `HistoryNeeded` where an answer depends on what was pruned: the engine is then unusable, and a new one
        must be given the stay's history (`reload_history`) before the batch.
        """
        effects = Effects()
        for subject in self._reloaded:
            effects.publish(self.passing_alert("state-rebuilt", subject, emitted_at or now, "info"))
        self._reloaded.clear()
        self._pass_time(self.clock, effects, emitted_at)  # what the last call left of it
        taken = self._take(batch, now, effects, emitted_at, behind)
        if advance_clock and not effects.left.inputs:
            self._pass_time(now, effects, emitted_at)
        if not batch.inputs:
            self._continue_unfinished(effects, emitted_at)
        self._evaluate_feeds(self.clock or now, effects, emitted_at)
        self._keep_feeds(effects)
        self.cache.tidy(taken.stays, self._due_times.unfinished, self.clock, behind=bool(behind), effects=effects)
        return effects

    def _take(
        self, batch: Batch, now: datetime, effects: Effects, emitted_at: datetime | None, behind: Collection[str]
    ) -> Batch:
        """Files events, the clock advancing with them; returns those filed, the rest is left."""
        reached, feeds = self._reached, self.feeds
        for place, one in enumerate(batch.inputs):
            moment = self.clock
            if (filed_at := one.filed_at) is not None:
                topic = one.input_record.topic
                reached[topic] = max(filed_at, reached.get(topic, EARLIEST))
                moment = min(now, filed_at, *self._reached_by(behind)) if behind or filed_at > now else filed_at
            if not self._pass_time(moment, effects, emitted_at) or effects.is_full(self._lot):
                effects.left = Batch(batch.inputs[place:])
                return Batch(batch.inputs[:place])
            changed = self._file(one, self.clock or now, effects, emitted_at)
            self._observe(one, changed, now)
            if feeds.due is not None:
                self._evaluate_feeds(self.clock or now, effects, emitted_at)
        return batch

    def _continue_unfinished(self, effects: Effects, emitted_at: datetime | None) -> None:
        """Goes on with unfinished stays, in turn."""
        for stay_id, cause in list(self._due_times.unfinished.items()):
            if self.clock is None or (self._lot is not None and effects.work >= self._lot):
                return
            self._evaluate_again(stay_id, self.clock, cause, effects, emitted_at)

    @property
    def pruning_deferred(self) -> bool:
        """Whether pruning waits, because there was a backlog or much to do."""
        return self.cache.pruning_deferred

    def pruned_stays(self) -> set[str]:
        """Stays in memory of which something was pruned."""
        return {stay_id for stay_id, stay in self.cache.stays.items() if stay.is_pruned}

    def _reached_by(self, behind: Collection[str]) -> Iterator[datetime]:
        """The latest filing time of each topic that is behind; one without any event yet stops the clock."""
        if self.clock is not None:
            for topic in behind:
                yield self._reached.get(topic, self.clock)

    def _pass_time(self, moment: datetime | None, effects: Effects, emitted_at: datetime | None) -> bool:
        """Advances the clock to a moment, if that is ahead; whether everything that fell due is evaluated."""
        if moment is not None and (self.clock is None or moment > self.clock or self._behind):
            self._behind = not self._advance(moment, effects, emitted_at)
        return not self._behind

    def advance(self, now: datetime, effects: Effects) -> None:
        """Advances the clock and evaluates each stay in memory that falls due up to `now`, as of that moment (I8)."""
        self._advance(now, effects, None)
        self.cache.write(effects)

    def _advance(self, now: datetime, effects: Effects, emitted_at: datetime | None) -> bool:
        """Likewise; whether all of them are evaluated."""
        self.clock = now = now if self.clock is None else max(now, self.clock)
        while (moment := self.next_due()) is not None and moment <= now:
            if effects.is_full(self._lot):
                return False
            if moment == self.feeds.due:
                self._evaluate_feeds(moment, effects, emitted_at)
                continue
            late = self._due_times.next()
            if late is None or late[1] not in self.cache.stays:
                return False  # `missing` names it the next time
            self._evaluate_again(late[1], moment, TIME, effects, emitted_at)
        return True

    def _observe(self, one: ValidatedInput, changed: bool, now: datetime) -> None:
        self.feeds.note(one, self.clock, now, changed)
        if one.accepted is not None and one.accepted.fact is not None:
            stay_id = one.accepted.filed.stay_id
            self.feeds.note_stay_of(one, stay_id, self.cache.stays[stay_id].is_open, self.clock or now, now)

    def _evaluate_feeds(self, now: datetime, effects: Effects, emitted_at: datetime | None) -> None:
        if found := self.feeds.revisions(now, emitted_at or now):
            effects.publish(record_output(one, self._zone) for one in found)
            self._keep_feeds(effects)

    def _keep_feeds(self, effects: Effects) -> None:
        if unsaved := self.feeds.take_unsaved():
            effects.writes.setdefault("", {}).update(unsaved)

    def _file(self, one: ValidatedInput, now: datetime, effects: Effects, emitted_at: datetime | None) -> bool:
        """Files an event; whether it changed what is stored."""
        if one.faults:
            effects.publish(self.dead_letters(one, emitted_at or now) + unreadable(self, one, emitted_at or now))
        if one.ignored:
            effects.ignored.update(one.ignored)
        if one.accepted is None:
            return False
        filed, _, fact = one.accepted
        stay = self.cache.stays.get(filed.stay_id) or StayState(filed.stay_id, self._rules)
        changed = stay.file(*one.accepted)
        self.cache.save(stay)
        if stay.may_change(now):
            self._evaluate(stay, now, cause_of(filed, fact), effects, emitted_at)
        return changed

    def _evaluate(
        self, stay: StayState, moment: datetime, cause: Cause, effects: Effects, emitted_at: datetime | None
    ) -> None:
        """Evaluates a stay as of a moment, as far as a lot goes."""
        if stay.may_change(moment):
            budget = Budget(self._lot)
            revisions = stay.revisions(moment, cause, emitted_at or moment, budget)
            effects.work += budget.used
            effects.publish(record_output(one, self._zone) for one in revisions)
        self.cache.save(stay)
        if stay.unfinished:
            self._due_times.goes_on(stay.stay_id, cause)
            effects.due[stay.stay_id] = moment
        elif self._due_times.finished(stay.stay_id, stay.due):
            effects.due[stay.stay_id] = stay.due

    def _evaluate_again(
        self, stay_id: str, moment: datetime, cause: Cause, effects: Effects, emitted_at: datetime | None
    ) -> None:
        """Evaluates a stay without a new event."""
        self.due_stay = stay_id
        self._evaluate(self.cache.stays[stay_id], moment, cause, effects, emitted_at)
        self.due_stay = None
