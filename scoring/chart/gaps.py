"""What a store keeps of pruning: the gaps it left in each series, and what is known of the versions that went."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import zstandard

from picustream.models import text
from picustream.models.times import EARLIEST
from picustream.scoring.chart.chart import Chart

GAPS, NAMES = "gaps", "names"
"""The fields with the gaps, and with the names of what was pruned."""
GAPS_BEFORE = "gone"
"""What a store may still have: the gaps with names of another kind."""


def gaps_to_store(chart: Chart) -> dict[str, bytes]:
    """Both fields."""
    gaps = {series.channel: [list(gap) for gap in series.gaps] for series in chart.index.every() if series.gaps}
    pruned = {"gaps": gaps, "reused": chart.lineages.pruned_to_store()} | chart.pruned.to_store()
    return {GAPS: zstandard.compress(text.encoded(pruned), 1), NAMES: chart.pruned.names_to_store()}


def restore_gaps(chart: Chart, fields: Mapping[str, bytes]) -> list[str]:
    """Takes over what is stored of it; the ids that were used again, of what was pruned."""
    stored: dict[str, Any]
    if GAPS in fields:
        stored = text.parse(zstandard.decompress(fields[GAPS]))
    elif GAPS_BEFORE in fields:
        stored = text.parse(fields[GAPS_BEFORE])
    else:
        return []
    end = EARLIEST
    for name, gaps in stored["gaps"].items():
        spans = [(datetime.fromisoformat(first), datetime.fromisoformat(last)) for first, last in gaps]
        chart.index.by_name(name).gaps, end = spans, max(end, spans[-1][1])
    chart.pruned.restore(stored, fields.get(NAMES), end)
    reused: list[str] = stored.get("reused", [])
    return reused
