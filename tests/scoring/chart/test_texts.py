"""Texts of events, packed or not, are those that were received."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.models.envelope import Status
from picustream.models.event import VITAL
from picustream.scoring.chart import texts
from picustream.scoring.chart.entries import Filed, filed
from picustream.scoring.chart.live_events import PLAIN, LiveEvents
from picustream.scoring.chart.texts import TOGETHER
from tests.scoring.build import at

NOON = at("day 1 12:00")


def event(text: str) -> Filed:
    return filed(VITAL, "monitor", "e", "P", "S", Status.FINAL, NOON, None, text)


@given(st.lists(st.text(st.characters(exclude_characters="\x1e", exclude_categories=("Cs",))), min_size=1, max_size=80))
def test_a_pack_holds_the_texts_that_went_into_it(some: list[str]) -> None:
    assert texts.unpacked(texts.packed(some)) == some


@pytest.mark.proves("I9")
@given(st.sets(st.integers(0, 2 * PLAIN)), st.sets(st.integers(0, 2 * PLAIN)))
def test_i9_texts_are_packed_as_they_grow_old_and_read_as_before(gone: set[int], early: set[int]) -> None:
    """And the bytes said to be held are those of what is there: nothing is left when all events have gone."""
    live, written = LiveEvents(), [f'{{"event_id":"e{number}","note":"ü"}}' for number in range(2 * PLAIN)]
    events = [event(text) for text in written]
    for number, one in enumerate(events):
        live.take(one, 1, 1)
        if number in early:
            live.release(one, True)
    for number, one in enumerate(events):
        if number in gone - early:
            live.drop(one)
    assert [one.text for one in events] == written
    packed = [one for one in live.events.values() if isinstance(one.written, bytes)]
    assert live.written == sum(texts.size(one.written) for one in live.events.values())
    assert len(packed) % TOGETHER == 0 or gone
    assert len(live.events) - len(packed) <= PLAIN
    for one in list(live.events.values()):
        live.drop(one)
    assert live.written == 0
