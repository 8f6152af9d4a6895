"""A toy engine behind the seam of `streams/partition/engine.py`: counts the events of each stay, one output per event.

Run as a program it is a worker with that engine: `python -m tests.integration.toy [--drain]`.
"""

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from picustream.models.record import DEAD_LETTER, MODS, OUTCOME
from picustream.scoring.batch import Batch
from picustream.scoring.rebuild import Rebuild

CLOSES_AFTER = timedelta(seconds=4)
"""A stay is closed, once, this long after its first event."""

FAILS_AT = os.environ.pop("PICUSTREAM_TOY_FAILS_AT", None)
"""A pattern of the `event_id`s that this engine does not bear."""


@dataclass(frozen=True, slots=True)
class ToyOutput:
    topic: str
    key: bytes | None
    event_id: str
    value: bytes
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(slots=True)
class ToyEffects:
    outputs: list[ToyOutput] = field(default_factory=list)
    writes: dict[str, dict[str, bytes | None]] = field(default_factory=dict)
    due: dict[str, datetime | None] = field(default_factory=dict)
    ignored: Counter[str] = field(default_factory=Counter)
    left: Batch = field(default_factory=lambda: Batch(()))


class ToyEngine:
    """`field` count: events of the stay so far; `field` closed: whether its time has come."""

    def __init__(self) -> None:
        self._count: dict[str, int] = {}
        self._due: dict[str, datetime] = {}
        self.clock: datetime | None = None
        self.pruning_deferred = self.unfinished = False
        self.due_stay: str | None = None

    def read(self, input_records: Any, now: datetime) -> list[tuple[Any, dict | None]]:
        return [(input_record, _event(input_record.value)) for input_record in input_records]

    def missing(self, batch: Any, now: datetime, *, advance_clock: bool = True) -> list[str]:
        stays = {event["stay_id"] for _, event in batch if event} | set(self._over(now, advance_clock))
        return sorted(stays - set(self._count))

    def _over(self, now: datetime, advance_clock: bool) -> list[str]:
        return [stay for stay, due in self._due.items() if advance_clock and due <= now]

    def install(self, stay_id: str, fields: Any) -> None:
        self._count[stay_id] = int(fields.get("count", 0))

    def installing(self, stay_id: str, fields: Any) -> Iterator[None]:
        self.install(stay_id, fields)
        yield

    def install_due(self, due: Any) -> None:
        self._due = dict(due)

    def dead_letters(self, one: Any, now: datetime) -> list[ToyOutput]:
        return [_letter(one.input_record, fault.reason) for fault in one.faults]

    def passing_alert(self, name: str, subject: str, now: datetime) -> list[ToyOutput]:
        return []

    def observe(self, snapshot: Any) -> None:
        """Nothing is told of the sources."""

    def next_due(self) -> datetime | None:
        return min(self._due.values(), default=None)

    def process(
        self,
        batch: Any,
        now: datetime,
        *,
        advance_clock: bool = True,
        emitted_at: datetime | None = None,
        backlog_topics: Collection[str] = (),
    ) -> ToyEffects:
        effects = ToyEffects()
        self.clock = now if advance_clock else self.clock
        for stay in self._over(now, advance_clock):
            del self._due[stay]
            effects.due[stay] = None
            effects.writes.setdefault(stay, {})["closed"] = b"1"
            effects.outputs.append(_output(OUTCOME, stay, f"closed/{stay}", {}))
        for input_record, event in batch:
            if event is None:
                effects.outputs.append(_letter(input_record, "not-json"))
                continue
            if FAILS_AT and re.fullmatch(FAILS_AT, event["event_id"]):
                raise ZeroDivisionError(event)
            stay = event["stay_id"]
            self._count[stay] += 1
            effects.writes.setdefault(stay, {})["count"] = str(self._count[stay]).encode()
            if self._count[stay] == 1:
                self._due[stay] = effects.due[stay] = now + CLOSES_AFTER
            body = {"revision": self._count[stay], "cause": event["event_id"], "topic": input_record.topic}
            effects.outputs.append(_output(MODS, stay, f"count/{stay}/{self._count[stay]}", body))
        return effects


def _event(value: bytes | None) -> dict | None:
    try:
        return json.loads(value or b"")
    except ValueError:
        return None


def _letter(input_record: Any, reason: str) -> ToyOutput:
    name = f"dead/{input_record.topic}/{input_record.partition}/{input_record.offset}"
    return ToyOutput(DEAD_LETTER, input_record.key, name, json.dumps({"event_id": name, "reason": reason}).encode())


def _output(topic: str, stay: str, event_id: str, body: dict) -> ToyOutput:
    value = json.dumps({"event_id": event_id, "stay_id": stay, **body}).encode()
    return ToyOutput(topic, stay.encode(), event_id, value, (("ce_id", event_id.encode()),))


def _no_rebuild(partition: int) -> Rebuild:
    raise NotImplementedError("the toy's state is not rebuilt")


def main() -> None:
    from picustream.agents.inputs import AGENTS
    from picustream.commands.errors import guarded
    from picustream.runtime.settings import Settings
    from picustream.streams.worker import supervisor_link
    from picustream.streams.worker.run import run
    from picustream.streams.worker.supervise import supervise

    if "--supervised" in sys.argv:
        command = [sys.executable, "-m", "tests.integration.toy", *(["--drain"] if "--drain" in sys.argv else [])]
        sys.exit(guarded(lambda: supervise(Settings(), command)))
    supervisor_link.follow()
    status = guarded(lambda: run(Settings(), AGENTS, lambda _: ToyEngine(), _no_rebuild, "--drain" in sys.argv))
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
