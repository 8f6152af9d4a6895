"""A toy behind the engine's port (`scoring/port.py`): counts the events of each stay, one output per event.

Run as a program it is a worker with that engine: `python -m tests.integration.toy [--drain]`.
"""

import json
import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from picustream.models.record import DEAD_LETTER
from picustream.scoring.alerts.feed_snapshot import FeedSnapshot
from picustream.scoring.batch import Batch, Effects
from picustream.scoring.outputs import Output
from picustream.scoring.port import EnginePort
from picustream.scoring.rebuild import Rebuild
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.trial.records import OUTCOME
from picustream.scoring.validation import InputRecord, ValidatedInput

CLOSES_AFTER = timedelta(seconds=4)
"""A stay is closed, once, this long after its first event."""

FAILS_AT = os.environ.pop("PICUSTREAM_TOY_FAILS_AT", None)
"""A pattern of the `event_id`s that this engine does not bear."""


class ToyEngine(EnginePort):
    """`field` count: events of the stay so far; `field` closed: whether its time has come."""

    def __init__(self) -> None:
        self._count: dict[str, int] = {}
        self._due: dict[str, datetime] = {}
        self.clock: datetime | None = None
        self.due_stay: str | None = None

    @property
    def unfinished(self) -> bool:
        return False

    @property
    def pruning_deferred(self) -> bool:
        return False

    def read(self, input_records: Sequence[InputRecord], now: datetime) -> Batch:
        return self.read_until(input_records, now)

    def read_until(self, input_records: Sequence[InputRecord], latest: datetime) -> Batch:
        return Batch(tuple(ValidatedInput(one, None, ()) for one in input_records))

    def missing(self, batch: Batch, now: datetime, *, advance_clock: bool = True) -> list[str]:
        stays = {event["stay_id"] for _, event in _events(batch) if event} | set(self._over(now, advance_clock))
        return sorted(stays - set(self._count))

    def _over(self, now: datetime, advance_clock: bool) -> list[str]:
        return [stay for stay, due in self._due.items() if advance_clock and due <= now]

    def install(self, stay_id: str, fields: Mapping[str, bytes]) -> None:
        self._count[stay_id] = int(fields.get("count", 0))

    def installing(self, stay_id: str, fields: Mapping[str, bytes]) -> Iterator[None]:
        self.install(stay_id, fields)
        yield

    def reload_history(self, stay_id: str, fields: Mapping[str, bytes], history: Batch, subject: str) -> None:
        raise NotImplementedError("the toy prunes nothing")

    def pruned_stays(self) -> set[str]:
        return set()

    def install_due(self, due: Iterable[tuple[str, datetime]]) -> None:
        self._due = dict(due)

    def dead_letters(self, one: ValidatedInput, now: datetime) -> list[Output]:
        return [_letter(one.input_record, fault.reason) for fault in one.faults]

    def passing_alert(self, name: str, subject: str, now: datetime) -> list[Output]:
        return []

    def observe(self, snapshot: FeedSnapshot) -> None:
        """It publishes nothing about the sources."""

    def next_due(self) -> datetime | None:
        return min(self._due.values(), default=None)

    def process(
        self,
        batch: Batch,
        now: datetime,
        *,
        advance_clock: bool = True,
        emitted_at: datetime | None = None,
        behind: Collection[str] = (),
    ) -> Effects:
        effects = Effects()
        self.clock = now if advance_clock else self.clock
        for stay in self._over(now, advance_clock):
            del self._due[stay]
            effects.due[stay] = None
            effects.writes.setdefault(stay, {})["closed"] = b"1"
            effects.outputs.append(_output(OUTCOME, stay, f"closed/{stay}", {}))
        for input_record, event in _events(batch):
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


def _events(batch: Batch) -> Iterator[tuple[InputRecord, dict[str, Any] | None]]:
    """Each record with what its JSON says; None where it is none."""
    for one in batch.inputs:
        try:
            yield one.input_record, json.loads(one.input_record.value or b"")
        except ValueError:
            yield one.input_record, None


def _letter(input_record: InputRecord, reason: str) -> Output:
    name = f"dead/{input_record.topic}/{input_record.partition}/{input_record.offset}"
    return Output(DEAD_LETTER, input_record.key, name, json.dumps({"event_id": name, "reason": reason}).encode(), ())


def _output(topic: str, stay: str, event_id: str, body: dict[str, Any]) -> Output:
    value = json.dumps({"event_id": event_id, "stay_id": stay, **body}).encode()
    return Output(topic, stay.encode(), event_id, value, (("ce_id", event_id.encode()),))


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
