"""What the view knows: the current records of every stay, what is new, and the counts. No drawing here."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from picustream.demo.news import News, Weight, of_alert, of_apps, of_dead_letter, of_mods, of_score
from picustream.demo.timeline import Beat, Bed
from picustream.models.record import ALERT, DEAD_LETTERS, WITHDRAWN
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.scores.registry import SHIPPED, Registry

Record = dict[str, Any]


@dataclass
class StayScores:
    """The current records of one stay: MODS by local day, APPS by what it speaks of."""

    stay_id: str
    bed: Bed | None = None
    mods: dict[str, Record] = field(default_factory=dict)
    apps: dict[tuple[str, Any], Record] = field(default_factory=dict)

    @property
    def days(self) -> list[Record]:
        """The MODS records in force, by day."""
        return [self.mods[day] for day in sorted(self.mods) if in_force(self.mods[day])]

    @property
    def current(self) -> Record | None:
        """The MODS record of the latest day that has one."""
        return self.days[-1] if self.days else None

    @property
    def daily_apps(self) -> Record | None:
        """The APPS record of the latest day that has one."""
        daily = [record for (basis, _), record in self.apps.items() if basis == "daily" and in_force(record)]
        return max(daily, key=lambda record: record["day"], default=None)

    @property
    def apps_at_24h(self) -> Record | None:
        """The APPS record 24 h after the first onset of ARDS."""
        record = self.apps.get(("at-24h", 1))
        return record if record and in_force(record) else None


def in_force(record: Record) -> bool:
    """Whether a record has not been withdrawn."""
    return bool(record["status"] != WITHDRAWN)


class Tally:
    """Takes in what happens, in order; the pictures are drawn from it."""

    def __init__(self, beds: Iterable[Bed] = (), speed: float = 1.0, kinds: Registry = SHIPPED) -> None:
        """`beds` in the order to show; stays unknown to them are added below. `speed`: ward seconds per second."""
        self._scores = {score.topic: score for score in kinds.scores}
        self.speed = speed
        self.stays = {bed.stay_id: StayScores(bed.stay_id, bed) for bed in beds}
        self.now: datetime | None = None
        self.published = 0
        self.records: Counter[str] = Counter()
        self.revisions = 0
        self.dead_letters: Counter[str] = Counter()
        self.beats: deque[Beat] = deque(maxlen=50)
        # Apart, so that no amount of routine pushes a surprise out.
        self.surprises: deque[News] = deque(maxlen=50)
        self.routine: deque[News] = deque(maxlen=50)

    def event_published(self, count: int = 1) -> None:
        """`count` more events went to the input topics."""
        self.published += count

    def clock(self, now: datetime) -> None:
        """The ward's clock reads `now`."""
        self.now = now

    def beat(self, beat: Beat) -> None:
        """A story beat has happened."""
        self.beats.append(beat)

    def record(self, topic: str, record: Record) -> News | None:
        """Take in an output record; what is worth showing of it, if anything."""
        self.records[topic] += 1
        at = self._emitted(record)
        if topic in DEAD_LETTERS:
            self.dead_letters[record["reason"]] += 1
            return self._note(of_dead_letter(record, at))
        if record.get("revision", 1) > 1:
            self.revisions += 1
        if topic == ALERT:
            return self._note(of_alert(record, at))
        if topic == MODS:
            stay = self._stay(record["stay_id"])
            before = stay.mods.get(record["day"])
            stay.mods[record["day"]] = record
            return self._note(of_mods(record, before, at))
        if topic == APPS:
            stay = self._stay(record["stay_id"])
            key = (record["basis"], record.get("day") or record.get("episode"))
            before, stay.apps[key] = stay.apps.get(key), record
            return self._note(of_apps(record, before, at))
        if (score := self._scores.get(topic)) is not None:  # it has no column of its own, and is not passed over
            title = score.description.title(score.record.model_validate(record))
            return self._note(of_score(record, title, at))
        return None

    def summary(self) -> Record:
        """What the run came to: events, records by topic, revisions, dead letters by reason, stays scored."""
        return {
            "events": self.published,
            "records": dict(sorted(self.records.items())),
            "revisions": self.revisions,
            "dead_letters": dict(sorted(self.dead_letters.items())),
            "stays": sum(1 for stay in self.stays.values() if stay.mods),
        }

    def _emitted(self, record: Record) -> datetime | None:
        """When the worker made the record, by the ward's clock; it is a little later when it is seen here."""
        written = record.get("emitted_at") or record.get("first_seen_at")
        return datetime.fromisoformat(written) if written else self.now

    def _stay(self, stay_id: str) -> StayScores:
        return self.stays.setdefault(stay_id, StayScores(stay_id))

    def _note(self, news: News | None) -> News | None:
        if news is not None:
            (self.surprises if news.weight is Weight.SURPRISE else self.routine).append(news)
        return news


def summary_lines(summary: Record) -> list[str]:
    """The summary to read, a few lines."""
    records = ", ".join(f"{topic} {count:,}" for topic, count in summary["records"].items()) or "none"
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in summary["dead_letters"].items())
    dead = sum(summary["dead_letters"].values())
    return [
        f"events published   {summary['events']:,}",
        f"records by topic   {records}",
        f"revisions          {summary['revisions']:,}",
        f"dead letters       {dead:,}" + (f" ({reasons})" if reasons else ""),
        f"stays scored       {summary['stays']:,}",
    ]
