"""What the pipeline asks of whoever turns a message into events: pure, one at a time, in the order of the journal."""

from datetime import timedelta
from typing import Protocol

from picustream.gateways.journal.outcome import Answer, Outcome
from picustream.gateways.journal.received import Received
from picustream.gateways.state import State
from picustream.scoring.faults import Fault

AE_TIMES = 3
"""How often bytes that cannot be read are answered AE: a sender that keeps order would stand still for ever."""


class Interpreter(Protocol):
    """Turns messages into events and letters. Its memory is in the tables of a `State`."""

    @property
    def site(self) -> str:
        """What its configuration is known by: bytes that came before are done again where it has changed."""

    @property
    def wait(self) -> timedelta:
        """How long values wait for their stay."""

    def name(self, received: Received) -> str:
        """The id of a message."""

    def outcome(self, received: Received, times: int = 0, given_up: bool = False) -> Outcome:
        """What a message makes. `times`: how often it came before; `given_up`: nothing of it waits any longer."""

    def unforeseen(self, received: Received, kind: str) -> Outcome:
        """What becomes of a message at which a program of ours failed: a letter. `kind`: of the error."""


class MakesInterpreter(Protocol):
    """Makes one that goes on from what is in its memory."""

    def __call__(self, state: State) -> Interpreter:
        """The interpreter."""


def answer_to_unreadable(fault: Fault, times_before: int) -> Answer:
    """AE, so that a person at the other end sees it; AA from the fourth time on, for then nobody there can help it."""
    return Answer("AE", (fault,)) if times_before < AE_TIMES else Answer("AA")
