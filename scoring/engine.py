"""The engine: arrivals and a moment in, effects out. The worker has one per partition, a replay has one for all.

No I/O and no clock here. `read` checks what arrived, `missing` names the stays whose state has to be installed first,
`process` lets time pass, files what arrived, and gives everything that follows as one set of effects, to be made
durable together.
"""

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from picustream.models.event import Event, FactEvent
from picustream.models.protocol import hours
from picustream.models.record import Cause
from picustream.scoring.alerts.alerts import Severity, passing_alert
from picustream.scoring.alerts.feeds import View
from picustream.scoring.alerts.feedwatch import FeedWatch
from picustream.scoring.aside import unreadable
from picustream.scoring.batch import Batch, Effects
from picustream.scoring.deadletters import dead_letter_output
from picustream.scoring.door import Admission, Arrival, Door
from picustream.scoring.outputs import Output, alert_output, record_output
from picustream.scoring.records.revisions import Revision
from picustream.scoring.rules import Rules
from picustream.scoring.stayfile import StayFile

__all__ = ["Arrival", "Batch", "Effects", "Engine", "Output"]

HELD = 50_000
"""Values that a bounded engine keeps in memory from one batch to the next, about 2 kB each; the stays touched last.
The others are in the store."""


class Engine:
    """Stays held in memory, and the one way they change."""

    def __init__(self, rules: Rules, decides: Callable[[str], bool] | None = None, *, bounded: bool = False) -> None:
        """`decides`: of which sources this engine tells; None where it is all there is.

        `bounded`: memory and store do not grow with what feeds send (I9); then `process` may raise `Recall`.
        """
        self._rules = rules
        self._zone = rules.protocol.zone
        self._bounded = bounded
        self._recalled: list[str] = []
        self._whole: set[str] = set()
        self.untidy = False
        """Whether little was let go of lately, for there was a backlog."""
        self.feeds = FeedWatch(rules, decides)
        self._door = Door(rules)
        self._stays: dict[str, StayFile] = {}
        self._due: dict[str, datetime] = {}
        self._told: dict[str, datetime] = {}
        """How far each topic has come, by filing times."""
        self._queue: list[tuple[datetime, str]] = []
        self.late: str | None = None
        """The stay that is looked at because its time has come; None while none is."""
        self.clock: datetime | None = None
        """How far time has passed; never runs backwards. Set at a take-over to what the store keeps."""

    def read(self, arrivals: Sequence[Arrival], now: datetime) -> Batch:
        """Checks arrivals at the door against a real clock (T6). Never raises, whatever the bytes."""
        return self.read_until(arrivals, now + hours(self._rules.protocol.time.future_tolerance_hours))

    def read_until(self, arrivals: Sequence[Arrival], latest: datetime) -> Batch:
        """Likewise, where nothing may lie after a moment."""
        return Batch(tuple(self._door.admit(one, latest) for one in arrivals))

    def missing(self, batch: Batch, now: datetime, *, settle: bool = True) -> list[str]:
        """Stays that `process` needs and that are not held yet; "" is what belongs to no stay."""
        until = now if settle else batch.latest(now)
        due = {stay_id for moment, stay_id in self._queue if until is not None and moment <= until}
        own = () if self.feeds.loaded else ("",)
        return sorted((batch.stays | due).union(own) - self._stays.keys())

    def install(self, stay_id: str, fields: Mapping[str, bytes]) -> None:
        """Takes over a stay as the store keeps it; without fields, a new one."""
        if not stay_id:
            self.feeds.load(fields)
            return
        self._stays[stay_id] = StayFile(stay_id, self._rules, fields)

    def recall(self, stay_id: str, fields: Mapping[str, bytes], history: Batch, subject: str) -> None:
        """Takes over a stay with everything that was processed of it; an alert about `subject` will tell of it."""
        known = [one.accepted for one in history.admissions if one.accepted and one.stay_id == stay_id]
        self._stays[stay_id] = StayFile.recalled(stay_id, self._rules, fields, known)
        self._recalled.append(subject)
        self._whole.add(stay_id)

    def rebuild(self, stays: Iterable[StayFile], now: datetime) -> Effects:
        """Takes over stays whose state was lost, and tells what differs from what was last told (I5)."""
        effects = Effects()
        for stay in stays:
            self._stays[stay.stay_id] = stay
            revisions = stay.revisions(now, Cause(reason="state-rebuilt", event_id=None), now)
            if self._bounded:
                stay.thin(now)
            self._tell(stay, revisions, effects)
            if self._bounded:
                self._forget_the_oldest()
        for stay_id, fields in effects.writes.items():
            effects.writes[stay_id] = {name: value for name, value in fields.items() if value is not None}
        return effects

    def told_at_once(self, name: str, subject: str, now: datetime, severity: Severity | None = None) -> list[Output]:
        """An alert that is over as it is told: fired and resolved."""
        return [alert_output(record, self._zone) for record in passing_alert(name, subject, self._rules, now, severity)]

    def dead_letters(self, one: Admission, now: datetime) -> list[Output]:
        """A dead letter per fault of an arrival."""
        return [dead_letter_output(one, number, now, self._zone) for number in range(len(one.faults))]

    def install_due(self, due: Iterable[tuple[str, datetime]]) -> None:
        """Takes over the due times that the store keeps."""
        for stay_id, moment in due:
            self._set_due(stay_id, moment)

    def next_due(self) -> datetime | None:
        """When time alone may next change something."""
        while self._queue and self._due.get(self._queue[0][1]) != self._queue[0][0]:
            heapq.heappop(self._queue)
        stays, feeds = self._queue[0][0] if self._queue else None, self.feeds.due
        return min((moment for moment in (stays, feeds) if moment is not None), default=None)

    def hear(self, view: View) -> None:
        """Takes over what all partitions heard of the sources; `process` tells what follows."""
        self.feeds.hear(view)

    def process(
        self,
        batch: Batch,
        now: datetime,
        *,
        settle: bool = True,
        emitted_at: datetime | None = None,
        waiting: Collection[str] = (),
    ) -> Effects:
        """Files the batch event by event, each as of the record clock, and then lets time pass up to `now`.

        The record clock is the greatest filing time seen, never past `now`. `settle` False: more events wait, so time
        goes no further than they say; else a backlog that holds an admission would close every day up to today
        before the discharge behind it is read. `emitted_at`: what the records say of when they were made. `waiting`:
        topics of which there is a backlog. Others may have overtaken them by days: time goes no further than they
        say, too, and little is let go of.

        Raises `Recall` where an answer rests on what was let go of: the engine is then of no use any more, and a new
        one must be given the stay's history (`recall`) before the batch.
        """
        effects = Effects()
        for subject in self._recalled:
            effects.outputs.extend(self.told_at_once("state-rebuilt", subject, emitted_at or now, "info"))
        self._recalled.clear()
        for one in batch.in_time() if waiting else batch.admissions:
            if one.event is not None:
                topic, told = one.arrival.topic, one.event.filed_at
                self._told[topic] = max(told, self._told.get(topic, told))
                self._pass_time(min(now, told, *self._held_back(waiting)), effects, emitted_at)
            news = self._take_in(one, self.clock or now, effects, emitted_at)
            self._hear(one, news, now)
            self._look_at_feeds(self.clock or now, effects, emitted_at)
        if settle:
            self._pass_time(now, effects, emitted_at)
        self._look_at_feeds(self.clock or now, effects, emitted_at)
        self._keep_feeds(effects)
        if self._bounded:
            self._tidy(batch.stays, bool(waiting), effects)
        return effects

    def let_go_of(self) -> set[str]:
        """Stays in memory that are not whole."""
        return {stay_id for stay_id, stay in self._stays.items() if stay.is_thinned}

    def _tidy(self, touched: Iterable[str], behind: bool, effects: Effects) -> None:
        """Keeps the stays touched small, and in memory those touched last.

        While there is a backlog only what is too much for the memory, and no stay whose history was needed in it.
        """
        for stay_id in touched:
            self._stays[stay_id] = self._stays.pop(stay_id)
        if not behind:
            self._thin(list(self._stays) if self.untidy else touched, effects)
            self._whole.clear()
        self.untidy = behind
        if sum(stay.size for stay in self._stays.values()) > HELD:
            self._thin(self._stays.keys() - self._whole, effects)
            self._forget_the_oldest()

    def _thin(self, stays: Iterable[str], effects: Effects) -> None:
        for stay_id in stays:
            if self.clock is not None:
                self._stays[stay_id].thin(self.clock)
            self._save(self._stays[stay_id], effects)

    def _forget_the_oldest(self) -> None:
        held = sum(stay.size for stay in self._stays.values())
        for stay_id in [stay_id for stay_id in self._stays if stay_id not in self._whole]:
            if held > HELD:
                held -= self._stays.pop(stay_id).size

    def _held_back(self, waiting: Collection[str]) -> Iterator[datetime]:
        """How far each topic has come of which there is more; what has said nothing yet holds time where it is."""
        if self.clock is not None:
            for topic in waiting:
                yield self._told.get(topic, self.clock)

    def _pass_time(self, moment: datetime, effects: Effects, emitted_at: datetime | None) -> None:
        if self.clock is None or moment > self.clock:
            self.clock = moment
            self.advance(moment, effects, emitted_at)

    def advance(self, now: datetime, effects: Effects, emitted_at: datetime | None = None) -> None:
        """Looks at every stay that falls due up to `now`, each as of the moment it fell due (I8)."""
        while (moment := self.next_due()) is not None and moment <= now:
            if moment == self.feeds.due:
                self._look_at_feeds(moment, effects, emitted_at)
                continue
            stay = self._stays[self._queue[0][1]]
            self.late = stay.stay_id
            self._tell(stay, stay.revisions(moment, _TIME, emitted_at or moment), effects)
            self.late = None

    def _hear(self, one: Admission, news: bool, now: datetime) -> None:
        self.feeds.note(one, self.clock, now, news)
        if isinstance(one.event, FactEvent):
            stay_id = one.event.stay_id
            self.feeds.stay(one, stay_id, self._stays[stay_id].is_open, self.clock or now, now)

    def _look_at_feeds(self, now: datetime, effects: Effects, emitted_at: datetime | None) -> None:
        found = self.feeds.revisions(now, emitted_at or now)
        if found:
            effects.outputs.extend(record_output(one, self._zone) for one in found)
            self._keep_feeds(effects)

    def _keep_feeds(self, effects: Effects) -> None:
        unsaved = self.feeds.take_unsaved()
        if unsaved:
            effects.writes.setdefault("", {}).update(unsaved)

    def _take_in(self, one: Admission, now: datetime, effects: Effects, emitted_at: datetime | None) -> bool:
        """Files an event; whether it says anything that is kept."""
        effects.outputs.extend(self.dead_letters(one, emitted_at or now))
        effects.outputs.extend(unreadable(self, one, emitted_at or now))
        effects.ignored.update(one.ignored)
        if one.accepted is None:
            return False
        event = one.accepted.event
        stay = self._stays.get(event.stay_id)
        if stay is None:
            stay = self._stays[event.stay_id] = StayFile(event.stay_id, self._rules)
        news = stay.file(*one.accepted)
        cause = Cause(reason=_cause_of(event), event_id=event.event_id)
        self._tell(stay, stay.revisions(now, cause, emitted_at or now), effects)
        return news

    def _tell(self, stay: StayFile, revisions: list[Revision], effects: Effects) -> None:
        effects.outputs.extend(record_output(one, self._zone) for one in revisions)
        self._save(stay, effects)
        if stay.due != self._due.get(stay.stay_id):
            self._set_due(stay.stay_id, stay.due)
            effects.due[stay.stay_id] = stay.due

    def _save(self, stay: StayFile, effects: Effects) -> None:
        unsaved = stay.take_unsaved()
        if unsaved:
            effects.writes.setdefault(stay.stay_id, {}).update(unsaved)

    def _set_due(self, stay_id: str, moment: datetime | None) -> None:
        if moment is None:
            self._due.pop(stay_id, None)
        else:
            self._due[stay_id] = moment
            heapq.heappush(self._queue, (moment, stay_id))


_TIME = Cause(reason="time", event_id=None)


def _cause_of(event: Event) -> str:
    """What kind of news made a revision."""
    status = event.status.value
    kind = getattr(event, "type", None)
    said = kind or "observation"
    return said if status in ("final", "preliminary") else f"{said}-{status}"
