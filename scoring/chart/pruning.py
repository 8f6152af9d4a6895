"""Pruning: values that no record depends on go, so that a dense feed does not make a stay grow (invariant I9).

A monitor that sends a heart rate every second makes 86,400 values a day, of which the records use one or two. Which
ones is not a second set of rules here: every answer knows the spans of time that it was read from (`reads.py`). What
lies outside of these, and is not new, is pruned; and where a later look-up reaches into a pruned span, the series
raises `HistoryNeeded` instead of answering, and the stay is read from Kafka again. So pruning can cost time, and never
a record its value.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from picustream.scoring.chart.chart import Chart
from picustream.scoring.chart.entries import Changes, CurrentVersion, Entry, Filed, Observed
from picustream.scoring.chart.reads import Reads
from picustream.scoring.chart.series_index import AnySeries

MOST_PER_DAY = 192
"""Entries of one series and one day (of UTC) above which the day is pruned; checked after as many additions."""
NEWEST, NEWEST_COUNT = timedelta(hours=4), 512
"""Entries that are not older than this stay, up to so many of a series: a laboratory result arrives an hour after
sampling, and is then paired with what the ventilator reported at that time."""


def is_over_limit(chart: Chart) -> bool:
    """Whether a chart is to be pruned. Counts only where enough was added since it last counted."""
    if chart.added < MOST_PER_DAY:
        return False
    chart.added = 0
    over_limit = False
    for series in chart.index.every():
        if series.added >= MOST_PER_DAY:
            series.added = 0
            over_limit = over_limit or any(count > MOST_PER_DAY for _, count in series.by_day())
        chart.added = max(chart.added, series.added)
    return over_limit


def prune(chart: Chart, reads: Reads, changes: Changes) -> None:
    """Prunes whole events of which nothing is needed; `reads`: what answers were read from.

    Never pruned: blood gases, an event for each patient named (alert `patient-mismatch`), events in conflict
    (`conflicting-duplicate`), unmatched corrections (`correction-unmatched`, up to a limit), and of each source an id
    with two moments (`id-reused`).
    """
    spare: defaultdict[Filed, list[Entry]] = defaultdict(list)
    for series in chart.index.every():
        series.read_spans = reads.spans(series.channel)
        for entry in _spare(series):
            spare[entry.filed].append(entry)
    live = chart.live.versions()
    named, disputed = set(chart.live.first_by_patient().values()), chart.conflicts.events
    pinned = chart.lineages.pinned()
    pruned: list[CurrentVersion] = []
    for filed, entries in spare.items():
        whole = len(entries) == filed.live_count and live[filed.event_id] == 1
        if whole and filed not in named and (filed.source, filed.event_id) not in disputed:
            of_event = [_version(entry) for entry in entries]
            if not any(_is_kept(chart, one) or (one.kind, *one.identity) in pinned for one in of_event):
                pruned += of_event
    chart.prune(pruned, changes)


def _version(entry: Entry) -> CurrentVersion:
    if isinstance(entry, Observed):
        return CurrentVersion("observation", (entry.filed.source, entry.id), entry)
    return CurrentVersion("ventilation", (entry.filed.source, entry.filed.event_id), entry)


def _is_kept(chart: Chart, one: CurrentVersion) -> bool:
    return chart.hides(one) or (isinstance(one.entry, Observed) and one.entry.of_blood_gas)


def _days_over_limit(series: AnySeries) -> set[date]:
    """Days over the limit, and days once pruned: what was too new to prune then may be pruned now."""
    over_limit = {day for day, count in series.by_day() if count > MOST_PER_DAY}
    for first, last in series.gaps:
        over_limit.update(first.date() + timedelta(days=n) for n in range((last.date() - first.date()).days + 1))
    return over_limit


def _spare(series: AnySeries) -> Iterator[Entry]:
    """Entries of days over the limit that are not new and lie in no span that an answer depends on."""
    last = series.newest()
    if last is None:
        return
    new = max(len(series) - NEWEST_COUNT, series.before(last - NEWEST))
    spans = iter([*series.read_spans, None])
    span = next(spans)
    for day in sorted(_days_over_limit(series)):
        for item in series.of_day(day, new):
            at = item.order[0]
            while span is not None and span[1] < at:
                span = next(spans)
            if span is None or at < span[0]:
                yield item
