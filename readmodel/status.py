"""What is in a read model, how far it is and how old: for a person, and for a program."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from picustream.readmodel import schema
from picustream.readmodel.audience import Audience
from picustream.readmodel.reading import ReadModel
from picustream.readmodel.rows import Hole, Progress

STALE = timedelta(seconds=30)
"""Age from which a read model is said to lag: its follower beats every two seconds."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What there is of a topic."""

    topic: str
    rows: int
    """Revisions, entries, dead letters."""
    records: int
    """Of revisions, the records that they are of."""
    partitions: int
    lag: int | None


@dataclass(frozen=True, slots=True)
class Status:
    """One look at a read model."""

    store: str
    audience: Audience
    made_at: datetime
    bytes: int
    contents: tuple[Contents, ...]
    progress: Progress
    holes: tuple[Hole, ...]
    now: datetime

    @property
    def age(self) -> timedelta | None:
        return self.progress.age(self.now)

    @property
    def findings(self) -> list[str]:
        """What somebody should see to."""
        found = []
        if self.age is None:
            found.append("It is not whole yet.")
        elif self.age > STALE:
            beat = self.progress.heartbeat_at
            alive = beat is not None and self.now - beat <= STALE
            found.append(
                "Its follower is at work, and Kafka gives it nothing."
                if alive
                else "Nobody follows: picustream store follow."
            )
        if self.holes:
            found.append(f"{len(self.holes):,} places of the topics are not as they must be: docs/readmodel.md, Holes.")
        return found

    def as_data(self) -> dict[str, Any]:
        progress = asdict(self.progress)
        return {
            "store": self.store,
            "audience": self.audience.value,
            "schema": schema.SCHEMA,
            "made_at": self.made_at,
            "bytes": self.bytes,
            "age_seconds": None if self.age is None else round(self.age.total_seconds(), 1),
            "lag": self.progress.lag,
            "topics": [asdict(one) for one in self.contents],
            "holes": [asdict(hole) for hole in self.holes],
            "findings": self.findings,
            **progress,
        }


def status_of(model: ReadModel, now: datetime) -> Status:
    """All of it from one state."""
    with model.snapshot() as still:
        return Status(
            store=str(still.where),
            audience=still.audience,
            made_at=still.made_at,
            bytes=still.size(),
            contents=_contents(still),
            progress=still.progress(),
            holes=tuple(still.holes()),
            now=now,
        )


def _contents(model: ReadModel) -> tuple[Contents, ...]:
    counts, positions = model.counts(), model.progress().positions
    found = []
    for topic in model.audience.topics:
        mine = [one for one in positions if one.topic == topic]
        lags = [one.lag for one in mine if one.lag is not None]
        rows, records = counts.get(topic, (0, 0))
        found.append(Contents(topic, rows, records, len(mine), sum(lags) if len(lags) == len(mine) else None))
    return tuple(found)
