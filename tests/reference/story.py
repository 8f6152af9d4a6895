"""One stay while a random history of it is made up: its bounds, its moments, and how events are sent."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from .palette import NOBODY_ASKED, NUDGES, SPANS, Amount, observation
from .quirks import TEXTS, UNKNOWN_WORDS, of_nobody
from .revisions import version_of
from .written import Event

Body = dict[str, Any]
Variables = list[str] | dict[str, Amount]
DAY = timedelta(days=1)
DUMMY_BIRTHS = ["1900-01-01", "1900-01-01", "1800-01-01", "0001-01-01", "1905-06-30", "9999-12-31", "2099-02-03"]
OFFSETS = [UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-5)), timezone(timedelta(minutes=345))]


@dataclass
class Story:
    """One stay while it is made up: its bounds, the moments that matter so far, and the events sent."""

    rng: random.Random
    zone: ZoneInfo
    stay_id: str
    sent: list[Event] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)
    numbers: Counter[str] = field(default_factory=Counter)
    quirks: float = 0
    """How often its feeds write as feeds write: 0 never, 1 now and then, 3 often."""
    admitted: datetime = field(init=False)
    ended: datetime = field(init=False)

    def chance(self, share: float) -> bool:
        """True for this share of the draws."""
        return self.rng.random() < share

    def midnight(self, time: datetime, days: int = 0) -> datetime:
        """The local midnight that begins a moment's day, or one some days on."""
        day = time.astimezone(self.zone).date() + days * DAY
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)

    def frame(self, around: str) -> None:
        """Admission and end of the stay, at odd and at even moments; the admission itself may never be sent."""
        rng = self.rng
        first = datetime.fromisoformat(around).replace(tzinfo=self.zone).astimezone(UTC)
        self.admitted = first + timedelta(minutes=rng.choice([0, 0, 1, 95, 150, 600, 1290, 1439]))
        lengths = [timedelta(0), timedelta(hours=5), 2 * DAY, 2 * DAY + NUDGES[-1], 2 * DAY + NUDGES[-2], 28 * DAY]
        lengths += [timedelta(minutes=rng.randrange(days * 1440)) for days in (1, 2, 3, 4, 5, 5, 5, 5, 20, 60)]
        self.ended = self.admitted + rng.choice(lengths)
        if self.chance(0.2):
            self.ended = self.midnight(self.ended, days=1)
        self.moments += [self.admitted, self.ended, self.admitted + 2 * DAY]
        if self.chance(0.95):
            self.fact("adt", "admitted", self.admitted, **self._person())

    def _person(self) -> Body:
        """Birth dates on every limit of age, of every precision, or none."""
        rng = self.rng
        today = self.admitted.astimezone(self.zone).date()
        young = today - timedelta(days=rng.choice([0, 27, 28, 29, 365, 2000, 2000]))
        year = today.year - rng.choice([17, 18, 18, 19, 46, 47, 66, 67])
        that_day = f"{year}{today.isoformat()[4:]}".replace("02-29", "02-28")
        full = rng.choice([*[young.isoformat()] * 4, that_day, that_day, "2008-02-29", "2004-02-29"])
        if self.chance(0.15 * self.quirks):
            full = rng.choice([*DUMMY_BIRTHS, *self._oldest_births(today)])
        person = {"birth_date": full[: rng.choice([10, 10, 10, 10, 7, 4])]}
        person["sex"] = rng.choice(["female", "female", "male", "male", "other", "unknown"])
        places = {name: rng.choice(TEXTS) for name in ("bed", "unit") if self.chance(0.15 * self.quirks)}
        return places | {name: value for name, value in person.items() if self.chance(0.9)}

    def _oldest_births(self, today: date) -> list[str]:
        """Birth dates around the age at which one is no longer believed, and around the admission (E1, A7)."""
        beside = [today + n * DAY for n in (-1, 0, 1)]
        last = [f"{day.year - years}{day.isoformat()[4:]}" for day in beside for years in (119, 120, 121)]
        return [day.replace("02-29", "02-28") for day in last] + [
            (today + n * DAY).isoformat() for n in (0, 1, 2, 3, 40)
        ]

    def time(self) -> datetime:
        """A moment: mostly an exact rule's span from one that matters already, or beside a local midnight."""
        rng, draw = self.rng, self.rng.random()
        if draw < 0.55:
            at = rng.choice(self.moments[-12:]) + rng.choice([1, 1, -1]) * rng.choice(SPANS) + rng.choice(NUDGES)
        elif draw < 0.7:
            at = self.midnight(self._inside()) + rng.choice([timedelta(0), timedelta(minutes=10), -SPANS[2], *NUDGES])
        elif draw < 0.8:
            at = rng.choice(self.moments[:3]) + rng.choice(NUDGES)
        else:
            at = self._inside()
        self.moments.append(at)
        return at

    def near(self, time: datetime) -> datetime:
        """A moment at or around another, within reach of most pairing rules or just out of it."""
        step = self.rng.choice([*SPANS[:5], SPANS[0], SPANS[1], SPANS[2]])
        return time + self.rng.choice([1, -1, -1]) * step + self.rng.choice(NUDGES)

    def _inside(self) -> datetime:
        span = max(self.ended - self.admitted, timedelta(hours=1))
        return self.admitted + timedelta(minutes=int(span / timedelta(minutes=1) * self.rng.random()))

    def text(self, time: datetime) -> str:
        """A moment in ISO 8601, in one of many offsets."""
        shown = time.astimezone(self.rng.choice([*OFFSETS, self.zone]))
        text = shown.isoformat(timespec="auto" if shown.second or shown.microsecond or self.chance(0.9) else "minutes")
        if shown.microsecond and self.chance(0.3):  # finer digits are cut off
            text = text.replace(f"{shown.microsecond:06}", f"{shown.microsecond:06}999")
        return text.replace("+00:00", "Z") if self.chance(0.5) else text

    def envelope(self, source: str, at: datetime) -> Body:
        """The fields of every event; the ids of two feeds are the same small numbers."""
        self.numbers[source] += 1
        body = {"event_id": f"e{self.numbers[source]}", "source": source, "stay_id": self.stay_id}
        body["patient_id"] = f"P-{self.stay_id}" if self.chance(0.97) else "P-other"
        if self.chance(0.5):
            late = self.rng.choice([timedelta(0), timedelta(minutes=30), timedelta(hours=5), DAY, -SPANS[2]])
            body["recorded_at"] = self.text(at + late)
        if self.chance(0.08 + 0.05 * self.quirks):
            body["status"] = self.rng.choice(["preliminary", "preliminary", "registered", "unknown", "final"])
        return body

    def tell(self, topic: str, body: Body) -> None:
        """Say it, and now and then say it again: the same, corrected, withdrawn, restored, moved, contradicted."""
        self.sent.append((f"picu.{topic}.v1", body))
        if topic == "vital" and self.chance(0.02 * self.quirks):  # on a second topic, byte for byte or nearly so
            elsewhere = self.rng.choice(["lab", "ventilator"])
            more = {"support": "invasive"} if elsewhere == "ventilator" and self.chance(0.5) else {}
            self.sent.append((f"picu.{elsewhere}.v1", body | more))
        while self.chance(0.25):
            body = version_of(self, body)
            self.sent.append((f"picu.{topic}.v1", body))

    def fact(self, topic: str, kind: str, at: datetime, **fields: Any) -> None:
        """An event of `picu.adt.v1` or `picu.trial.v1`."""
        source = {"adt": "adt", "trial": "trial-office"}[topic] + self.rng.choice(["", "", "", "-2"])
        self.tell(topic, {**self.envelope(source, at), "type": kind, "occurred_at": self.text(at), **fields})

    def measure(self, topic: str, source: str, at: datetime, variables: Variables, **fields: Any) -> None:
        """An event with one observation per variable, of a given amount or a random one; ids where codes repeat."""
        body = {**self.envelope(source, at), "observed_at": self.text(at), **fields}
        observations = [observation(self.rng, name, given, self.quirks) for name, given in _with_amounts(variables)]
        if self.chance(0.1):
            observations.append(of_nobody(self.rng, NOBODY_ASKED))
        for one in observations:
            if self.chance(0.02 * self.quirks):
                one["status"] = self.rng.choice(["preliminary", "final", "registered", "unknown"])
        for name, words in UNKNOWN_WORDS.items():
            if name in body and self.chance(0.04 * self.quirks):
                body[name] = self.rng.choice(words)
        if len({one["code"] for one in observations}) < len(observations) or self.chance(0.3):
            for place, one in enumerate(observations):
                one["id"] = f"o{self.numbers[source]}.{place}"
        self.tell(topic, {**body, "observations": observations})

    def support(self, source: str, at: datetime, **words: Any) -> None:
        """A ventilator event that states nothing but its words: no list of observations, or an empty one."""
        empty: Body = {"observations": []} if self.chance(0.5) else {}
        self.tell("ventilator", {**self.envelope(source, at), "observed_at": self.text(at), **words, **empty})


def _with_amounts(variables: Variables) -> list[tuple[str, Amount | None]]:
    return list(variables.items()) if isinstance(variables, dict) else [(name, None) for name in variables]
