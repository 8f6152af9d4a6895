"""The operator's page: what runs, how far it is, what was refused, what fires, and how old each of these is."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from picustream.board.views import times
from picustream.board.views.screening import Entry, entry_of
from picustream.readmodel.rows import DeadLetterCount, DeskRow, Hole, Position, Progress, Row
from picustream.scoring.alerts.source import SILENT

SEVERITIES = ("critical", "warning", "info")
"""The worst first."""


class Watched(Protocol):
    """A read model, as far as this page needs one."""

    def progress(self) -> Progress: ...
    def alerts(self, *, firing: bool | None = True, audience: str | None = None) -> Sequence[Row]: ...
    def deadletters(self) -> Sequence[DeadLetterCount]: ...
    def desk(self, *, type: str | None = None) -> Sequence[DeskRow]: ...
    def holes(self) -> Sequence[Hole]: ...


@dataclass(frozen=True, slots=True)
class Fires:
    """An alert that fires."""

    alert_id: str
    name: str
    severity: str
    subject: str
    detail: str
    since: datetime
    lasts: str
    acknowledged: Entry | None


@dataclass(frozen=True, slots=True)
class TopicRead:
    """How far the read model is in a topic."""

    topic: str
    partitions: int
    records: int
    lag: int | None


@dataclass(frozen=True, slots=True)
class Refused:
    """Dead letters of one reason."""

    topic: str
    source: str
    reason: str
    scope: str
    count: int
    last_seen_at: datetime
    ago: str


@dataclass(frozen=True, slots=True)
class Operations:
    fires: tuple[Fires, ...]
    refused: tuple[Refused, ...]
    topics: tuple[TopicRead, ...]
    follower: str
    age: str
    holes: tuple[Hole, ...]
    silent: Mapping[str, datetime]
    """Feeds that are silent, and since when."""
    versions: tuple[str, ...]
    """Software and protocol of what fires: more than one, while an upgrade is on its way."""


def operations(model: Watched, now: datetime, wall: datetime, zone: ZoneInfo) -> Operations:
    """The page's content. `now` is the ward's clock, `wall` the one by which followers are timed."""
    acknowledged = {row.alert: entry_of(row, zone) for row in model.desk(type="alert-acknowledged")}
    rows = list(model.alerts(audience="operations"))
    fires = [_fires(row, acknowledged, now, zone) for row in rows]
    progress = model.progress()
    age = progress.age(wall)
    return Operations(
        tuple(sorted(fires, key=lambda one: (SEVERITIES.index(one.severity), one.since))),
        tuple(_refused(one, now, zone) for one in model.deadletters()),
        _topics(progress.positions),
        progress.follower or "nobody",
        "not whole yet" if age is None else times.long(max(age, timedelta(0))),
        tuple(model.holes()),
        {one.subject: one.since for one in fires if one.name == SILENT},
        tuple(sorted({_version(row) for row in rows})),
    )


def _fires(row: Row, acknowledged: dict[str | None, Entry], now: datetime, zone: ZoneInfo) -> Fires:
    alert = row.json()
    since = datetime.fromisoformat(alert["since"]).astimezone(zone)
    seen = acknowledged.get(alert["alert_id"])
    return Fires(
        alert["alert_id"],
        alert["name"],
        alert["severity"],
        alert["stay_id"] or str(alert["alert_id"]).rpartition(f"{alert['name']}/")[2],
        alert["detail"] or "",
        since,
        times.long(times.between(since, now)),
        seen if seen is not None and seen.at >= row.emitted_at else None,  # of an earlier time that it fired: no more
    )


def _refused(one: DeadLetterCount, now: datetime, zone: ZoneInfo) -> Refused:
    last = one.last_seen_at.astimezone(zone)
    ago = times.long(times.between(last, now))
    return Refused(one.about, one.source or "not known", one.reason, one.scope, one.count, last, ago)


def _topics(positions: Sequence[Position]) -> tuple[TopicRead, ...]:
    by_topic: dict[str, list[Position]] = defaultdict(list)
    for position in positions:
        by_topic[position.topic].append(position)
    return tuple(_topic(topic, found) for topic, found in sorted(by_topic.items()))


def _topic(topic: str, positions: Sequence[Position]) -> TopicRead:
    lags = [position.lag for position in positions]
    known = [lag for lag in lags if lag is not None]
    return TopicRead(
        topic,
        len(positions),
        sum(position.next for position in positions),
        sum(known) if len(known) == len(lags) else None,
    )


def _version(row: Row) -> str:
    body = row.json()
    protocol = body["protocol"]
    return f"picustream {body['software']}, protocol {protocol['id']} {protocol['version']} ({protocol['sha256'][:12]})"
