"""When a chart is over the limit, and what stays of it however far it is (I9)."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from picustream.models.variable import Variable
from picustream.scoring.chart.chart import Chart
from picustream.scoring.chart.entries import Changes
from picustream.scoring.chart.pruning import is_over_limit, prune
from picustream.scoring.chart.reads import Reads, noted
from picustream.scoring.chart.series import HistoryNeeded
from picustream.scoring.validation import LATEST, Validator
from tests.scoring.build import Stay
from tests.scoring.histories import SHIPPED, input_records

MIDNIGHT = datetime(2025, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def minutes(count: int, first: datetime = MIDNIGHT, every: timedelta = MINUTE) -> list[datetime]:
    return [first + number * every for number in range(count)]


def filed(moments: Iterable[datetime], chart: Chart | None = None, **fields: str) -> Chart:
    """A chart with a heart rate at each of some moments, beside what it held."""
    chart = chart or Chart()
    stay = Stay()
    for moment in moments:
        stay = stay.vital(moment.isoformat(), heart_rate=100, event_id=f"e{moment:%dT%H.%M.%S}", **fields)
    file_all(stay, chart)
    return chart


def file_all(stay: Stay, chart: Chart) -> None:
    validator = Validator(SHIPPED)
    for input_record in input_records(stay.events):
        one = validator.validate(input_record, LATEST)
        assert one.accepted is not None
        chart.file(*one.accepted, Changes())


def rates_of(chart: Chart) -> list[datetime]:
    return [rate.at for rate in chart.index.usable[Variable.HEART_RATE]]


def pruned(moments: list[datetime], needed: Iterable[datetime] = ()) -> list[datetime]:
    """What is left of them where somebody asked for the values at some moments."""
    chart = filed(moments)
    rates = chart.index.usable[Variable.HEART_RATE]
    reads = Reads()
    with noted(chart.index.watch) as found:
        for moment in needed:
            rates.latest(moment, moment)
    reads.put(("somebody", MIDNIGHT.date()), found)
    prune(chart, reads, Changes())
    return rates_of(chart)


@pytest.mark.proves("I9")
def test_i9_more_than_192_values_of_one_kind_on_a_day_are_a_crowd() -> None:
    """Checked after every 192 of them, for counting costs more than waiting."""
    chart = filed(minutes(192))
    assert not is_over_limit(chart)
    filed(minutes(191, MIDNIGHT + 192 * MINUTE), chart)
    assert not is_over_limit(chart)
    filed(minutes(1, MIDNIGHT + 383 * MINUTE), chart)
    assert is_over_limit(chart)
    assert not is_over_limit(chart)


@pytest.mark.proves("I9")
def test_i9_a_crowd_is_of_the_day_on_which_its_values_were_taken() -> None:
    """A week's slow values that were filed on one day are none."""
    assert not is_over_limit(filed(minutes(300, every=timedelta(minutes=30)), recorded="2025-01-09T12:00:00Z"))


@pytest.mark.proves("I9")
def test_i9_the_newest_four_hours_stay_and_the_first_event_that_names_the_patient() -> None:
    """What is older goes, but for what an answer depended on."""
    moments = minutes(600)
    asked = moments[100]
    assert pruned(moments, [asked]) == [moments[0], asked, *moments[-241:]]


@pytest.mark.proves("I9")
def test_i9_of_a_very_dense_feed_the_newest_512_stay() -> None:
    """However little time they span."""
    moments = minutes(1000, every=timedelta(seconds=1))
    assert pruned(moments) == [moments[0], *moments[-512:]]


@pytest.mark.proves("I9")
def test_i9_a_day_with_little_on_it_stays_as_it_is() -> None:
    """The crowd of one day is no reason to thin another."""
    slow, dense = minutes(20, every=timedelta(hours=1)), minutes(600, MIDNIGHT + timedelta(days=2))
    assert pruned([*slow, *dense]) == [*slow, *dense[-241:]]


@pytest.mark.proves("I9")
def test_i9_what_was_new_as_a_day_was_thinned_goes_once_it_is_old() -> None:
    """The 121 values of its last four hours are no crowd by themselves; the quiet day after it is left alone."""
    dense, quiet = minutes(720, every=2 * MINUTE), minutes(24, MIDNIGHT + timedelta(days=1), timedelta(hours=1))
    dense_again = minutes(720, MIDNIGHT + timedelta(days=2), 2 * MINUTE)
    chart = filed(dense)
    prune(chart, Reads(), Changes())
    assert rates_of(chart) == [dense[0], *dense[-121:]]
    filed([*quiet, *dense_again], chart)
    prune(chart, Reads(), Changes())
    assert rates_of(chart) == [dense[0], *quiet, *dense_again[-121:]]


