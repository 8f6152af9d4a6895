"""The same job in Quix Streams: the core of the worker, one engine for each stay, in a stateful function.

    python -m bench.peers.quix EVENTS FOLDER

**As the worker has it.** The five inputs are one stream, partition by partition, in the order in which they arrived;
each event goes through validation, chart, rules and revisions, each record to its topic with its headers. State,
outputs and offsets are committed together (`exactly-once`): state in RocksDB, and by a changelog topic in Kafka.

**Tuned.** Values stay bytes from the broker to the core and back. Engines stay in memory, and state is read only for a
stay that is not there; what an event changed is appended as one entry, so that a write does not grow with the stay. A
checkpoint each second instead of every five, and polls that are short. RocksDB has its defaults: with entries this
small it is not what takes the time.

**What it lacks.** There are no timers of the wall clock: a day closes with the next event of its stay and not before,
so that the last day of each stay and all follow-ups are missing here. A function sees the state of its own key alone:
no silent feed, no record for another partition, nothing set aside that fails. Nothing is pruned, for a stay's history
could not be read again; entries are never joined, and a stay that comes back reads all of them.
"""

import pickle
import sys
from datetime import UTC, datetime
from typing import Any

from quixstreams import Application, State, message_context
from quixstreams.models import BytesDeserializer, SerializationContext, Serializer

from bench.say import say
from picustream.models.event import INPUT_TOPICS
from picustream.runtime.settings import Settings
from picustream.scoring.engine import Engine
from picustream.scoring.outputs import Output
from picustream.scoring.rules import load_rules
from picustream.scoring.scores.registry import OUTPUT_TOPICS
from picustream.scoring.validation import InputRecord

CHECKPOINT = 1.0
"""Seconds."""
POLL = 0.05
"""Seconds. A poll waits for 10,000 records or until its time is up, one second by default, in which nothing is done."""
COUNT = "entries"


class Stays:
    """The stays of all partitions of this process, each with an engine of its own."""

    def __init__(self) -> None:
        self._rules = load_rules()
        self._engines: dict[bytes, Engine] = {}
        self._entries: dict[bytes, int] = {}

    def take(self, value: bytes, key: bytes, _timestamp: int, _headers: Any, state: State) -> list[Output]:
        """What an event makes of its stay; what it changed goes into the state."""
        engine = self._engines.get(key) or self._loaded(key, state)
        context, now = message_context(), datetime.now(UTC)
        record = InputRecord(context.topic, context.partition, context.offset, key, value, arrived_at=now)
        effects = engine.process(engine.read((record,), now), now, advance_clock=False, emitted_at=now)
        changed = effects.writes.get(key.decode())
        if changed:
            state.set_bytes(str(self._entries[key]), pickle.dumps(changed))
            self._entries[key] += 1
            state.set(COUNT, self._entries[key])
        return effects.outputs

    def _loaded(self, key: bytes, state: State) -> Engine:
        engine = self._engines[key] = Engine(self._rules, decides=lambda _source: False)
        self._entries[key] = state.get(COUNT, 0)
        fields: dict[str, bytes | None] = {}
        for number in range(self._entries[key]):
            fields |= pickle.loads(state.get_bytes(str(number), b""))
        engine.install("", {})
        engine.install(key.decode(), {name: value for name, value in fields.items() if value is not None})
        return engine


class _Value(Serializer):
    """Of a record its bytes, as the core wrote them."""

    def __call__(self, value: Output, ctx: SerializationContext) -> bytes:
        return value.value


def run(events: int, folder: str) -> None:
    """Run the application until so many events are through and committed."""
    settings = Settings()
    app = Application(
        settings.kafka,
        consumer_group=settings.group,
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        commit_interval=CHECKPOINT,
        consumer_poll_timeout=POLL,
        state_dir=folder,
        loglevel="WARNING",
    )
    outputs = {name: app.topic(name, value_serializer=_Value()) for name in OUTPUT_TOPICS}
    first, *others = [app.dataframe(app.topic(name, value_deserializer=BytesDeserializer())) for name in INPUT_TOPICS]
    for other in others:
        first = first.concat(other)
    stays, taken = Stays(), 0

    def take(*arguments: Any) -> list[Output]:
        nonlocal taken
        if not taken:
            say("ready")
        taken += 1
        if taken == events:
            app.stop()
        return stays.take(*arguments)

    made = first.apply(take, stateful=True, metadata=True, expand=True)
    made = made.set_headers(lambda output, _key, _timestamp, _headers: list(output.headers))
    made.to_topic(lambda output, _key, _timestamp, _headers: outputs[output.topic])
    app.run()
    say("stopping")


if __name__ == "__main__":
    run(int(sys.argv[1]), sys.argv[2])
