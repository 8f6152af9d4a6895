"""A child's way through a hospital, hour by hour: what is true, the messages of a hospital that errs, and the facts.

The facts are counted off the hours, and know nothing of messages; the messages know nothing of facts.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from picustream.gateways.statement import Identifier, Move, Movement, Place, Statements, Subject
from tests.gateways.patients.hospital import CHILD, ZONE

BEGIN = datetime(2025, 3, 3, 8, tzinfo=ZONE)
PLACES = ("PICU-A/1", "PICU-A/2", "PICU-B/1", "WARD3/7", "NICU/1")
HOURS = 200


@dataclass
class Visit:
    """Where the child was in each hour from its first; None: it had left. `home`: with which words it left."""

    first: int
    hours: list[str]
    number: str
    died: bool = False


@dataclass
class Life:
    """All visits of a child, and the hour of a death after the last of them."""

    visits: list[Visit]
    died_later: int | None = None


@dataclass
class Sent:
    """The messages of a hospital, in the order of filing."""

    messages: list[tuple[Statements, str]] = field(default_factory=list)
    minute: int = 0

    def say(self, visit: str | None, movement: Movement) -> None:
        """The next message; it is filed a minute after the one before."""
        self.minute += 1
        whom = Subject((CHILD,), (Identifier(visit, "HOSP", "VN", "PV1-19"),) if visit else ())
        movement = replace(movement, recorded_at=BEGIN + timedelta(hours=HOURS, minutes=self.minute))
        self.messages.append((Statements("ADT", whom, movements=(movement,)), f"m{self.minute}"))


def at(hour: int) -> datetime:
    return BEGIN + timedelta(hours=hour)


def place(spot: str) -> Place:
    unit, _, bed = spot.partition("/")
    return Place(unit, bed)


@st.composite
def lives(draw: Any) -> Life:
    """One to three visits, one after another."""
    visits: list[Visit] = []
    hour = 0
    for number in range(draw(st.integers(1, 3))):
        hour += draw(st.integers(1, 30))
        runs = draw(st.lists(st.tuples(st.sampled_from(PLACES), st.integers(1, 12)), min_size=1, max_size=5))
        hours = [spot for spot, length in runs for _ in range(length)]
        visits.append(Visit(hour, hours, f"V{number}"))
        hour += len(hours)
    how = draw(st.sampled_from(["lives", "lives", "in-hospital", "later"]))
    visits[-1].died = how == "in-hospital"
    return Life(visits, hour + draw(st.integers(1, 30)) if how == "later" else None)


def expected(life: Life) -> list[str]:
    """The facts of every stay, as words, read off the hours."""
    words = []
    end = life.visits[-1].first + len(life.visits[-1].hours)
    death = end if life.visits[-1].died else life.died_later
    for visit in life.visits:
        for first, last in _runs(visit):
            hours = visit.hours[first:last]
            words.append(f"admitted {visit.first + first} {hours[0]}")
            words += [
                f"moved {visit.first + first + index} {hours[index]}"
                for index in range(1, len(hours))
                if hours[index] != hours[index - 1]
            ]
            left = visit.first + last
            ended_by_death = visit.died and last == len(visit.hours)
            if ended_by_death:
                words.append(f"died {left}")
                continue
            following = visit.hours[last] if last < len(visit.hours) else ""
            where = {"": "home", "NICU/1": "other-icu", "WARD3/7": "ward"}[following]
            words.append(f"discharged {left} {where}")
            if death is not None:
                words.append(f"died {left}" if death == left else f"vital_status {death} False")
    return sorted(words)


def _runs(visit: Visit) -> list[tuple[int, int]]:
    inside = [spot.startswith("PICU") for spot in visit.hours]
    starts = [index for index, here in enumerate(inside) if here and (index == 0 or not inside[index - 1])]
    return [(one, next((i for i in range(one, len(inside)) if not inside[i]), len(inside))) for one in starts]


@st.composite
def reports(draw: Any, life: Life) -> list[tuple[Statements, str]]:
    """What a hospital sends of it: with slips that are cancelled, and the same said again."""
    sent = Sent()
    for visit in life.visits:
        if draw(st.booleans()):
            sent.say(
                visit.number, Movement("EVN", Move.ADMIT, at(visit.first), place=place(draw(st.sampled_from(PLACES))))
            )
            sent.say(visit.number, Movement("EVN", Move.CANCEL_ADMIT, at(visit.first)))
        _course(draw, sent, visit)
        _end(draw, sent, visit)
    if life.died_later is not None:
        died = at(life.died_later)
        sent.say(None, Movement("EVN", Move.UPDATE, died, dead=True, died_at=died))
    return sent.messages


def _course(draw: Any, sent: Sent, visit: Visit) -> None:
    for index, spot in enumerate(visit.hours):
        hour = visit.first + index
        if index == 0:
            early = draw(st.booleans())
            shift = timedelta(minutes=20) if early else timedelta(0)
            sent.say(visit.number, Movement("EVN", Move.ADMIT, at(hour) - shift, place=place(spot)))
            if early:  # the time is corrected by an update; outside the unit it is of no consequence
                sent.say(visit.number, Movement("EVN", Move.UPDATE, at(hour), place=place(spot), admitted_at=at(hour)))
        elif spot != visit.hours[index - 1]:
            _slip(draw, sent, visit, index)
            sent.say(visit.number, Movement("EVN", Move.TRANSFER, at(hour), place=place(spot)))
        elif draw(st.booleans()):
            sent.say(visit.number, Movement("EVN", Move.UPDATE, at(hour), place=place(spot)))


def _slip(draw: Any, sent: Sent, visit: Visit, index: int) -> None:
    """Something that did not happen, half an hour ago, and its cancellation."""
    slip = draw(st.sampled_from([None, None, Move.TRANSFER, Move.DISCHARGE]))
    then, here = at(visit.first + index) - timedelta(minutes=30), visit.hours[index - 1]
    if slip is Move.TRANSFER:
        there = draw(st.sampled_from(PLACES))
        sent.say(visit.number, Movement("EVN", slip, then, place=place(there)))
        how = draw(st.sampled_from(["time", "last"]))
        known = then if how == "time" else at(HOURS)
        sent.say(visit.number, Movement("EVN", Move.CANCEL_TRANSFER, known, place=place(here)))
    elif slip is Move.DISCHARGE:
        dead = draw(st.booleans())
        sent.say(visit.number, Movement("EVN", slip, then, dead=dead or None, died_at=then if dead else None))
        sent.say(visit.number, Movement("EVN", Move.CANCEL_DISCHARGE, at(HOURS), place=place(here)))


def _end(draw: Any, sent: Sent, visit: Visit) -> None:
    end = at(visit.first + len(visit.hours))
    if draw(st.booleans()):  # said once, and put right
        sent.say(visit.number, Movement("EVN", Move.DISCHARGE, end - timedelta(minutes=10), disposition="02"))
    word, died_at = ("20", end) if visit.died else ("01", None)
    sent.say(visit.number, Movement("EVN", Move.DISCHARGE, end, disposition=word, died_at=died_at))
