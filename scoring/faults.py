"""What is wrong with a record, and what is known of one that was too large to keep."""

from dataclasses import dataclass
from typing import Literal, NamedTuple


@dataclass(frozen=True, slots=True)
class Fault:
    """Why an event, or one observation of it, cannot be used."""

    reason: str
    """A dead-letter code."""
    path: str
    """JSON pointer."""
    message: str
    scope: Literal["event", "observation"] = "event"


class Whole(NamedTuple):
    """A value that is too large to be used, and was not kept."""

    bytes: int
    sha256: str
    """In hexadecimal digits."""
