"""What one event costs an engine that has so many stays: `python -m bench.held STAYS`."""

import json
import random
import resource
import sys
import time
from datetime import UTC, datetime, timedelta

from bench.live import FIRSTS, MONITOR, listed
from bench.pauses import Pauses
from picustream.models.event import ADT, VITAL
from picustream.runtime import collector
from picustream.scoring.budget import LOT
from picustream.scoring.engine import Engine
from picustream.scoring.rules import load_rules
from picustream.scoring.validation import InputRecord

START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
EVENTS = 2_000
Event = dict[str, object]


class Worker:
    """The core of a worker's partition, with a store that is a dictionary."""

    def __init__(self) -> None:
        self._engine = Engine(load_rules(), bounded=True, lot=LOT)
        self._store: dict[str, dict[str, bytes]] = {}
        self._number = 0

    def take(self, topic: str, stay: str, at: datetime, event: Event) -> None:
        """One event as a batch."""
        self._number += 1
        moment = {"occurred_at" if topic == ADT else "observed_at": at.isoformat()}
        head = {"event_id": f"e{self._number}", "source": "held", "patient_id": f"P-{stay}", "stay_id": stay}
        record = InputRecord(topic, 0, self._number, stay.encode(), json.dumps(head | moment | event).encode())
        batch = self._engine.read((record,), at)
        for missing in self._engine.missing(batch, at, advance_clock=False):
            self._engine.install(missing, self._store.get(missing, {}))
        effects = self._engine.process(batch, at, advance_clock=False, emitted_at=at)
        for name, fields in effects.writes.items():
            kept = self._store.setdefault(name, {})
            for field, value in fields.items():
                if value is None:
                    kept.pop(field, None)
                else:
                    kept[field] = value


def measured(stays: int) -> dict[str, float]:
    """Milliseconds of processor time for one event, and of the longest pause, and MB."""
    collector.settle()
    pauses = Pauses()
    worker, chance = Worker(), random.Random(stays)
    names = [f"S-{number:05d}" for number in range(stays)]
    for stay in names:
        worker.take(ADT, stay, START, {"type": "admitted", "birth_date": "2020-02-03"})
        for topic, values, own in FIRSTS:
            worker.take(topic, stay, START + timedelta(minutes=1), {"observations": listed(values)} | own)
    chosen = [names[chance.randrange(stays)] for _ in range(EVENTS)]
    started = time.process_time()
    for number, stay in enumerate(chosen):
        at = START + timedelta(minutes=2, milliseconds=number)
        worker.take(VITAL, stay, at, {"observations": listed(MONITOR)})
    used = time.process_time() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"ms/event": used * 1_000 / EVENTS, "MB": memory, "longest pause ms": pauses.longest * 1_000}


if __name__ == "__main__":
    print(json.dumps(measured(int(sys.argv[1]))))
