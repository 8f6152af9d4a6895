"""Conditions of a source (docs/alerts.md): silent, its clock ahead, much of it refused, misrouted, late.

Functions of what all partitions observed, the site's limits and a moment: so the alerts are right again after any
crash.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from picustream.models.envelope import NEEDS_FILING_TIME
from picustream.models.feeds import SourceLimits
from picustream.models.protocol import Protocol, hours
from picustream.scoring.alerts.source import (
    LATE,
    MISROUTED,
    REFUSED,
    SILENT,
    SKEWED,
    UNREAD,
    Source,
    end_of_hour,
    readings_of,
)
from picustream.scoring.chart.entries import Filed
from picustream.scoring.clinical.days import closes_at, local_date
from picustream.scoring.validation import ValidatedInput

LASTS = {SKEWED: timedelta(hours=1), MISROUTED: timedelta(hours=1), LATE: timedelta(hours=24)}
"""How long after the last reason for it an alert goes on. A clock or a partitioner is wrong with every record, so an
hour without one means that it was repaired; a laboratory may deliver late once a shift."""

_DETAILS = {
    SKEWED: "times-ahead-of-the-clock",
    MISROUTED: "keys-on-wrong-partitions",
    LATE: "observations-of-closed-days",
}


def conditions(
    source: Source, opened: datetime | None, limits: SourceLimits, now: datetime, firing: Mapping[str, datetime]
) -> Iterator[tuple[str, datetime, str]]:
    """Name, since and detail of the conditions of a source as of `now`; `firing`: what fires, and since when.

    An alert goes on until it is plainly over, so that nothing flickers about a limit: a source is silent until its next
    record, and too much of it is refused until the share is half the limit.
    """
    if source.accepted and opened is not None and _is_silent(source, opened, limits, now, firing.get(SILENT)):
        yield SILENT, source.last, f"nothing-for-{limits.silence_after_hours.normalize():f}-h"
    for name, lasts in LASTS.items():
        moment = source.faults.get(name)
        if moment is not None and now < moment + lasts:
            yield name, moment, _DETAILS[name]
    events, refused = source.counts(now)
    if _is_much(events, refused, limits, REFUSED in firing):
        yield REFUSED, source.faults.get(REFUSED, source.last), f"{refused}-of-{events}-events"
    observations, unread = source.read(now)
    if is_unread(observations, unread, limits, UNREAD in firing):
        yield UNREAD, source.faults.get(UNREAD, source.last), f"{unread}-of-{observations}-observations"


def _is_silent(
    source: Source, opened: datetime, limits: SourceLimits, now: datetime, firing_since: datetime | None
) -> bool:
    if firing_since is not None:
        return source.last <= firing_since
    return now >= silent_at(source.last, opened, limits)


def _is_much(events: int, refused: int, limits: SourceLimits, is_firing: bool) -> bool:
    limit = limits.dead_letter_percent * events / 100
    return refused * 2 > limit if is_firing else refused > limit and refused >= limits.dead_letter_events


STEADY = 10
"""Percentage points by which the unread share must fall below its limit before the alert is over."""


def is_unread(observations: int, unread: int, limits: SourceLimits, is_firing: bool) -> bool:
    """Whether so many of a day's observations were ignored or refused that the source counts as unread."""
    if is_firing:
        return unread > 0 and unread * 100 >= (limits.unread_percent - STEADY) * observations
    return unread >= limits.unread_observations and unread * 100 >= limits.unread_percent * observations


def silent_at(last: datetime, opened: datetime, limits: SourceLimits) -> datetime:
    """When a source counts as silent; without an open stay silence does not count."""
    return max(last, opened) + hours(limits.silence_after_hours)


def due_of(
    source: Source, opened: datetime | None, limits: SourceLimits, now: datetime, firing: Collection[str]
) -> Iterator[datetime]:
    """Moments at which time alone may change the conditions of a source."""
    if source.accepted and opened is not None and SILENT not in firing:
        yield silent_at(source.last, opened, limits)
    for name, lasts in LASTS.items():
        if name in firing and name in source.faults:
            yield source.faults[name] + lasts
    if REFUSED in firing or UNREAD in firing or source.counts(now)[1] or source.read(now)[1]:
        yield end_of_hour(now)


def faults_of(one: ValidatedInput, clock: datetime | None, protocol: Protocol) -> list[str]:
    """The alerts that an input record causes; `clock` is the engine's, by which days close (None: not asked)."""
    found = []
    if one.faults:
        found.append(REFUSED)
        if any(fault.reason == "in-the-future" for fault in one.faults):
            found.append(SKEWED)
    if (one.faults or one.ignored) and readings_of(one)[1]:
        found.append(UNREAD)
    if one.input_record.misrouted:
        found.append(MISROUTED)
    accepted = one.accepted
    if clock is not None and accepted and accepted.fact is None and _is_late(accepted.filed, clock, protocol):
        found.append(LATE)
    return found


def _is_late(filed: Filed, clock: datetime, protocol: Protocol) -> bool:
    """Whether the event's day had closed (T4) when it arrived. Corrections and withdrawals are late by nature.

    No day closes sooner than that after an event of it: so most events are asked for no calendar day.
    """
    if clock < filed.happened_at + protocol.finalise_after or filed.status in NEEDS_FILING_TIME:
        return False
    return clock >= closes_at(local_date(filed.happened_at, protocol.zone), protocol)
