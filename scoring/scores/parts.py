"""Parts of a score that are computed by local day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from picustream.models.protocol import Protocol
from picustream.scoring.clinical.reach import Reach
from picustream.scoring.clinical.view import View

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class DayPart(Generic[T_co]):
    """What is computed of one local day, and kept until a change reaches it."""

    name: str
    """`mods/renal`, `apps/pairs`: unique over all kinds."""
    compute: Callable[[View, date], T_co]
    reach: Callable[[Protocol], Reach]
    """Which days a change can touch; defined next to the look-ups that it mirrors."""
    tells_all: bool = True
    """Whether a day whose value is as before has not changed; else each day that a change reaches counts as changed."""
