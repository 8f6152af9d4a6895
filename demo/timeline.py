"""The ward's words: what a feed sends when (`Timed`), the caption about it (`Beat`), who lies where (`Bed`)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Timed:
    """One input message, and the ward-clock moment `at` which its feed publishes it on `topic`."""

    at: datetime
    topic: str
    value: dict[str, Any]


@dataclass(frozen=True)
class Beat:
    """One moment of the story: a caption for what the feeds do to `stay_id` at the ward-clock moment `at`."""

    at: datetime
    stay_id: str
    title: str
    text: str


@dataclass(frozen=True)
class Bed:
    """One bed of the ward and the stay in it; the label is the simulator's own and travels in no message."""

    number: int
    stay_id: str
    label: str
    admitted: datetime
    left: datetime
    whereto: str
