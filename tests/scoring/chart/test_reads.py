"""What answers were read from: asked of any moment, exactly the owners of the spans that it lies in (I1, I9)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from picustream.models.times import EARLIEST
from picustream.scoring.chart.reads import WIDE, Owner, Reads, noted
from picustream.scoring.chart.series import Watch

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
CHANNELS = st.sampled_from(["pao2", "fio2"])
MOMENTS = st.integers(0, 24 * 10).map(lambda hours: START + hours * HOUR)
LENGTHS = st.one_of(st.integers(0, 60), st.integers(24 * (WIDE - 1), 24 * (WIDE + 2))).map(lambda hours: hours * HOUR)
OWNERS: st.SearchStrategy[Owner] = st.tuples(st.sampled_from(["a", "b"]), st.just(START.date()))
SPANS = st.lists(st.builds(lambda c, first, length: (c, first, first + length), CHANNELS, MOMENTS, LENGTHS), max_size=6)
STEPS = st.lists(st.tuples(OWNERS, st.none() | SPANS), max_size=8)


@given(STEPS, CHANNELS, MOMENTS)
def test_i9_a_change_is_told_to_the_owners_of_the_spans_that_it_falls_into(
    steps: list[tuple[Owner, list[tuple[str, datetime, datetime]] | None]], channel: str, moment: datetime
) -> None:
    """The last answer of each owner counts, and none of one that was dropped."""
    reads, last = Reads(), dict(steps)
    for owner, spans in steps:
        if spans is None:
            reads.drop(owner)
        else:
            reads.put(owner, spans)
    expected = {
        owner
        for owner, spans in last.items()
        if any(name == channel and first <= moment <= end for name, first, end in spans or ())
    }
    found: set[Owner] = set()
    reads.hit(channel, moment, found)
    assert found == expected


def test_a_look_up_inside_another_belongs_to_the_inner_one_alone() -> None:
    """The outer answer depends on the inner one's value, which counts as changed by itself."""
    watch = Watch()
    with noted(watch) as outer:
        watch.note("pao2", START, START)
        with noted(watch) as inner:
            watch.note("fio2", START, START + HOUR)
        watch.note("peep", START, START)
        watch.note("peep", START + HOUR, START)
    watch.note("pao2", START, START)
    assert (outer, inner) == ([("pao2", START, START), ("peep", START, START)], [("fio2", START, START + HOUR)])


@given(STEPS, CHANNELS, MOMENTS)
def test_i9_what_all_answers_rest_on_is_given_in_time(
    steps: list[tuple[Owner, list[tuple[str, datetime, datetime]] | None]], channel: str, since: datetime
) -> None:
    """Exactly the moments in some span, as spans of which none touches another; from a moment on as well."""
    reads = Reads()
    for owner, spans in steps:
        reads.put(owner, spans or [])
    found, later = reads.spans(channel, EARLIEST), reads.spans(channel, since)
    assert all(one[1] < other[0] for some in (found, later) for one, other in pairwise(some))
    for moment in {moment for _, spans in steps for _, first, last in spans or () for moment in (first, last)}:
        hit: set[Owner] = set()
        reads.hit(channel, moment, hit)
        assert any(first <= moment <= last for first, last in found) == bool(hit)
        assert moment < since or any(first <= moment <= last for first, last in later) == bool(hit)
