"""How events are kept in the store: nothing is lost, nothing comes back, and little is written again (I9)."""

from datetime import UTC, datetime, timedelta
from zlib import compress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.models import text
from picustream.models.envelope import Status
from picustream.models.event import INPUT_TOPICS, VITAL
from picustream.models.record import Cause
from picustream.scoring.chart.entries import Filed, filed
from picustream.scoring.chart.gaps import GAPS, GAPS_BEFORE, NAMES
from picustream.scoring.event_packs import FANOUT, LARGE, MOST, PACK, SMALL, EventPacks, packed, stored_events, unpacked
from picustream.scoring.stay_state import HEAD, StayState
from picustream.scoring.validation import LATEST
from tests.scoring.histories import SHIPPED
from tests.scoring.monitor import monitored
from tests.scoring.running import Worker

NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)
CAUSE = Cause(reason="test", event_id=None)
DENSE = monitored(8, timedelta(minutes=1))


def event(number: int) -> Filed:
    return filed(VITAL, "monitor", f"e{number}", "P", "S", Status.FINAL, NOON, NOON, f'{{"event_id":"e{number}"}}')


class Stored:
    """Packs, and what a store has of them."""

    def __init__(self) -> None:
        self.fields: dict[str, bytes] = {}
        self.live: dict[str, Filed] = {}
        self.written = 0
        """Events, each time they are written."""
        self._packs = EventPacks()

    def change(self, come: list[Filed], go: list[str]) -> None:
        """A batch."""
        self.live.update({one.key: one for one in come})
        for key in go:
            del self.live[key]
        for name, value in self._packs.write([one.key for one in come] + go, self.live):
            if value is None:
                del self.fields[name]
            else:
                self.fields[name] = value
                self.written += len(list(unpacked(value)))

    def read_again(self) -> None:
        """The process is another one."""
        self._packs = EventPacks()
        for name, pack in self.fields.items():
            self._packs.restore(name, [_key(*one) for one in unpacked(pack)])


def _key(topic: str, written: str) -> str:
    return event(int(written.split('"')[3][1:])).key


@pytest.mark.proves("I9", "I2")
@given(st.lists(st.tuples(st.integers(0, 40), st.sets(st.integers(0, 600)), st.booleans()), max_size=40))
def test_i9_the_packs_hold_the_live_events_whatever_came_and_went(batches: list[tuple[int, set[int], bool]]) -> None:
    """In batches of any size, and over any restart: each of them once, and no other."""
    stored, number = Stored(), 0
    for come, places, restarts in batches:
        known = list(stored.live)
        go = [known[place] for place in sorted(places) if place < len(known)]
        stored.change([event(one) for one in range(number, number + come)], go)
        number += come
        if restarts:
            stored.read_again()
        kept = sorted(stored_events(stored.fields))
        assert kept == sorted((one.topic, one.text) for one in stored.live.values())
        assert all(len(list(unpacked(pack))) <= MOST for pack in stored.fields.values())


@pytest.mark.proves("I9")
def test_i9_an_event_is_written_a_few_times_and_a_stay_is_a_few_packs() -> None:
    """Of 2,000 events that come one by one."""
    stored = Stored()
    for number in range(2_000):
        stored.change([event(number)], [])
    assert stored.written <= 2_000 * 4
    assert len(stored.fields) <= 2_000 // MOST + 3 * FANOUT
    assert sum(map(len, stored.fields.values())) < 2_000 * 12


@pytest.mark.proves("I9")
def test_i9_what_loses_an_event_is_written_without_it_and_nothing_else_is() -> None:
    """The others stay as they are."""
    stored = Stored()
    for first in (0, 600):
        stored.change([event(one) for one in range(first, first + 600)], [])
    before = dict(stored.fields)
    stored.change([], [event(700).key])
    assert len(before.items() - stored.fields.items()) == 1


@pytest.mark.proves("I9")
@pytest.mark.parametrize("topic", sorted(INPUT_TOPICS))
def test_i9_an_event_comes_out_of_a_pack_as_it_was_sent(topic: str) -> None:
    """With all its white space, and with what is beyond ASCII."""
    events = [(topic, '{\n "mode":\t"Druck" }'), (topic, '{"mode":"Lungenprotektiv, für Säuglinge \\u001e"}')]
    assert list(unpacked(packed(events))) == events


@pytest.mark.proves("I9")
@given(st.lists(st.tuples(st.sampled_from(sorted(INPUT_TOPICS)), st.text("aäß€😀 ", max_size=40)), min_size=1))
@pytest.mark.parametrize("size", [0, SMALL, LARGE])
def test_i9_what_is_packed_comes_out_again_whatever_size_it_has(size: int, events: list[tuple[str, str]]) -> None:
    """As it is, by zlib and by zstd."""
    long = [*events, (VITAL, "x" * size)]
    assert list(unpacked(packed(long))) == long


@pytest.mark.proves("I9")
def test_i9_a_large_pack_of_an_older_program_is_read() -> None:
    """It had zlib alone."""
    events = [(VITAL, f"{number:0100}") for number in range(500)]
    assert list(unpacked(compress("\x1e".join(map("\n".join, events)).encode()))) == events


@pytest.mark.proves("I9")
def test_i9_a_dense_stay_takes_some_kilobytes_in_the_store() -> None:
    """Its monitor and ventilator speak every minute of eight hours; each event alone has 400 bytes."""
    worker = Worker(SHIPPED, bounded=True)
    for place in range(0, len(DENSE), 20):
        worker.take(DENSE[place : place + 20])
    assert worker.bytes_of("S") < 40_000
    assert sum(name.startswith(PACK) for name in worker.stored("S")) < 3 * FANOUT


def as_before(fields: dict[str, bytes]) -> dict[str, bytes]:
    """As fields were stored before there were packs."""
    events = {f"e:{number}": f"{topic}\n{one}".encode() for number, (topic, one) in enumerate(stored_events(fields))}
    return events | {name: value for name, value in fields.items() if name.startswith(HEAD)}


@pytest.mark.proves("I9", "I5")
def test_i9_a_stay_that_was_stored_before_there_were_packs_is_read_and_stored_anew() -> None:
    """An upgrade keeps the state: the same events, and nothing is published again."""
    worker = Worker(SHIPPED)
    worker.take(DENSE[:50])
    fields = worker.stored("S")
    gaps = {"latest": {VITAL: NOON.isoformat()}, "filter": "", "gaps": {}, "reused": []}
    old = as_before(fields) | {GAPS_BEFORE: text.encode(gaps).encode()}
    stay = StayState("S", SHIPPED, old)
    assert stay.revisions(LATEST, CAUSE, LATEST) == StayState("S", SHIPPED, fields).revisions(LATEST, CAUSE, LATEST)
    written = stay.take_unsaved()
    kept = {name: value for name, value in (old | written).items() if value is not None}
    assert sorted(stored_events(kept)) == sorted(stored_events(fields))
    assert not any(name.startswith("e:") or name == GAPS_BEFORE for name in kept)
    assert {GAPS, NAMES} <= kept.keys()