@pytest.mark.proves("I9")
def test_i9_days_long_past_are_looked_at_again_once_as_much_has_come_as_there_is() -> None:
    """What was needed of them may be needed no more; each time would cost more the longer a stay is."""
    first, tenth, eleventh = (minutes(600, MIDNIGHT + timedelta(days=days)) for days in (0, 9, 10))
    chart, needed = filed(first), first[100:103]
    reads = Reads()
    with noted(chart.index.watch) as found:
        chart.index.usable[Variable.HEART_RATE].between(needed[0], needed[-1])
    reads.put(("somebody", MIDNIGHT.date()), found)
    prune(chart, reads, Changes())
    kept = [first[0], *needed, *first[-241:]]
    assert rates_of(chart) == kept
    prune(filed(tenth, chart), Reads(), Changes())
    assert rates_of(chart) == [*kept, *tenth[-241:]]
    prune(filed(eleventh, chart), Reads(), Changes())
    assert rates_of(chart) == [first[0], *eleventh[-241:]]


@pytest.mark.proves("I9")
def test_i9_what_lies_beside_a_value_in_its_event_goes_with_it() -> None:
    """Nothing points to what is gone, and what is held is counted whole."""
    stay = Stay().admitted(MIDNIGHT.isoformat())
    for moment in minutes(300):
        stay = stay.vent(moment.isoformat(), "invasive", fio2="0.5", peak_pressure=20)
    chart = Chart()
    file_all(stay, chart)
    assert chart.size == 1 + 300 * 3
    prune(chart, Reads(), Changes())
    assert chart.size == 1 + 241 * 3
    assert len(chart.same_event) == 241


@pytest.mark.proves("I9")
def test_i9_unusable_values_are_a_crowd_like_others() -> None:
    """A sensor that has come off sends as many as one that has not."""
    stay = Stay()
    for moment in minutes(300):
        stay = stay.vital(moment.isoformat(), heart_rate=100_000)
    chart = Chart()
    file_all(stay, chart)
    assert is_over_limit(chart)
    prune(chart, Reads(), Changes())
    assert chart.size == 242


@pytest.mark.proves("I9")
def test_i9_every_series_has_a_name_by_which_it_is_found_again() -> None:
    """What was pruned is kept under it."""
    stay = Stay().vital("day 1", heart_rate=100_000)
    for support in (None, "invasive", "oxygen", "room-air"):
        stay = stay.vent("day 1", support, peep=5)
    chart = Chart()
    file_all(stay, chart)
    every = list(chart.index.every())
    names = {series.channel for series in every}
    assert len(names) == len(every)
    assert {"ventilator/", "ventilator/oxygen", "unusable/heart_rate/implausible", "void"} <= names
    assert all(chart.index.by_name(series.channel) is series for series in every)


@pytest.mark.proves("I9")
def test_i9_what_is_in_conflict_stays() -> None:
    """So that a later version still settles it."""
    moments = minutes(600)
    again = Stay().vital(moments[100].isoformat(), heart_rate=120, event_id=f"e{moments[100]:%dT%H.%M.%S}")
    chart = filed(moments)
    file_all(again, chart)
    prune(chart, Reads(), Changes())
    assert rates_of(chart) == [moments[0], moments[100], *moments[-241:]]


@pytest.mark.proves("I9")
def test_i9_a_feed_that_corrects_every_value_is_bounded_like_another() -> None:
    """What has a later version leaves with it."""
    moments = minutes(600)
    chart = filed(moments, filed(moments), recorded="2025-01-01T12:00:00Z", status="corrected")
    prune(chart, Reads(), Changes())
    assert rates_of(chart) == [moments[0], *moments[-241:]]


@pytest.mark.proves("I9")
def test_i9_what_comes_late_into_a_gap_is_passed_over() -> None:
    """No record can depend on it; but what it corrects is held, it is taken, and no history is needed for it."""
    moments = minutes(600)
    chart = filed(moments)
    prune(chart, Reads(), Changes())
    held = rates_of(chart)
    filed([moments[100] + timedelta(seconds=30)], chart)
    filed([moments[-1]], chart, recorded="2025-01-02T12:00:00Z", status="corrected")
    assert rates_of(chart) == held


@pytest.mark.proves("I9", "A6")
def test_i9_what_a_late_breath_under_pressure_control_says_of_peaks_that_went_is_not_guessed() -> None:
    """The history is needed where one may have come with it, up to the last that went; of a new breath none did."""
    moments = minutes(600)
    stay = Stay()
    for moment in moments:
        stay = stay.vent(moment.isoformat(), None, control="volume", peak_pressure=20, event_id=f"v{moment:%H.%M}")
    chart = Chart()
    file_all(stay, chart)
    prune(chart, Reads(), Changes())
    late = moments[100] + timedelta(seconds=30)
    pressure = Stay().vent(late.isoformat(), None, control="pressure", peak_pressure=30, event_id="new")
    file_all(pressure, chart)
    assert [peak.at for peak in chart.index.pressure_peaks] == [late]
    last = {"event_id": f"v{moments[-242]:%H.%M}", "recorded": "2025-01-02T12:00:00Z", "status": "corrected"}
    with pytest.raises(HistoryNeeded):
        file_all(Stay().vent(moments[-242].isoformat(), None, control="pressure", peep=5, **last), chart)
