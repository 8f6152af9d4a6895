"""What is kept of a movement: its words and times as JSON, without a number of the patient."""

from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from picustream.gateways.statement import Move, Movement, Place, Stretch
from picustream.scoring.faults import Fault

Stamp = str
"""A moment as text that sorts as the moments do: UTC, to the microsecond."""


@lru_cache(maxsize=4096)  # the values of a message have the same few times
def stamp(moment: datetime) -> Stamp:
    """A moment as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def moment(text: Stamp) -> datetime:
    """The moment of a text."""
    return datetime.fromisoformat(text)


class Spot(NamedTuple):
    """A place, as it is kept."""

    unit: str
    bed: str = ""
    facility: str = ""


class Span(NamedTuple):
    """A part of a history of locations, as it is kept."""

    spot: Spot
    start: Stamp
    end: Stamp | None = None


@dataclass(frozen=True, slots=True)
class Stated:
    """A movement, as it is kept."""

    message: str
    path: str
    move: Move
    filed: Stamp
    at: Stamp
    spot: Spot | None = None
    prior: Spot | None = None
    admitted: Stamp | None = None
    discharged: Stamp | None = None
    disposition: str = ""
    destination: str = ""
    birth_date: str | None = None
    sex: str | None = None
    dead: bool | None = None
    died: Stamp | None = None
    died_on: str | None = None
    """The day alone, where no more is known."""
    history: tuple[Span, ...] = ()
    ended: bool = False

    @property
    def key(self) -> str:
        """Its name."""
        return f"{self.message}/{self.path}"

    @property
    def content(self) -> tuple[Any, ...]:
        """All but when and by which message it was said."""
        return tuple(getattr(self, name) for name in _CONTENT)

    def as_json(self) -> dict[str, Any]:
        """What is said, without what is not."""
        return {
            name: _json(value) for name, value in asdict(self).items() if name in _ALWAYS or value not in (None, "", ())
        }


_ALWAYS = {"path"}
"""Of a resource by itself it is empty."""
_CONTENT = [field.name for field in fields(Stated) if field.name not in ("message", "path", "filed", "at")]


def from_json(row: dict[str, Any]) -> Stated:
    """As it was kept."""
    spots: dict[str, Any] = {name: Spot(*row[name]) for name in ("spot", "prior") if name in row}
    history = tuple(Span(Spot(*spot), start, end) for spot, start, end in row.get("history", ()))
    return Stated(**{"path": "", **row, **spots, "move": Move(row["move"]), "history": history})


def spot_of(place: Place | None) -> Spot | None:
    """A place, as it is kept; none without a unit."""
    return Spot(place.unit, place.bed, place.facility) if place is not None and place.unit else None


def stated(movement: Movement, message: str, received_at: datetime) -> Stated | Fault:
    """What is kept of a movement, or why it cannot be used: a time that is read wrongly would move a stay."""
    if (fault := _fault(movement)) is not None:
        return fault
    times = (movement.occurred_at, movement.admitted_at, movement.discharged_at)
    occurred, admitted, discharged = (time if isinstance(time, datetime) else None for time in times)
    filed = movement.recorded_at if isinstance(movement.recorded_at, datetime) else occurred or received_at
    died = movement.died_at
    return Stated(
        message=message,
        path=movement.path,
        move=movement.move,
        filed=stamp(filed),
        at=stamp(occurred or filed),
        spot=spot_of(movement.place),
        prior=spot_of(movement.prior),
        admitted=stamp(admitted) if admitted else None,
        discharged=stamp(discharged) if discharged else None,
        disposition=movement.disposition.strip().casefold(),
        destination=movement.destination.strip(),
        birth_date=movement.birth_date,
        sex=movement.sex,
        dead=True if movement.dead is None and died is not None else movement.dead,
        died=stamp(died) if isinstance(died, datetime) else None,
        died_on=None if died is None or isinstance(died, datetime | Fault) else _day(died),
        history=tuple(span for part in movement.history if (span := _span(part)) is not None),
        ended=movement.ended,
    )


def _fault(movement: Movement) -> Fault | None:
    """What is wrong with the times that decide."""
    if movement.move is Move.HISTORY:
        if not movement.history:
            return Fault("no-location", movement.path, "a visit without its locations: which of it is a stay?")
        if movement.ended and movement.discharged_at is None and movement.history[-1].end is None:
            return Fault("no-location-time", movement.path, "the visit is over, and until when is not said")
        times = [end for part in movement.history for end in (part.start, part.end)]
        times += [movement.discharged_at] if movement.ended and movement.history[-1].end is None else []
    else:
        times = [movement.occurred_at]
        times += [movement.admitted_at] if movement.move in (Move.ADMIT, Move.UPDATE) else []
        times += [movement.discharged_at] if movement.move in (Move.DISCHARGE, Move.UPDATE) else []
    return next((time for time in times if isinstance(time, Fault)), None)


def _json(value: Any) -> Any:
    return [_json(one) for one in value] if isinstance(value, tuple) else value


def _day(day: date) -> str:
    return day.isoformat()


def _span(part: Stretch) -> Span | None:
    spot = spot_of(part.place)
    if spot is None or not isinstance(part.start, datetime):
        return None
    return Span(spot, stamp(part.start), stamp(part.end) if isinstance(part.end, datetime) else None)
