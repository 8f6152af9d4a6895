"""A stay at which the engine fails for no record that has come: its time has."""

from collections.abc import Iterator
from contextlib import contextmanager

from picustream.scoring.chart.series import HistoryNeeded
from picustream.scoring.port import EnginePort


class StayFailed(Exception):
    """The engine fails at a stay whatever comes; the cause says how. Other stays are none the worse."""

    def __init__(self, stay_id: str) -> None:
        super().__init__("a stay whose time has come")  # no id: it would be in a log
        self.stay_id = stay_id


@contextmanager
def raised_for_stay(engine: EnginePort, stay_id: str | None = None) -> Iterator[None]:
    """Whatever is raised within while the engine evaluates a stay whose time has come, or works for the one that is
    named, is raised as StayFailed. HistoryNeeded is no failure."""
    try:
        yield
    except HistoryNeeded:
        raise
    # Whatever it is, the other stays must go on: an alert says so, and this one is evaluated again later.
    except Exception as error:
        at_fault = stay_id or engine.due_stay
        if at_fault is None:
            raise
        raise StayFailed(at_fault) from error
