"""Parts of a score that are computed by local day."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from picustream.models.variable import Variable
from picustream.scoring.clinical.view import View

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class DayPart(Generic[T_co]):
    """What is computed of one local day, and kept until a change falls into what it was read from."""

    name: str
    """`mods/renal`, `apps/pairs`: unique over all kinds."""
    compute: Callable[[View, date], T_co]
    tells_all: bool = True
    """Whether a day whose value is as before has not changed; else each day that a change reaches counts as changed."""
    calls_for: tuple[Variable, ...] = ()
    """Variables of which a usable value calls for its day, though nothing of the day was computed before."""
