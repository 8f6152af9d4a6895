"""What is kept of one source: the same whether one partition observed it or several (I1), no more than needed (I9)."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from picustream.models.feeds import SourceLimits
from picustream.scoring.alerts.feed_alerts import conditions, due_of
from picustream.scoring.alerts.feed_snapshot import Feeds, joined
from picustream.scoring.alerts.source import MISROUTED, REFUSED, Source, end_of_hour, hour_of
from picustream.scoring.validation import InputRecord, ValidatedInput, Validator
from tests.scoring.build import Stay, at, obs
from tests.scoring.histories import SHIPPED, written

START = at("day 1 09:00")
WARD = Stay().admitted("day 1 08:00").lab("day 1 09:00", creatinine=60).lab("day 1 09:00", obs("creatinine", 4421))
SOUND, MEASURED, BAD = (Validator(SHIPPED).validate(InputRecord(t, 0, 0, None, written(v))) for t, v in WARD.events)
BROKEN = Validator(SHIPPED).validate(InputRecord("picu.lab.v1", 0, 0, None, b"{"))

Heard = list[tuple[ValidatedInput, datetime, tuple[str, ...]]]


def heard(seed: int) -> Heard:
    """Random arrivals over three hours, with the reasons for alerts that they give."""
    rng = random.Random(seed)
    return [
        (
            rng.choice([SOUND, MEASURED, BAD, BROKEN]),
            START + timedelta(minutes=rng.randrange(180)),
            tuple(rng.sample([MISROUTED, REFUSED], rng.randrange(3))),
        )
        for _ in range(rng.randrange(1, 12))
    ]


def noted(some: Heard) -> Source:
    source = Source(some[0][1])
    for one in some:
        source.note(*one)
    return source


def test_a_source_of_which_nothing_was_observed_is_of_no_use_and_measures_nothing() -> None:
    """Until an event says otherwise; a fact is of use and no measurement."""
    source = Source(START)
    assert (source.accepted, source.measures, source.faults, source.hours) == (False, False, {}, {})
    source.note(BROKEN, START, ())
    assert (source.accepted, source.measures) == (False, False)
    source.note(SOUND, START, ())
    assert (source.accepted, source.measures) == (True, False)
    source.note(MEASURED, START, ())
    source.note(SOUND, START, ())
    assert (source.accepted, source.measures) == (True, True)


@pytest.mark.proves("I1")
@pytest.mark.parametrize("seed", range(40))
def test_i1_two_partitions_joined_know_what_one_would(seed: int) -> None:
    """However the arrivals are spread: the last, the reasons, and the counts of this hour and the one before."""
    every = heard(seed)
    cut = random.Random(f"cut {seed}").randrange(1, len(every) + 1)
    whole, parts = noted(every), [noted(part) for part in (every[:cut], every[cut:]) if part]
    together = parts[0] if len(parts) == 1 else parts[0].joined(parts[1])
    for name in ("last", "accepted", "measures", "faults"):
        assert getattr(together, name) == getattr(whole, name)
    now = max(moment for _, moment, _ in every)
    counted = [one for one, moment, _ in every if hour_of(moment) >= hour_of(now) - 1]
    assert together.counts(now) == (len(counted), sum(bool(one.faults) for one in counted))
    assert whole.counts(now + timedelta(hours=2)) == (0, 0)
    assert len(whole.hours) <= 2


@pytest.mark.proves("I5", "I9")
@pytest.mark.parametrize("seed", range(10))
def test_i5_a_source_is_the_same_after_it_was_stored(seed: int) -> None:
    """Through the store and back; also when the snapshot of all is put together from there."""
    source = noted(heard(seed))
    assert Source.from_store(source.to_store()) == source
    feeds = Feeds()
    for one in heard(seed):
        feeds.note(*one)
    fields = {name: value for name, value in feeds.take_unsaved().items() if value is not None}
    assert feeds.take_unsaved() == {}
    assert Feeds(fields).sources == feeds.sources
    assert joined([fields], START).sources == feeds.sources


@pytest.mark.proves("I8")
def test_i8_a_stay_is_open_until_it_is_not() -> None:
    """Published once each way; the snapshot knows since when any is, over all partitions."""
    one, other = Feeds(), Feeds()
    later = START + timedelta(hours=1)
    assert [one.note_stay("S", True, later), one.note_stay("S", True, later), one.note_stay("T", False, later)] == [
        True,
        False,
        False,
    ]
    other.note_stay("U", True, START)
    fields = [feeds.take_unsaved() for feeds in (one, other)]
    assert joined(fields, later).opened == START
    assert one.snapshot(later).opened == later
    assert one.note_stay("S", False, later)
    assert one.take_unsaved() == {"o:S": None}
    assert one.snapshot(later).opened is None
    assert joined([{}], later).opened is None


def test_hours_are_those_of_the_clock_everywhere() -> None:
    """Whole hours since 1970 in UTC."""
    noon = datetime(2025, 1, 1, 12, tzinfo=UTC)
    assert hour_of(noon) - hour_of(noon - timedelta(microseconds=1)) == 1
    assert end_of_hour(noon) == end_of_hour(noon + timedelta(minutes=59)) == noon + timedelta(hours=1)


@pytest.mark.proves("I5")
def test_i5_a_reason_that_an_alert_names_is_taken_over() -> None:
    """From the alert's own topic, and into the store."""
    feeds = Feeds()
    feeds.note_fault(MISROUTED, "lis", START)
    feeds.note_fault(MISROUTED, "lis", START - timedelta(hours=1))
    assert feeds.sources["lis"].faults == {MISROUTED: START}
    assert feeds.take_unsaved().keys() == {"s:lis"}


LIMITS = SourceLimits(dead_letter_percent=Decimal(5), dead_letter_events=5)


def source_of(events: int, refused: int) -> Source:
    source = Source(START)
    source.hours = {hour_of(START): (events, refused)}
    return source


@pytest.mark.parametrize(("events", "refused", "firing", "much"), [
    (4, 4, False, False), (5, 5, False, True), (100, 5, False, False), (100, 6, False, True), (119, 6, False, True),
    (100, 3, True, True), (120, 3, True, False), (100, 0, True, False),
])  # fmt: skip
def test_much_is_refused_above_a_share_and_no_longer_at_half_of_it(
    events: int, refused: int, firing: bool, much: bool
) -> None:
    """More than 5 %, and 5 events at least; once firing, until it is half as much or less."""
    since = {REFUSED: START} if firing else {}
    found = [name for name, _, _ in conditions(source_of(events, refused), None, LIMITS, START, since)]
    assert found == [REFUSED] * much


@pytest.mark.proves("I8")
@pytest.mark.parametrize(("refused", "firing", "due"), [
    (0, (), []), (1, (), [end_of_hour(START)]), (0, (REFUSED,), [end_of_hour(START)]),
])  # fmt: skip
def test_i8_counts_are_evaluated_again_when_the_hour_ends(
    refused: int, firing: tuple[str, ...], due: list[datetime]
) -> None:
    """Where any was refused, or too many had been."""
    assert list(due_of(source_of(9, refused), None, LIMITS, START, firing)) == due


@pytest.mark.proves("I8")
def test_i8_what_fires_for_an_hour_is_evaluated_when_it_is_over() -> None:
    """And what does not fire is not waited for."""
    source = Source(START)
    source.note_fault(MISROUTED, START)
    assert list(due_of(source, None, LIMITS, START, (MISROUTED,))) == [START + timedelta(hours=1)]
    assert list(due_of(source, None, LIMITS, START, ())) == []
    assert list(due_of(Source(START), None, LIMITS, START, (MISROUTED,))) == []
