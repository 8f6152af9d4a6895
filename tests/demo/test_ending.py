"""The ending of a demo: by a signal or by its time, and only once."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from picustream.demo.ending import SIGNALS, Ended, Ending


@contextmanager
def told(number: signal.Signals) -> Iterator[Ending]:
    with Ending() as ending:
        os.kill(os.getpid(), number)
        yield ending


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGALRM, 0)]
)
def test_a_signal_ends_it_and_gives_the_exit_status(number: signal.Signals, status: int) -> None:
    with told(number) as ending:
        assert ending.requested
        assert ending.status == status


def test_only_the_first_signal_counts() -> None:
    with told(signal.SIGTERM) as ending:
        os.kill(os.getpid(), signal.SIGINT)
        assert ending.status == 143


def test_what_takes_long_is_broken_off_and_what_cleans_up_is_not() -> None:
    with Ending() as ending:
        with pytest.raises(Ended), ending.breaks():
            os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)


def test_nothing_long_begins_after_the_end_was_called_for() -> None:
    begun = []
    with told(signal.SIGTERM) as ending, pytest.raises(Ended), ending.breaks():
        begun.append(True)
    assert not begun


def test_the_time_is_up_by_itself() -> None:
    with Ending(0.001) as ending:
        with pytest.raises(Ended), ending.breaks():
            signal.pause()
        assert ending.time_is_up
        assert ending.status == 0


def test_signals_are_as_before_when_it_is_over() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    with Ending():
        pass
    assert [signal.getsignal(number) for number in SIGNALS] == before
