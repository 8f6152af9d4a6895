"""What is remembered of what was pruned: never less than the truth, and seldom more (I9)."""

import json
import sys
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from zlib import decompress

import pytest

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
    return decompress(b64decode(pruned.to_store()["filter"]))


@pytest.mark.proves("I9")
def test_i9_everything_that_went_is_remembered_and_hardly_anything_else_in_32_kib() -> None:
    """A Bloom filter: no false no, and of 2,000 others none is taken for one of 2,000."""
    pruned = Pruned()
    for number in range(MANY):
        pruned.note(said(), f"o{number}")
    assert all(pruned.may_contain("monitor", f"o{number}") for number in range(MANY))
    assert sum(pruned.may_contain("monitor", f"x{number}") for number in range(MANY)) == 0
    assert sum(pruned.may_contain("gateway", f"o{number}") for number in range(MANY)) == 0
    assert len(bits(pruned)) == 32 * 1024


@pytest.mark.proves("I9")
def test_i9_three_bits_are_set_for_one_of_them() -> None:
    """Three hashes; nothing is set before."""
    pruned = Pruned()
    assert not pruned
    assert int.from_bytes(bits(pruned)).bit_count() == 0
    pruned.note(said(), "o1")
    assert pruned
    assert int.from_bytes(bits(pruned)).bit_count() == 3


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
    again.restore(json.loads(text.encode(pruned.to_store())))
    assert again.to_store() == pruned.to_store()
    assert again.may_supersede(said(1, "gateway"), "o2")
    assert not again.note(said(), "o1")


def test_nothing_is_remembered_of_a_stay_of_which_nothing_was_pruned() -> None:
    fresh = Pruned()
    assert sys.getsizeof(fresh._bits) < 100
    assert not fresh.may_contain("monitor", "1")
