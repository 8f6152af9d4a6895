"""The look-ups that rules make in time, against a plain list; and where something was pruned, they do not guess."""

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest

from picustream.scoring.chart.series import TICK, HistoryNeeded, Order, Series, Span, Watch, nearest

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
TICKS = 14
"""Few moments, one beside the other, so that most limits are met exactly."""
CASES = range(80)
LOOKS = 6
"""At each of them."""


@dataclass(frozen=True)
class Item:
    order: Order

    @property
    def at(self) -> datetime:
        return self.order[0]


def tick(number: int) -> datetime:
    return BEGIN + number * TICK


@dataclass
class Chance:
    """A random series, what was pruned of it, and what a plain list says."""

    rng: random.Random
    watch: Watch
    series: Series[Item]
    kept: list[Item]
    gone: list[Item]

    def moment(self) -> datetime:
        return tick(self.rng.randrange(-1, TICKS + 1))

    def span(self) -> Span:
        return self.moment(), self.moment()

    @property
    def gaps(self) -> list[Span]:
        """The moments of what went, those without a kept item strictly between them as one."""
        found: list[Span] = []
        for at in sorted({item.at for item in self.gone}):
            if found and not any(found[-1][1] < item.at < at for item in self.kept):
                found[-1] = found[-1][0], at
            else:
                found.append((at, at))
        return found

    def touched(self, span: Span) -> bool:
        """Whether a span that holds anything at all meets one in which something was pruned."""
        first, last = span
        return first <= last and any(first <= end and start <= last for start, end in self.gaps)

    def check(self, look: Callable[[], Any], rests_on: Span, answer: Any) -> None:
        """A look-up answers as the plain list does, or asks for the history exactly where its answer depends on what
        went."""
        self.watch.found = []
        if self.touched(rests_on):
            with pytest.raises(HistoryNeeded):
                look()
        else:
            assert look() == answer
        assert self.watch.found == [("it", *rests_on)] * (rests_on[0] <= rests_on[1])


def prune(series: Series[Item], items: Collection[Item], answers: Sequence[Span] = ()) -> None:
    """Items go, each by itself."""
    runs = [(place, place + 1) for place, item in enumerate(series) if item in items]
    gone = series.prune(runs, answers, BEGIN)
    assert gone == sorted(items, key=lambda item: item.order)


