"""What an event speaks of: things that have versions, and the form of the ids that hold these together.

Ids of a feed are not shown, for they may hold a hospital's number of a patient; their form is.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from picustream.lint.memory import hashed
from picustream.models.envelope import Status
from picustream.models.event import Event
from picustream.models.fact import FactEvent
from picustream.models.observation import Observation, ObservationEvent, VentilatorEvent

STATUSES = tuple(Status)
"""In the database a status is its place here."""


def numbers(statuses: Iterable[Status]) -> str:
    """For SQL: the places of some."""
    return ", ".join(str(STATUSES.index(status)) for status in sorted(statuses))


class Sort(IntEnum):
    """Sorts of things."""

    OBSERVATION = 0
    SUPPORT = 1
    """The support and control of a ventilator event that names a known one, if only to withdraw it."""
    NO_SUPPORT = 2
    """The same of one that names none: it speaks of its observations alone."""
    FACT = 3
    """Of a type of which a stay has many."""
    SINGLE = 4
    """A fact of a type of which a stay has one."""
    ADMISSION = 5


@dataclass(frozen=True, slots=True)
class Named:
    """Something that an event speaks of."""

    sort: Sort
    bare: str
    """What its versions have in common, within a stay."""
    meant: str
    """What it is about: a code or a type."""
    status: Status
    form: str
    """Of its id; empty where it needs none."""


def thing_of(event: ObservationEvent, observation: Observation) -> int:
    """A hash of what the versions of an observation have in common."""
    return hashed(f"{event.stay_id} {event.source} {event.id_of(observation)}")


def named(event: Event) -> Iterator[Named]:
    """Everything that an event speaks of: versions of one thing have one name (docs/topics.md)."""
    if isinstance(event, ObservationEvent):
        yield from _observed(event)
        return
    kind = str(getattr(event, "type"))  # noqa: B009 - every concrete fact has one, the base class does not
    if isinstance(event, FactEvent) and "id" in type(event).model_fields:
        given = getattr(event, "id", None)
        name = f"{kind} {event.source} {given or event.event_id}"
        yield Named(Sort.FACT, name, f"{event.source} {kind}", event.status, _form(given, event, kind))
        return
    yield Named(Sort.ADMISSION if kind == "admitted" else Sort.SINGLE, kind, kind, event.status, "")


def _observed(event: ObservationEvent) -> Iterator[Named]:
    for observation in event.observations:
        meant = f"{event.source} {observation.system} {observation.code}"
        name, form = f"{event.source} {event.id_of(observation)}", _form(observation.id, event, observation.code)
        yield Named(Sort.OBSERVATION, name, meant, event.status_of(observation), form)
    if isinstance(event, VentilatorEvent):
        name = f"{event.source} {event.event_id} support"
        stated = event.support_known is not None or event.control_known is not None
        yield Named(
            Sort.SUPPORT if stated else Sort.NO_SUPPORT,
            name,
            f"{event.source} support",
            event.status,
            _form(None, event, ""),
        )


_FORMS = (
    (re.compile(r"\d+"), "is a number"),
    (re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}"), "is a UUID"),
    (re.compile(r".*(19|20)\d\d-?[01]\d-?[0-3]\d.*"), "has a date in it"),
    (re.compile(r"[A-Za-z]+[-_./:#]?\d+"), "is letters and a number"),
    (re.compile(r"[A-Za-z_]+"), "is letters alone"),
)
OTHER_FORM = "has another form"


def _form(given: str | None, event: Event, code: str) -> str:
    """Which field holds an id together, and what it looks like."""
    field, written = ("event_id", event.event_id) if given is None else ("id", given)
    return f"{field} that {_shape(written, event, code)}"


def _shape(written: str, event: Event, code: str) -> str:
    if written == code:
        return "is the code itself"
    if event.stay_id in written:
        return "is made of the stay_id"
    if event.patient_id in written:
        return "is made of the patient_id"
    return next((words for form, words in _FORMS if form.fullmatch(written)), OTHER_FORM)
