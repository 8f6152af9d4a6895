"""What is behind the read model, for the operator's page: partitions, feeds, inputs, and what was checked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from picustream.board.checks import Checked
from picustream.board.pipeline import Behind, Feed
from picustream.board.views import times
from picustream.board.workers import PartitionReport
from picustream.doctor.finding import Finding
from picustream.models.event import INPUT_TOPICS

NOT_KNOWN = "not known"
WORST = ("missing", "finding", "skipped")
"""Levels of findings that are shown, in this order."""


@dataclass(frozen=True, slots=True)
class PartitionRow:
    """A partition: what Kafka knows of it, and what its worker says."""

    number: int
    owner: str
    state: str
    waiting: int | None
    """Records, or offsets, that are not processed; None: not known."""
    got_on: str
    trouble: str
    bad: bool


@dataclass(frozen=True, slots=True)
class FeedRow:
    """A source: when something last came from it, and whether that is as it should be."""

    source: str
    sends: str
    last: datetime
    ago: str
    limit: str
    state: str
    """`in time`; `silent`: an alert fires; `overdue`: none does, though its limit is over; `not expected`."""

    @property
    def bad(self) -> bool:
        return self.state in ("silent", "overdue")


@dataclass(frozen=True, slots=True)
class InputRow:
    """An input topic."""

    topic: str
    last: datetime | None
    ago: str
    waiting: int | None


@dataclass(frozen=True, slots=True)
class CheckRow:
    """What `picustream doctor` said, and how long ago."""

    findings: tuple[Finding, ...]
    """Those that are not well, the worst first."""
    well: int
    ago: str
    """Empty: it has not been asked yet."""
    trouble: str


@dataclass(frozen=True, slots=True)
class Engine:
    """Of these sections all that the page shows."""

    partitions: tuple[PartitionRow, ...]
    feeds: tuple[FeedRow, ...]
    inputs: tuple[InputRow, ...]
    checks: CheckRow
    unknown: tuple[str, ...]
    feeds_known: bool
    """Else those alone are listed of which an alert says that they are silent."""


def engine(
    behind: Behind,
    reports: Sequence[PartitionReport],
    checked: Checked,
    silent: Mapping[str, datetime],
    now: datetime,
    wall: datetime,
) -> Engine:
    """`silent`: the sources of which an alert fires, and since when. `now` is the ward's clock, in the zone.

    What was asked is judged as of when it was: a ward's clock that runs fast makes no feed overdue.
    """
    then = now if behind.as_of is None else behind.as_of.astimezone(now.tzinfo)
    return Engine(
        tuple(_partitions(behind, reports)),
        tuple(_feeds(behind.feeds, silent, then)),
        tuple(_inputs(behind, then)),
        _checks(checked, wall),
        behind.unknown,
        behind.feeds is not None,
    )


def _partitions(behind: Behind, reports: Sequence[PartitionReport]) -> Iterable[PartitionRow]:
    said = {report.partition: report for report in reports}
    for number in sorted({*range(behind.partitions), *said}):
        report, owners = said.get(number), behind.owners
        owner = None if owners is None else owners.get(number, "nobody")
        yield PartitionRow(
            number,
            owner or (report.worker if report else NOT_KNOWN),
            NOT_KNOWN if report is None else "stuck" if report.stuck else report.state,
            report.lag if report else _sum(behind.waiting, number),
            f"{times.short(timedelta(seconds=report.seconds))} ago" if report else NOT_KNOWN,
            report.trouble if report else "",
            bool(report and report.stuck) or owner == "nobody",
        )


def _sum(waiting: Mapping[tuple[str, int], int | None] | None, number: int) -> int | None:
    return None if waiting is None else _total(left for (_, part), left in waiting.items() if part == number)


def _total(waiting: Iterable[int | None]) -> int | None:
    """None where one of them is not known."""
    lefts = list(waiting)
    known = [left for left in lefts if left is not None]
    return sum(known) if len(known) == len(lefts) else None


def _feeds(feeds: Sequence[Feed] | None, silent: Mapping[str, datetime], now: datetime) -> Iterable[FeedRow]:
    """What is silent first. A source that the workers have forgotten is known from its alert alone."""
    rows = [_feed(feed, feed.source in silent, now) for feed in feeds or ()]
    forgotten = silent.keys() - {row.source for row in rows}
    rows += [
        FeedRow(name, NOT_KNOWN, _local(silent[name], now), _ago(silent[name], now), NOT_KNOWN, "silent")
        for name in forgotten
    ]
    return sorted(rows, key=lambda row: (not row.bad, row.source))


def _feed(feed: Feed, silent: bool, now: datetime) -> FeedRow:
    state = "silent" if silent else "not expected" if feed.due is None else "overdue" if now >= feed.due else "in time"
    sends = "measurements" if feed.measures else "admissions, trial events"
    limit = times.long(feed.limit)
    return FeedRow(feed.source, sends, _local(feed.last, now), _ago(feed.last, now), limit, state)


def _inputs(behind: Behind, now: datetime) -> Iterable[InputRow]:
    if behind.newest is None and behind.waiting is None:
        return
    for topic in INPUT_TOPICS:
        last = (behind.newest or {}).get(topic)
        waiting = (
            None
            if behind.waiting is None
            else _total(left for (name, _), left in behind.waiting.items() if name == topic)
        )
        ago = NOT_KNOWN if behind.newest is None else "nothing yet" if last is None else f"{_ago(last, now)} ago"
        yield InputRow(topic, None if last is None else _local(last, now), ago, waiting)


def _checks(checked: Checked, wall: datetime) -> CheckRow:
    shown = [one for one in checked.findings if one.level in WORST]
    ago = "" if checked.at is None else f"{times.long(wall - checked.at)} ago"
    shown.sort(key=lambda one: WORST.index(one.level))
    return CheckRow(tuple(shown), len(checked.findings) - len(shown), ago, checked.trouble)


def _local(at: datetime, now: datetime) -> datetime:
    return at.astimezone(now.tzinfo)


def _ago(at: datetime, now: datetime) -> str:
    return times.short(times.between(at, now))
