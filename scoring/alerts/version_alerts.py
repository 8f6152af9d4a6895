"""Conditions of the versions of one thing (docs/alerts.md): an unmatched correction, an id used for two moments, an
admission that moved.

Functions of lineages, so the conditions do not depend on the order of arrival (I1).
"""

from collections.abc import Iterator
from datetime import datetime

from picustream.models.protocol import Protocol
from picustream.scoring.alerts.alerts import REUSED, UNMATCHED, WITHIN
from picustream.scoring.chart.chart import Chart
from picustream.scoring.chart.entries import Piece
from picustream.scoring.chart.lineage import ADMISSION, WITHDRAWN
from picustream.scoring.clinical.days import closes_at, local_date
from picustream.scoring.clinical.stay import Stay
from picustream.scoring.records.conditions import Condition
from picustream.scoring.rules import Rules

MOVED = "admission-moved"


def unmatched(chart: Chart, protocol: Protocol) -> Iterator[tuple[Piece, Condition, datetime]]:
    """Unmatched corrections, by filing, each with its condition and the moment from which it holds."""
    for piece, ((filed_at, status, event_id), moment, source) in chart.lineages.unmatched():
        kind = "support" if piece[0] == "ventilation" else piece[0]
        how = "withdrawn" if status >= WITHDRAWN else "corrected"
        condition = Condition(UNMATCHED, moment, f"{source}{WITHIN}{event_id}", f"{kind}-{how}")
        yield piece, condition, filed_at + protocol.finalise_after


def version_conditions(chart: Chart, stay: Stay | None, rules: Rules) -> Iterator[Condition]:
    """The conditions of ids and of the admission."""
    for source, (moment, _), (_, newer) in chart.lineages.reused():
        yield Condition(REUSED, moment, source, newer[2])
    lineage = chart.lineages.of(ADMISSION)
    two = lineage.two_moments if lineage is not None else None
    if stay is not None and two is not None:
        (start, _), (_, (filed_at, _, event_id)) = two
        if _had_a_score(chart, start, filed_at, rules):
            yield Condition(MOVED, start, detail=event_id)


def _had_a_score(chart: Chart, start: datetime, moment: datetime, rules: Rules) -> bool:
    """Whether a stay that began at `start` had a score at a moment: its first day was closed, or a value was filed that
    makes one. By filing times, for what was published when depends on the order of arrival (I1)."""
    if closes_at(local_date(start, rules.protocol.zone), rules.protocol) <= moment:
        return True
    values = (value for variable in rules.kinds.makers for value in chart.index.usable[variable])
    return any(value.at >= start and value.filed.rank[0] < moment for value in values)
