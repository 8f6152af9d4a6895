"""A second, independent reading of the rules: everything recomputed from the whole history, nothing remembered.

It shares no code with the product; it is slow and plain on purpose, so that it can be checked against
the text of the rules by eye. What it gives is what convergence (I1) asks of the product: the same events
in any order end in these records.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from .apps import ards, at_24h, daily
from .chart import Chart, chart_of
from .eligibility import eligibility
from .mods import mods_by_day
from .outcomes import outcomes
from .presence import presence
from .protocol import DEFAULTS, UTC, Protocol
from .validation import DeadLetter, accepts, dead_letters
from .versions import Message, messages
from .written import Event, Number, loads, read

__all__ = [
    "DEFAULTS", "DeadLetter", "Number", "accepts", "current_records", "dead_letters", "final_records", "loads", "read",
    "replay_clock",
]  # fmt: skip

Key = tuple[Any, ...]
Record = dict[str, Any]


def current_records(
    events: Iterable[Event], clock: datetime, protocol: dict[str, Any] | None = None
) -> dict[Key, Record]:
    """Every record that stands, not withdrawn, at `clock`, from events in any order.

    Keys: ("mods", stay, day), ("apps", stay, "daily", day), ("apps", stay, "at-24h", episode),
    ("eligibility", stay), ("outcome", stay, milestone), ("stay", stay). Events that are refused are left out;
    events later than the clock are not (that is `accepts` with a clock).
    """
    stays: dict[str, list[Message]] = defaultdict(list)
    for message in messages(event for event in events if accepts(*event, protocol=protocol)):
        stays[message.body["stay_id"]].append(message)
    rules = Protocol.of(protocol)
    charts = {stay: chart_of(history, rules, clock.astimezone(UTC)) for stay, history in stays.items()}
    records: dict[Key, Record] = {}
    for stay, chart in charts.items():
        if chart is not None:
            records.update(_records_of(stay, chart))
    return records


def final_records(
    events: Iterable[Event], until: datetime | None = None, protocol: dict[str, Any] | None = None
) -> dict[Key, Record]:
    """The records that stand at the end of a `replay`: what lies after `until` is refused (T6).

    None where no event is accepted.
    """
    used = [event for event in events if accepts(*event, until, protocol)]
    return current_records(used, replay_clock(used, until, protocol), protocol) if used else {}


def _records_of(stay: str, chart: Chart) -> dict[Key, Record]:
    found = ards(chart)
    records: dict[Key, Record] = {("eligibility", stay): eligibility(chart), ("stay", stay): presence(chart)}
    records |= {("mods", stay, day.isoformat()): one for day, one in mods_by_day(chart).items()}
    records |= {("apps", stay, "daily", day.isoformat()): one for day, one in daily(chart, found).items()}
    records |= {("apps", stay, "at-24h", episode): one for episode, one in at_24h(chart, found).items()}
    records |= {("outcome", stay, name): one for name, one in outcomes(chart).items()}
    return records


def replay_clock(
    events: Iterable[Event], until: datetime | None = None, protocol: dict[str, Any] | None = None
) -> datetime:
    """The clock at the end of `replay`: `until`, or 60 days after the last accepted event was filed.

    A ValueError where no event is accepted and no `until` is given.
    """
    if until is not None:
        return until
    filed = [message.filed_at for message in messages(event for event in events if accepts(*event, protocol=protocol))]
    if not filed:
        raise ValueError("no event is accepted, so there is no clock")
    return max(filed) + timedelta(days=60)
