"""Events that are refused, their dead letters, and what is sent again of them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from picustream.deadletters.dead_letter import DecodedDeadLetter, dead_letters
from picustream.deadletters.resubmit import Resubmitter
from picustream.eventfiles.outputs import Stored
from picustream.models.event import LAB
from picustream.models.record import DEAD_LETTER
from picustream.scoring.engine import Engine
from picustream.scoring.rules import load_rules
from picustream.scoring.validation import LATEST, InputRecord, Validator
from picustream.streams.store.outbox import Header
from tests.scoring.build import obs

NOW = datetime(2025, 1, 2, tzinfo=UTC)

FIXED = '[spellings]\n"umol/L" = ["micromol"]\n'


def event(*observations: dict[str, Any], stay: str = "S-1", name: str = "e-1", **fields: Any) -> bytes:
    """A laboratory event; the trailing zero of its value has to survive."""
    value_ = list(observations) or [obs("creatinine", 1.5, "micromol")]
    envelope = {"event_id": name, "source": "lis", "patient_id": "P", "stay_id": stay}
    return json.dumps({**envelope, "observed_at": "2025-01-01T08:00:00Z", "observations": value_, **fields}).encode()


def refused(*values: bytes, key: bytes | None = b"S-1", again: bool = False, latest: datetime = NOW) -> list[bytes]:
    """The dead letters that the engine makes of records of the laboratory's topic, one after another."""
    engine = Engine(load_rules())
    found = (InputRecord(LAB, 3, offset, key, value, again) for offset, value in enumerate(values, start=40))
    return [
        output.value
        for input_record in found
        for output in engine.process(engine.read([input_record], latest), latest).outputs
        if output.topic == DEAD_LETTER
    ]


def read(values: Iterable[bytes]) -> list[DecodedDeadLetter]:
    broken: list[Any] = []
    found = list(dead_letters((Stored(DEAD_LETTER, None, value, "here") for value in values), broken.append))
    assert broken == []
    return found


@dataclass
class Tray:
    """Takes what is sent."""

    sent: list[tuple[str, bytes | None, bytes | None, dict[str, bytes | None]]] = field(default_factory=list)
    """Topic, value, key and headers."""

    def send(
        self, topic: str, value: bytes | None, key: bytes | None, headers: Iterable[Header] = (), *, origin: str
    ) -> None:
        self.sent.append((topic, value, key, dict(headers)))


def again(codemap: str | None, tmp_path: Path, latest: datetime = LATEST, rekey: bool = False) -> Resubmitter:
    path = None
    if codemap is not None:
        path = tmp_path / "site.toml"
        path.write_text(codemap)
    return Resubmitter(Validator(load_rules(None, path)), lambda: latest, rekey)
