"""What is answered: whose a value is, and what follows from a statement."""

from dataclasses import dataclass
from typing import Any

from picustream.scoring.faults import Fault


@dataclass(frozen=True, slots=True)
class Stay:
    """Whose a value is."""

    patient_id: str
    stay_id: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """There is no stay yet to which a value belongs."""

    keys: tuple[str, ...]
    """A message may go on when one of these is opened."""
    elsewhere: bool = False
    """Whether the patient is known and was in none of our units then, as far as that is known: a value that has waited
    in vain is one of another unit, and no letter."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """What follows from what a message states of a patient or a visit."""

    facts: tuple[dict[str, Any], ...] = ()
    """ADT events without `event_id` and `source`."""
    faults: tuple[Fault, ...] = ()
    opened: tuple[str, ...] = ()
    """Keys for which messages that wait may go on."""
    used: bool = False
    """Whether it is a movement of a patient of our unit."""
    waits: tuple[str, ...] = ()
    """A message is done again when one of these is opened: what it states of a place is not known yet."""
    in_vain: tuple[Fault, ...] = ()
    """What is said where it waited in vain."""
