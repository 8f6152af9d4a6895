"""Faults of input records, and what is known of a record too large to keep."""

import re
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


_INDEX = re.compile(r"/\d+(?=/|$)")


def path_pattern(path: str) -> str:
    """A JSON pointer with `*` for every index of a list: faults that are alike have one."""
    return _INDEX.sub("/*", path)


class Whole(NamedTuple):
    """A value that is too large to be used, and was not kept."""

    bytes: int
    sha256: str
    """In hexadecimal digits."""
