"""What the pages are made from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast
from zoneinfo import ZoneInfo

from starlette.requests import Request

from picustream.board.pulse import Pulse
from picustream.board.views.reading import Model


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


def board_of(request: Request) -> Board:
    """The board that a request was sent to."""
    return cast(Board, request.app.state.board)
