"""A stay at which the engine fails for no record that has come: its time has."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from picustream.scoring.chart.series import Recall

PUT_OFF = timedelta(days=1)
"""Until such a stay is looked at again, if nothing comes of it before."""


class StayFailed(Exception):
    """The engine fails at a stay whatever comes; the cause says how. Other stays are none the worse."""

    def __init__(self, stay_id: str) -> None:
        super().__init__("a stay whose time has come")  # no id: it would stand in a log
        self.stay_id = stay_id


@contextmanager
def failing_for(stay_id: str) -> Iterator[None]:
    """Whatever is raised within is raised as StayFailed; Recall, which is no failure, as it is."""
    try:
        yield
    except (Recall, StayFailed):
        raise
    # Whatever it is, the other stays must go on: it is told, by an alert, and this one is looked at again later.
    except Exception as error:
        raise StayFailed(stay_id) from error