@pytest.fixture(params=CASES)
def chance(request: pytest.FixtureRequest) -> Chance:
    rng = random.Random(request.param)
    numbers = [rng.randrange(TICKS) for _ in range(rng.randrange(10))]
    items = [Item((tick(at), tick(rng.randrange(3)), "s", str(place))) for place, at in enumerate(numbers)]
    watch = Watch()
    series: Series[Item] = Series("it", watch)
    for item in items:
        series.add(item)
    gone = rng.sample(items, rng.randrange(len(items) + 1)) if rng.random() < 0.6 else []
    for part in (gone[: len(gone) // 2], gone[len(gone) // 2 :]):
        if part:
            prune(series, part)
    kept = sorted((item for item in items if item not in gone), key=lambda item: item.order)
    return Chance(rng, watch, series, kept, gone)


def of(items: list[Item], span: Span) -> list[Item]:
    return [item for item in items if span[0] <= item.at <= span[1]]


@pytest.mark.proves("V1", "I9")
def test_v1_items_are_in_their_order_and_gaps_where_others_went(chance: Chance) -> None:
    """However they came; a moment lies in a gap or it does not."""
    assert (list(chance.series), len(chance.series)) == (chance.kept, len(chance.kept))
    assert chance.series.gaps == chance.gaps
    for number in range(-1, TICKS + 1):
        inside = any(start <= tick(number) <= end for start, end in chance.gaps)
        assert chance.series.is_pruned_at(tick(number)) is inside
        assert chance.series.before(tick(number)) == sum(item.at < tick(number) for item in chance.kept)
    assert chance.series.newest() == (chance.kept[-1].at if chance.kept else None)


@pytest.mark.proves("V1", "I9")
def test_v1_between_two_moments_both_included(chance: Chance) -> None:
    """All of them, or the history is asked for."""
    for span in [chance.span() for _ in range(LOOKS)]:
        chance.check(lambda span=span: chance.series.between(*span), span, of(chance.kept, span))


@pytest.mark.proves("V1", "I9")
def test_v1_the_latest_up_to_a_moment(chance: Chance) -> None:
    """Depends on nothing before itself."""
    for span in [chance.span() for _ in range(LOOKS)]:
        found = of(chance.kept, span)
        rests_on = (found[-1].at, span[1]) if found else span
        chance.check(lambda span=span: chance.series.latest(*span), rests_on, found[-1] if found else None)


@pytest.mark.proves("V1", "I9")
def test_v1_the_nearest_that_fits_and_at_equal_distance_the_earlier(chance: Chance) -> None:
    """Depends on nothing that is further away."""

    def fits(item: Item) -> bool:
        return int(item.order[3]) % 3 > 0

    for wanted in [(fits,), ()] * LOOKS:
        moment, span = chance.moment(), chance.span()
        found = [item for item in of(chance.kept, span) if not wanted or fits(item)]
        best = min(found, key=lambda item: (abs(item.at - moment), item.order), default=None)
        distance = abs(best.at - moment) if best else None
        rests_on = span if distance is None else (max(span[0], moment - distance), min(span[1], moment + distance))
        chance.check(lambda m=moment, s=span, w=wanted: chance.series.nearest(m, *s, *w), rests_on, best)
        assert nearest(found, moment) == best


@pytest.mark.proves("V1", "I9")
def test_v1_a_walk_depends_on_no_more_than_was_walked(chance: Chance) -> None:
    """A rule that stops at the first value asks nothing of the rest of the day."""
    for _ in range(LOOKS):
        walked(chance, chance.span(), chance.rng.randrange(4))


def walked(chance: Chance, span: Span, steps: int) -> None:
    """Takes so many steps, and compares."""
    found = of(chance.kept, span)
    whole = steps > len(found)
    reached = span[1] if whole else found[steps - 1].at if steps else None
    walk: Iterator[Item] = islice(chance.series.walk(*span), steps)
    if reached is not None and chance.touched((span[0], reached)):
        with pytest.raises(HistoryNeeded):
            list(walk)
    else:
        assert list(walk) == found[:steps]


@pytest.mark.proves("I9")
def test_i9_when_the_last_item_happened_is_known_unless_a_later_one_went(chance: Chance) -> None:
    """What went at the same moment hides nothing."""
    last_gone = max((item.at for item in chance.gone), default=None)
    last_kept = chance.kept[-1].at if chance.kept else None
    if last_gone is not None and (last_kept is None or last_kept < last_gone):
        with pytest.raises(HistoryNeeded):
            chance.series.last_at()
    else:
        assert chance.series.last_at() == last_kept


@pytest.mark.proves("V1")
def test_v1_an_item_is_taken_out_or_is_not_there(chance: Chance) -> None:
    """By its whole order; another of the same moment does not count."""
    for item in chance.gone:
        with pytest.raises(KeyError):
            chance.series.remove(item)
    for item in chance.rng.sample(chance.kept, len(chance.kept)):
        chance.series.remove(item)
        with pytest.raises(KeyError):
            chance.series.remove(item)
    assert list(chance.series) == []


@pytest.mark.proves("I9")
def test_i9_what_was_added_since_something_went_is_counted() -> None:
    """So that a series over the limit is met."""
    series: Series[Item] = Series()
    items = [Item((tick(number), tick(0), "s", "x")) for number in range(3)]
    for count, item in enumerate(items):
        assert series.added == count
        series.add(item)
    prune(series, items[:1])
    assert series.added == 0


@pytest.mark.proves("I9")
@pytest.mark.parametrize(("answers", "gaps"), [
    ([], [(1, 9)]),
    ([(4, 6)], [(1, 1), (9, 9)]),
    ([(2, 8)], [(1, 1), (9, 9)]),
    ([(2, 2)], [(1, 1), (9, 9)]),
    ([(8, 8)], [(1, 1), (9, 9)]),
    ([(1, 1)], [(1, 9)]),
    ([(9, 9)], [(1, 9)]),
    ([(10, 12)], [(1, 9)]),
])  # fmt: skip
def test_i9_a_gap_ends_where_an_answer_depended_on_there_being_nothing(
    answers: list[tuple[int, int]], gaps: list[tuple[int, int]]
) -> None:
    """Two items go, and nothing stood between them: one gap, unless it is known that nothing did."""
    series: Series[Item] = Series()
    items = [Item((tick(number), tick(0), "s", "x")) for number in (1, 9)]
    for item in items:
        series.add(item)
    prune(series, items, [(tick(first), tick(last)) for first, last in answers])
    assert series.gaps == [(tick(first), tick(last)) for first, last in gaps]


@pytest.mark.proves("I9")
@pytest.mark.parametrize(("steps", "gaps"), [
    (["+1 +5", "-1 -5", "+3 +7", "-7"], [(1, 7)]),
    (["+1 +3 +5 +9", "-1 -5 -9", "+6", "-6"], [(1, 1), (5, 9)]),
    (["+1 +3 +5 +9", "-1 -5 -9", "+6", "-6 -3"], [(1, 9)]),
    (["+1 +5", "-1 -5", "+3", "-3"], [(1, 5)]),
])  # fmt: skip
def test_i9_what_comes_into_a_gap_and_goes_again_leaves_it_as_it_was(
    steps: list[str], gaps: list[tuple[int, int]]
) -> None:
    """A gap only grows: what arrives in it later does not part it."""
    series: Series[Item] = Series()
    items = {str(number): Item((tick(number), tick(0), "s", "x")) for number in range(TICKS)}
    for step in steps:
        named = [items[word[1:]] for word in step.split()]
        if step.startswith("-"):
            prune(series, named)
        else:
            for item in named:
                series.add(item)
    assert series.gaps == [(tick(first), tick(last)) for first, last in gaps]
