"""Sound events of the hostile clients' own stays: what the hostile records are made from."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from picustream.demo.ward import START
from picustream.models.event import ADT, INPUT_TOPICS, LAB, TRIAL, VENTILATOR, VITAL

Body = dict[str, Any]

ADMITTED = START + timedelta(hours=8)
STAYS = 8
"""Stays of the hostile clients' own."""
MEASURED = {
    LAB: [("14682-9", "umol/L", 30, 600), ("14631-6", "umol/L", 5, 300), ("777-3", "10*9/L", 5, 400)],
    VITAL: [("8867-4", "/min", 60, 200), ("76214-6", "mm[Hg]", 40, 90), ("60985-9", "mm[Hg]", 1, 20)],
    VENTILATOR: [("20077-4", "cm[H2O]", 3, 15), ("76259-1", "cm[H2O]", 10, 35), ("3150-6", "%", 21, 100)],
}
"""LOINC code, unit, and the range that values are drawn from."""


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


@dataclass
class Ward:
    """What a hostile client knows of the ward."""

    rng: random.Random
    good: dict[str, tuple[str, datetime]]
    """Stay of the good ward -> patient and admission."""
    _number: int = 0
    seen: list[tuple[str, Body]] = field(default_factory=list)
    """Sound events made so far."""

    @property
    def stay(self) -> str:
        """One of the hostile clients' own."""
        return f"H-{self.rng.randrange(STAYS)}"

    def event_id(self) -> str:
        self._number += 1
        return f"evt-{self._number}"

    def admissions(self) -> list[tuple[str, Body]]:
        """The stays of the hostile clients' own, begun as they should."""
        return [
            (
                ADT,
                self._envelope(f"H-{number}", ADMITTED)
                | {"type": "admitted", "occurred_at": iso(ADMITTED), "birth_date": "2019-11-20", "sex": "female"},
            )
            for number in range(STAYS)
        ]

    def sound(self, topic: str | None = None, stay: str | None = None) -> tuple[str, Body]:
        """A sound event; for any topic and any of the own stays unless named."""
        topic = topic or self.rng.choice(INPUT_TOPICS)
        stay = stay or self.stay
        at = ADMITTED + timedelta(minutes=self.rng.randrange(1, 900))
        body = self._envelope(stay, at) | _MAKE[topic](self.rng, iso(at))
        self.seen.append((topic, body))
        return topic, body

    def measured(self) -> tuple[str, Body]:
        """A sound event with observations."""
        return self.sound(self.rng.choice(list(MEASURED)))

    def poison(self) -> tuple[str, Body]:
        """A sound event that would change the score of a child of the good ward."""
        stay = self.rng.choice(sorted(self.good))
        patient, admitted = self.good[stay]
        at = admitted + timedelta(minutes=1)
        body = self._envelope(stay, at) | {"patient_id": patient, "observed_at": iso(at)}
        return LAB, body | {"observations": [{"code": "14682-9", "value": 999, "unit": "umol/L"}]}

    def _envelope(self, stay: str, at: datetime) -> Body:
        return {
            "event_id": self.event_id(),
            "source": f"feed-{self.rng.randrange(3)}",
            "patient_id": stay.replace("H-", "HP-"),
            "stay_id": stay,
            "recorded_at": iso(at + timedelta(minutes=5)),
        }


def _observations(topic: str, rng: random.Random) -> list[Body]:
    chosen = rng.sample(MEASURED[topic], rng.randrange(1, 4))
    return [{"code": code, "value": rng.randrange(low, high), "unit": unit} for code, unit, low, high in chosen]


def _lab(rng: random.Random, at: str) -> Body:
    return {"observed_at": at, "observations": _observations(LAB, rng), "specimen": rng.choice(["arterial", "venous"])}


def _vital(rng: random.Random, at: str) -> Body:
    return {"observed_at": at, "observations": _observations(VITAL, rng)}


def _ventilator(rng: random.Random, at: str) -> Body:
    support = {"support": "invasive", "control": rng.choice(["pressure", "volume"]), "mode": "PC-AC"}
    return {"observed_at": at, "observations": _observations(VENTILATOR, rng)} | support


def _adt(rng: random.Random, at: str) -> Body:
    return {"type": "sedation", "occurred_at": at, "state": rng.choice(["on", "off"])}


def _trial(rng: random.Random, at: str) -> Body:
    return {"type": "consent", "occurred_at": at, "decision": rng.choice(["given", "refused", "withdrawn"])}


_MAKE: dict[str, Callable[[random.Random, str], Body]] = {
    LAB: _lab, VITAL: _vital, VENTILATOR: _ventilator, ADT: _adt, TRIAL: _trial,
}  # fmt: skip


def written(body: Any) -> bytes:
    """An event as a feed writes it."""
    return json.dumps(body, ensure_ascii=False).encode()
