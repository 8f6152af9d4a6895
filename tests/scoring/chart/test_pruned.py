"""What is remembered of what was let go of: never less than the truth, and seldom more (I9)."""

import json
from base64 import b85decode
from datetime import UTC, datetime, timedelta
from zlib import decompress

import pytest

from picustream.models import text
from picustream.scoring.chart.entries import Filed
from picustream.scoring.chart.pruned import Gone

NOON = datetime(2025, 1, 1, 12, tzinfo=UTC)
MANY = 2_000


def said(hour: int = 0, source: str = "monitor") -> Filed:
    """Some event, filed so many hours after noon."""
    at = NOON + timedelta(hours=hour)
    return Filed("picu.vital.v1", source, "e1", "P", at, at, "{}")


def bits(gone: Gone) -> bytes:
    return decompress(b85decode(gone.to_store()["bits"]))


@pytest.mark.proves("I9")
def test_i9_everything_that_went_is_remembered_and_hardly_anything_else_in_32_kib() -> None:
    """A Bloom filter: no false no, and of 2,000 others none is taken for one of 2,000."""
    gone = Gone()
    for number in range(MANY):
        gone.note(said(), f"o{number}")
    assert all(gone.may_hold("monitor", f"o{number}") for number in range(MANY))
    assert sum(gone.may_hold("monitor", f"x{number}") for number in range(MANY)) == 0
    assert sum(gone.may_hold("gateway", f"o{number}") for number in range(MANY)) == 0
    assert len(bits(gone)) == 32 * 1024


@pytest.mark.proves("I9")
def test_i9_three_bits_are_set_for_one_of_them() -> None:
    """Three hashes; nothing is set before."""
    gone = Gone()
    assert not gone
    assert int.from_bytes(bits(gone)).bit_count() == 0
    gone.note(said(), "o1")
    assert gone
    assert int.from_bytes(bits(gone)).bit_count() == 3


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
    gone = Gone()
    gone.note(said(), "o1")
    assert gone.may_supersede(said(hour, source), identity) is may


@pytest.mark.proves("I9")
def test_i9_the_latest_filing_time_of_a_source_never_runs_back() -> None:
    """An older one that goes later changes nothing."""
    gone = Gone()
    gone.note(said(2), "o1")
    gone.note(said(-2), "o2")
    assert gone.may_supersede(said(2), "o2")
    assert not gone.may_supersede(said(3), "o2")


@pytest.mark.proves("I9")
def test_i9_what_is_known_already_is_no_news() -> None:
    """So that it need not be stored again."""
    gone = Gone()
    assert gone.note(said(), "o1")
    assert not gone.note(said(), "o1")
    assert not gone.note(said(-1), "o1")
    assert gone.note(said(), "o2")
    assert gone.note(said(1), "o1")
    assert gone.note(said(0, "gateway"), "o1")


@pytest.mark.proves("I9", "I5")
def test_i9_it_is_the_same_after_it_was_stored() -> None:
    """Through JSON and back."""
    gone, again = Gone(), Gone()
    gone.note(said(), "o1")
    gone.note(said(1, "gateway"), "o2")
    again.restore(json.loads(text.encode(gone.to_store())))
    assert again.to_store() == gone.to_store()
    assert again.may_supersede(said(1, "gateway"), "o2")
    assert not again.note(said(), "o1")
