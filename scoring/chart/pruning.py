"""Pruning: values that no record depends on go, so that a dense feed does not make a stay grow (invariant I9).

A monitor that sends a heart rate every second makes 86,400 values a day, of which the records use one or two. Which
ones is not a second set of rules here: every answer knows the spans of time that it was read from (`reads.py`). What
lies outside of these, and is not new, is pruned; and where a later look-up reaches into a pruned span, the series
raises `HistoryNeeded` instead of answering, and the stay is read from Kafka again. So pruning can cost time, and never
a record its value.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from picustream.models.event import LAB
from picustream.models.times import EARLIEST
from picustream.scoring.chart.chart import Chart
from picustream.scoring.chart.entries import Changes, Entry, Filed, Observed, Piece, piece_of
from picustream.scoring.chart.reads import Reads
from picustream.scoring.chart.series import TICK, Run, Span, midnight
from picustream.scoring.chart.series_index import AnySeries

MOST_PER_DAY = 192
"""Entries of one series and one day (of UTC) above which the day is pruned; checked after as many additions."""
NEWEST, NEWEST_COUNT = timedelta(hours=4), 512
"""Entries that are not older than this stay, up to so many of a series: a laboratory result arrives an hour after
sampling, and is then paired with what the ventilator reported at that time."""
RECENT = timedelta(days=2)
"""What is pruned is nearly always of these: what was too new the last time."""


class _Spare(NamedTuple):
    """Of one series the places that no answer depends on, and the spans that answers depend on."""

    series: AnySeries
    answers: Sequence[Span]
    runs: Sequence[Run]


def is_over_limit(chart: Chart) -> bool:
    """Whether a chart is to be pruned. Counts only where enough was added since it last counted."""
    if chart.added < chart.counted_at:
        return False
    over_limit, most = False, 0
    for series in chart.index.every():
        if series.added >= MOST_PER_DAY:
            series.added = 0
            over_limit = over_limit or any(end - first > MOST_PER_DAY for first, end in series.days(EARLIEST))
        most = max(most, series.added)
    chart.counted_at = chart.added + MOST_PER_DAY - most
    return over_limit


def prune(chart: Chart, reads: Reads, changes: Changes) -> None:
    """Prunes whole events of which nothing is needed; `reads`: what answers were read from.

    Never pruned: blood gases, an event for each patient named (alert `patient-mismatch`), events in conflict
    (`conflicting-duplicate`), unmatched corrections (`correction-unmatched`, up to a limit), and of each source an id
    with two moments (`id-reused`).
    """
    since = _since(chart)
    spare = [one for series in chart.index.every() if (one := _spare(series, reads, since)).runs]
    leaving = _leaving(chart, spare)
    if leaving:
        gone: list[Entry] = []
        for one in spare:
            if runs := [part for run in one.runs for part in _parts(one.series, run, leaving)]:
                gone += one.series.prune(runs, one.answers, since)
        chart.prune(leaving, gone, changes)


def _since(chart: Chart) -> datetime:
    """From when on days are looked at: the last two, and all of them once as much was added as there is. So what an
    entry costs does not grow with the stay."""
    if chart.added - chart.searched_at >= chart.size:
        chart.searched_at = chart.added
        return EARLIEST
    newest = max((last for series in chart.index.every() if (last := series.newest()) is not None), default=EARLIEST)
    return midnight((newest - RECENT).date())


def _leaving(chart: Chart, spare: Iterable[_Spare]) -> set[Filed]:
    """The events of which everything is spare, and nothing is kept all the same."""
    counts: Counter[Filed] = Counter()
    for one in spare:
        for run in one.runs:
            counts.update([entry.filed for entry in one.series.part(run)])
    live = chart.live.versions()
    named, disputed = set(chart.live.first_by_patient().values()), chart.conflicts.events
    leaving = {
        filed
        for filed, count in counts.items()
        if count == filed.live_count
        and live[filed.event_id] == 1
        and filed not in named
        and (filed.source, filed.event_id) not in disputed
    }
    pinned = chart.lineages.pinned()
    if pinned or chart.hides_some or any(filed.topic == LAB for filed in leaving):
        entries = (entry for one in spare for run in one.runs for entry in one.series.part(run))
        leaving.difference_update([entry.filed for entry in entries if _is_kept(chart, entry, pinned)])
    return leaving


def _is_kept(chart: Chart, entry: Entry, pinned: Collection[Piece]) -> bool:
    if isinstance(entry, Observed) and entry.of_blood_gas:
        return True
    return piece_of(entry) in pinned or chart.hides(entry)


def _parts(series: AnySeries, run: Run, leaving: Collection[Filed]) -> Iterator[Run]:
    """The places of a run whose events leave, those side by side together."""
    leaves = [entry.filed in leaving for entry in series.part(run)]
    if all(leaves):
        yield run
        return
    place = run[0]
    for leave, some in groupby(leaves):
        end = place + len(list(some))
        if leave:
            yield place, end
        place = end


def _spare(series: AnySeries, reads: Reads, since: datetime) -> _Spare:
    """Entries of days over the limit that are not new and lie in no span that an answer depends on."""
    last = series.newest()
    if last is None or last < since:
        return _Spare(series, (), ())
    new = min(len(series), max(len(series) - NEWEST_COUNT, series.before(last - NEWEST)))
    # What was too new when its day was pruned may go now.
    crowded = [
        (first, min(end, new))
        for first, end in series.days(since)
        if first < new and (end - first > MOST_PER_DAY or series.is_pruned_on_day_of(first))
    ]
    answers = reads.spans(series.channel, since) if crowded else ()
    return _Spare(series, answers, [run for day in crowded for run in _between(series, day, answers)])


def _between(series: AnySeries, run: Run, answers: Sequence[Span]) -> Iterator[Run]:
    """The places of a run that lie in no span of an answer, those between two spans together."""
    place, end = run
    for first, last in answers[bisect_left(answers, series.moment(place), key=itemgetter(1)) :]:
        stop = min(end, series.before(first))
        if place < stop:
            yield place, stop
        place = max(place, series.before(last + TICK))
        if place >= end:
            return
    yield place, end
