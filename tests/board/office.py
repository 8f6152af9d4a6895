"""A read model in a file, of the simulated ward's records, and what is entered at a board over it."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path

from picustream.board.board import Board
from picustream.board.entries import NotSent
from picustream.board.pulse import Pulse, State
from picustream.board.source import Source
from picustream.demo.ward import SEED, ward
from picustream.eventfiles.replay import Replay
from picustream.models.desk import DESK, DeskEvent, key_of, to_bytes
from picustream.readmodel.database import Address, address
from picustream.scoring.outputs import Output
from picustream.scoring.rules import load_rules
from picustream.scoring.validation import InputRecord
from tests.board.made import NOON, ZONE
from tests.readmodel.filling import Log, fill

ALARMED = datetime(2026, 3, 5, 12, tzinfo=ZONE)
"""A moment at which an alert fires for operations."""


@cache
def outputs(until: datetime) -> list[Output]:
    """What the simulated ward's events make up to a moment."""
    replay = Replay(load_rules(), ward(SEED).closes)
    taken: list[Output] = []
    for event in ward(SEED).events:
        if event.at > until:
            break
        taken += replay.take([InputRecord(event.topic, 0, None, None, json.dumps(event.value).encode())])
    return taken


@dataclass
class Office:
    """The file, and a Kafka that can be away."""

    where: Address
    log: Log
    now: datetime = NOON
    away: bool = False
    sent: list[DeskEvent] = field(default_factory=list)

    @classmethod
    def of(cls, folder: Path, until: datetime = NOON) -> "Office":
        office = cls(address(str(folder / "store.sqlite")), Log().add_all(outputs(until)), until)
        office.read()
        return office

    def read(self) -> None:
        """The follower reads what there is."""
        fill(self.where, self.log, sizes=(500,))

    def take(self, event: DeskEvent) -> None:
        """As Kafka does."""
        if self.away:
            raise NotSent
        self.sent.append(event)
        self.log.add(DESK, key_of(event), to_bytes(event))

    def board(self) -> Board:
        source = Source(self.where)
        pulse = Pulse(lambda: State(source.model().version(), self.now, ()), lambda: self.now)
        return Board(source, pulse, lambda: self.now, ZONE, "0.0.0", send=self.take)
