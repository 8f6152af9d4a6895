"""The turns of a demo: what is due goes out, what has come is shown, and the ward closes when all is over."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from picustream.demo.play import QUIET
from tests.demo.stubs import HOUR, OPENS, Hall, stored


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with (tmp_path / "screen").open("w") as out:
        yield Hall([stored("a")], [stored("b")], out)


def test_no_event_runs_ahead_of_the_ward_s_clock(hall: Hall) -> None:
    """T6: what is published carries no time that the worker's clock has not reached."""
    for hours in range(30):
        hall.turn(OPENS + hours * HOUR)
    assert [(now, event.at) for now, event in hall.feed.sent] == [(event.at, event.at) for event in hall.ward.events]


def test_a_beat_is_reported_when_it_happens_and_once(hall: Hall) -> None:
    hall.turn(OPENS + HOUR)
    assert not hall.view.tally.beats
    hall.turn(OPENS + 2 * HOUR)
    hall.turn(OPENS + 3 * HOUR)
    assert [beat.title for beat in hall.view.tally.beats] == ["late"]


def test_the_ward_is_closed_when_all_is_over_sent_processed_and_quiet(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall = [1000.0]
    monkeypatch.setattr("picustream.demo.play.time.monotonic", lambda: wall[0])
    hall.turn(hall.ward.closes)
    assert not hall.play.closed  # a record has just come
    wall[0] += QUIET
    assert hall.play.closed
    hall.worker.idle = False
    assert not hall.play.closed
    hall.worker.idle, hall.now = True, hall.ward.closes - HOUR
    assert not hall.play.closed


def test_the_end_waits_for_the_worker_and_counts_what_it_still_says(hall: Hall) -> None:
    hall.turn(OPENS + 3 * HOUR)
    sums = hall.play.end(closed=False)
    assert hall.worker.stopped
    assert sums.summary["records"] == sums.held == {"picu.outcome.v1": 2}
    assert (sums.day, sums.days, sums.true) == (1, 2, True)


def test_the_clock_on_the_screen_stops_when_the_ward_closes(hall: Hall) -> None:
    hall.turn(hall.ward.closes + 100 * HOUR)
    assert hall.view.tally.now == hall.ward.closes
