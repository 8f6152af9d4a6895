"""What the pages are made from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast
from zoneinfo import ZoneInfo

from starlette.requests import Request

from picustream.board.checks import Checked
from picustream.board.entries import Sends
from picustream.board.pipeline import Behind
from picustream.board.pulse import Pulse
from picustream.board.views.reading import Model
from picustream.board.workers import PartitionReport
from picustream.models.protocol import FollowUp


class Opens(Protocol):
    """Where the read model is had from."""

    def model(self) -> Model:
        """It. NoStore where it cannot be read."""


@dataclass(frozen=True, slots=True)
class Board:
    """A read model, how far it is, and what time it is on the ward."""

    source: Opens
    pulse: Pulse
    now: Callable[[], datetime]
    """The ward's clock."""
    zone: ZoneInfo
    """The protocol's: in it days begin, and all times are written."""
    software: str
    office: "Board | None" = None
    """What the desk and the operator's page are made from, where the ward has a read model of its own."""
    follow_up_days: int = FollowUp().days
    """The protocol's: after a discharge it is asked for so long whether the child lives."""
    send: Sends | None = None
    """Where entries go; None: nothing can be entered."""
    workers: Callable[[], Sequence[PartitionReport]] = tuple
    """The partitions of the workers that the board knows."""
    behind: Callable[[], Behind] = Behind
    """What Kafka and Redis say of partitions and feeds."""
    checked: Callable[[], Checked] = Checked
    """What `picustream doctor` found."""


def board_of(request: Request) -> Board:
    """The board that a request was sent to."""
    return cast(Board, request.app.state.board)


def office_of(request: Request) -> Board:
    """The board of the desk and the operator's page."""
    board = board_of(request)
    return board.office or board
