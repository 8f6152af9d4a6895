"""The course of a visit: where the patient was and when, as all that was stated of it has it.

Statements are taken in the order in which they were filed, whatever the order in which they came: what is known of a
visit depends on what was said and not on the way it took.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from picustream.gateways.patients.history import spots_of
from picustream.gateways.patients.stated import Spot, Stamp, Stated
from picustream.gateways.patients.units import Units
from picustream.gateways.statement import Move

_RANK = {
    Move.HISTORY: 0, Move.ADMIT: 0, Move.TRANSFER: 1, Move.UPDATE: 2, Move.DISCHARGE: 3,
    Move.CANCEL_ADMIT: 4, Move.CANCEL_TRANSFER: 4, Move.CANCEL_DISCHARGE: 4, Move.WITHDRAW: 5,
}  # fmt: skip
"""What comes first of what was filed at one time."""


def in_order(statements: Iterable[Stated]) -> list[Stated]:
    """By the time of filing."""
    return sorted(statements, key=lambda one: (one.filed, _RANK[one.move], one.key))


@dataclass(slots=True)
class Point:
    """From `at` on the patient is at `spot`; None: has left."""

    key: str
    """Of the statement that made it: it stays through corrections."""
    at: Stamp
    spot: Spot | None
    admits: bool = False
    disposition: str = ""
    destination: str = ""
    dies: bool = False
    """Whether this was the end of a life."""


class Course:
    """Where the patient of a visit was."""

    def __init__(self, units: Units, deaths: frozenset[str], one_visit: bool = True) -> None:
        self._units = units
        self._deaths = deaths
        self._one_visit = one_visit
        self.points: list[Point] = []
        """In order of time."""
        self.elsewhere: set[str] = set()
        """Updates that name a place to which no transfer led."""
        self.said: list[tuple[Stated, Point | None]] = []
        """What was said of life and death, with the end that said it."""

    def take(self, said: Stated) -> None:
        """The next statement, in order of filing."""
        point = _MOVES[said.move](self, said)
        if said.dead is not None or (point is not None and point.dies):
            self.said.append((said, point))

    def deaths(self) -> list[Stated]:
        """What is said of life and death, but by ends that were withdrawn."""
        return [
            replace(said, dead=True) if point and point.dies else said
            for said, point in self.said
            if point is None or any(one is point for one in self.points)
        ]

    def _admit(self, said: Stated) -> None:
        if said.spot is None:
            return
        inside = self._units.inside(said.spot, said.at)
        begun = said.admitted or said.at if inside else said.at
        point = self._admission(said.at)
        if point is None or self._left_between(point, said.at):
            first = not self.points or (not self._one_visit and self._is_out(said.at))
            self._put(Point(said.key, begun if first else said.at, said.spot, admits=True))
        elif inside and said.at > point.at and not self._units.inside(point.spot, point.at):
            self._put(Point(said.key, said.at, said.spot, admits=True))
        else:
            point.spot = said.spot
            self._move(point, begun if self._begins(point) else said.at)

    def _transfer(self, said: Stated) -> None:
        same = [one for one in self.points if one.spot is not None and not one.admits and one.at == said.at]
        if said.spot is None:
            return
        if same:
            same[-1].spot = said.spot
        else:
            self._put(Point(said.key, said.at, said.spot))

    def _discharge(self, said: Stated) -> Point:
        at = said.discharged or said.at
        point = next((one for one in self.points if one.spot is None and self._free_between(one, at)), None)
        if point is None:
            point = Point(said.key, at, None)
            self._put(point)
        point.disposition, point.destination = said.disposition, said.destination
        point.dies = said.disposition in self._deaths or said.dead is True
        self._move(point, at)
        return point

    def _update(self, said: Stated) -> None:
        first = next((one for one in reversed(self.points) if one.admits and self._begins(one)), None)
        if said.admitted and first is not None and self._units.inside(first.spot, first.at):
            self._move(first, said.admitted)
        if not self.points:
            if self._units.inside(said.spot, said.at):
                self.elsewhere.add(said.key)
        elif (last := self.points[-1]).spot is None:
            self._correct_end(last, said)
        elif said.spot is not None:
            self._correct_place(last, last.spot, said.spot, said)

    def _correct_end(self, end: Point, said: Stated) -> None:
        if said.disposition or said.destination:
            end.disposition, end.destination = said.disposition, said.destination
            end.dies = end.dies or said.disposition in self._deaths
        if said.discharged:
            self._move(end, said.discharged)

    def _correct_place(self, point: Point, before: Spot, now: Spot, said: Stated) -> None:
        if self._units.inside(before, point.at) != self._units.inside(now, max(point.at, said.at)):
            self.elsewhere.add(said.key)
        elif now.bed or now.unit != before.unit:
            point.spot = now

    def _cancel_admit(self, said: Stated) -> None:
        admits = [one for one in self.points if one.admits]
        target = _named(admits, said.admitted, said.at) or (admits[-1] if admits else None)
        if target is None:
            self.points.clear()
            return
        start = self._index(target)
        end = next((i for i in range(start + 1, len(self.points)) if self.points[i].admits), len(self.points))
        del self.points[start:end]

    def _cancel_transfer(self, said: Stated) -> None:
        transfers = [one for one in self.points if one.spot is not None and not one.admits]
        target = _named(transfers, said.at)
        if target is None and said.prior is not None and said.prior[:2] != (said.spot or ())[:2]:
            target = next((one for one in reversed(transfers) if (one.spot or ())[:2] == said.prior[:2]), None)
        self._drop(target or (transfers[-1] if transfers else None))

    def _cancel_discharge(self, said: Stated) -> None:
        ends = [one for one in self.points if one.spot is None]
        self._drop(_named(ends, said.discharged, said.at) or (ends[-1] if ends else None))

    def _history(self, said: Stated) -> Point | None:
        spots = enumerate(spots_of(said, self._units))
        self.points = [Point(f"at {at}", at, spot, admits=index == 0) for index, (at, spot) in spots]
        last = self.points[-1] if self.points else None
        if last is None or last.spot is not None:
            return None
        last.disposition, last.destination = said.disposition, said.destination
        last.dies = said.disposition in self._deaths or said.dead is True
        return last

    def _withdraw(self, said: Stated) -> None:
        self.points.clear()

    def _admission(self, at: Stamp) -> Point | None:
        """The admission that holds at a time, else the first."""
        admits = [one for one in self.points if one.admits]
        return next((one for one in reversed(admits) if one.at <= at), admits[0] if admits else None)

    def _left_between(self, point: Point, at: Stamp) -> bool:
        return any(one.spot is None and point.at <= one.at <= at for one in self.points)

    def _free_between(self, point: Point, at: Stamp) -> bool:
        first, last = min(point.at, at), max(point.at, at)
        return not any(first < one.at < last for one in self.points)

    def _is_out(self, at: Stamp) -> bool:
        before = [one for one in self.points if one.at <= at]
        return not before or before[-1].spot is None

    def _begins(self, point: Point) -> bool:
        """Whether the visit began with it."""
        index = self._index(point)
        return index == 0 or (not self._one_visit and self.points[index - 1].spot is None)

    def _index(self, point: Point) -> int:
        return next(i for i, one in enumerate(self.points) if one is point)

    def _drop(self, point: Point | None) -> None:
        self.points = [one for one in self.points if one is not point]

    def _put(self, point: Point) -> None:
        self.points.append(point)
        self.points.sort(key=lambda one: one.at)

    def _move(self, point: Point, at: Stamp) -> None:
        point.at = at
        self.points.sort(key=lambda one: one.at)


def _named(points: list[Point], *times: Stamp | None) -> Point | None:
    return next((one for one in reversed(points) if one.at in times), None)


_MOVES = {
    Move.ADMIT: Course._admit,
    Move.TRANSFER: Course._transfer,
    Move.DISCHARGE: Course._discharge,
    Move.UPDATE: Course._update,
    Move.CANCEL_ADMIT: Course._cancel_admit,
    Move.CANCEL_TRANSFER: Course._cancel_transfer,
    Move.CANCEL_DISCHARGE: Course._cancel_discharge,
    Move.HISTORY: Course._history,
    Move.WITHDRAW: Course._withdraw,
}
