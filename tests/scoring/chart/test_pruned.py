"""What is remembered of what was pruned: never less than the truth, and seldom more (I9)."""

import json
import sys
from datetime import UTC, datetime, timedelta

import pytest
import zstandard

from picustream.models import text
from picustream.models.envelope import Status
from picustream.scoring.chart.entries import Filed, filed
from picustream.scoring.chart.pruned import Pruned

NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)
MANY = 2_000


def said(hour: int = 0, source: str = "monitor") -> Filed:
    """Some event, filed so many hours after noon."""
    at = NOON + timedelta(hours=hour)
    return filed("picu.vital.v1", source, "e1", "P", "S", Status.FINAL, at, at, "{}")


def bits(pruned: Pruned) -> bytes:
    return zstandard.decompress(pruned.names_to_store())


@pytest.mark.proves("I9")
def test_i9_everything_that_went_is_remembered_and_hardly_anything_else_in_16_kib() -> None:
    """A Bloom filter: no false no, and of 2,000 others three are taken for one of 2,000."""
    pruned = Pruned()
    for number in range(MANY):
        pruned.note(said(), f"o{number}")
    assert all(pruned.may_contain("monitor", f"o{number}") for number in range(MANY))
    assert sum(pruned.may_contain("monitor", f"x{number}") for number in range(MANY)) <= 5
    assert sum(pruned.may_contain("gateway", f"o{number}") for number in range(MANY)) <= 5
    assert len(bits(pruned)) == 16 * 1024


@pytest.mark.proves("I9")
def test_i9_two_bits_are_set_for_one_of_them() -> None:
    """Two hashes; nothing is set before."""
    pruned = Pruned()
    assert not pruned
    assert int.from_bytes(bits(pruned)).bit_count() == 0
    pruned.note(said(), "o1")
    assert pruned
    assert int.from_bytes(bits(pruned)).bit_count() == 2


@pytest.mark.proves("I9")
@pytest.mark.parametrize(("hour", "identity", "source", "may"), [
    (0, "o1", "monitor", True),
    (-1, "o1", "monitor", True),
    (1, "o1", "monitor", False),
    (0, "o2", "monitor", False),
    (0, "o1", "gateway", False),
])  # fmt: skip
def test_i9_a_newer_arrival_or_one_that_never_went_is_taken_as_what_it_is(
    hour: int, identity: str, source: str, may: bool
) -> None:
    """Only what was filed no later than the latest of its source may have been superseded."""
    pruned = Pruned()
    pruned.note(said(), "o1")
    assert pruned.may_supersede(said(hour, source), identity) is may


@pytest.mark.proves("I9")
def test_i9_the_latest_filing_time_of_a_source_never_runs_back() -> None:
    """An older one that goes later changes nothing."""
    pruned = Pruned()
    pruned.note(said(2), "o1")
    pruned.note(said(-2), "o2")
    assert pruned.may_supersede(said(2), "o2")
    assert not pruned.may_supersede(said(3), "o2")


@pytest.mark.proves("I9")
def test_i9_what_is_known_already_is_no_change() -> None:
    """So that it need not be stored again."""
    pruned = Pruned()
    assert pruned.note(said(), "o1")
    assert not pruned.note(said(), "o1")
    assert not pruned.note(said(-1), "o1")
    assert pruned.note(said(), "o2")
    assert pruned.note(said(1), "o1")
    assert pruned.note(said(0, "gateway"), "o1")


@pytest.mark.proves("I9", "I5")
def test_i9_it_is_the_same_after_it_was_stored() -> None:
    """Through JSON and back."""
    pruned, again = Pruned(), Pruned()
    pruned.note(said(), "o1")
    pruned.note(said(1, "gateway"), "o2")
    again.restore(json.loads(text.encode(pruned.to_store())), pruned.names_to_store(), NOON)
    assert (again.to_store(), again.names_to_store()) == (pruned.to_store(), pruned.names_to_store())
    assert again.may_supersede(said(1, "gateway"), "o2")
    assert not again.note(said(), "o1")


def test_nothing_is_remembered_of_a_stay_of_which_nothing_was_pruned() -> None:
    fresh = Pruned()
    assert sys.getsizeof(fresh._bits) < 100
    assert not fresh.may_contain("monitor", "1")


@pytest.mark.proves("I9")
@pytest.mark.parametrize("other", ["e1#8867-4", "e1#59408-5", "ventilation e1"])
def test_i9_an_event_has_one_name_whatever_it_states(other: str) -> None:
    """The default id of an observation is made of the event's; a filter of events has room for more of them."""
    pruned = Pruned()
    pruned.note(said(), "e1#8867-4")
    assert pruned.may_contain("monitor", other)
    assert not pruned.note(said(), other)
    assert not pruned.may_contain("monitor", "e2#8867-4")


@pytest.mark.proves("I9")
def test_i9_where_no_names_are_stored_any_name_may_be_one() -> None:
    """Of a source of which something was pruned."""
    pruned = Pruned()
    pruned.restore({"latest": {"monitor": NOON.isoformat()}}, None, NOON)
    assert pruned.may_supersede(said(), "e1")
    assert not pruned.may_supersede(said(0, "gateway"), "e1")
