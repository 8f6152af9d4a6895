"""Where the time of a worker's batches goes, without servers: `python -m bench.batches FILE`.

What its engines do, as many as it has partitions, and what is made of it for Redis and for Kafka, up to the bytes that
would be sent; the store is a dictionary. What servers take, and waiting for them, is not in it: that is `drain`.
"""

import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from aiokafka.record.default_records import DefaultRecordBatchBuilder
from redis.asyncio import Connection

from bench.plan import Plan
from bench.processes import python
from bench.stages import ALL, REST, STAGES, START, staged
from bench.table import Column, Table
from picustream.eventfiles import files
from picustream.runtime import collector
from picustream.scoring.batch import Batch, Effects
from picustream.scoring.budget import LOT
from picustream.scoring.engine import Engine
from picustream.scoring.rules import load_rules
from picustream.scoring.validation import InputRecord
from picustream.streams.kafka.publisher import REQUEST
from picustream.streams.kafka.topics import partition_of
from picustream.streams.store.batch_write import BatchWrite, commit_arguments
from picustream.streams.store.outbox import Entry

PARTITIONS, RECORDS = 4, 500
NOW = datetime(2026, 11, 1, tzinfo=UTC)
WORKER_STAGES = {
    name: functions for name, functions in STAGES.items() if not name.endswith(("the file", "the records"))
} | {
    "prune": ["picustream.scoring.stay_state:StayState.prune"],
    "pack": ["picustream.scoring.stay_state:StayState.take_unsaved"],
    "commit": ["bench.batches:commit"],
    "publish": ["bench.batches:publish"],
}


def tables(plan: Plan) -> Generator[Table]:
    """A table of a ward."""
    feed = plan.feeds.ward(plan.sizes.replay)
    note = (
        f"Processor time of {PARTITIONS} engines that take the feed in batches of up to {RECORDS} records, divided by"
        " what each stage took of its wall time. Pack: what Redis keeps of a stay. Commit and publish: from the effects"
        " of a batch to the bytes of its call to Redis, and of its transaction, which are not sent."
    )
    columns = [Column("us/event", 1), Column("share in %")]
    table = Table("batches", f"the stages of a worker's batches of {feed}", columns, note=note)
    for _ in plan.each_round():
        command = python("-m", "bench.batches", str(feed.path))
        found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        for stage, seconds in found.items():
            table.add(stage, {"us/event": seconds / feed.events * 1e6, "share in %": 100 * seconds / found[ALL]})
    yield table


def commit(effects: Effects, entries: Sequence[Entry], clock: datetime | None) -> bytes:
    """The bytes of the call that writes a batch."""
    write = BatchWrite(1, 1, 1, clock, due=effects.due, writes=effects.writes, entries=entries)
    return b"".join(Connection().pack_command("EVALSHA", "0" * 40, 4, *commit_arguments(write)))


def publish(entries: Sequence[Entry]) -> bytes:
    """The records of a transaction as they are on the wire."""
    by_topic: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_topic[entry.topic].append(entry)
    packed = []
    for some in by_topic.values():
        builder = DefaultRecordBatchBuilder(2, 0, 1, 1, 0, 0, REQUEST * 16)
        for number, one in enumerate(some):
            builder.append(number, 0, one.key, one.value, [*one.headers, one.mark("bench", 0)])
        packed.append(bytes(builder.build()))
    return b"".join(packed)


class Partition:
    """An engine, what has come for it, and what is stored of it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._store: defaultdict[str, dict[str, bytes]] = defaultdict(dict)
        self.records: list[InputRecord] = []

    def take(self, first: int) -> None:
        """A batch, from a place on."""
        engine = self._engine
        batch = Batch(engine.read(self.records[first : first + RECORDS], NOW).in_time())
        while batch.inputs or engine.unfinished:
            for stay in engine.missing(batch, NOW, advance_clock=False):
                engine.install(stay, self._store[stay])
            effects = engine.process(batch, NOW, advance_clock=False, emitted_at=NOW)
            entries = [
                Entry(number, one.topic, 0, one.key, one.event_id, one.value, tuple(one.headers))
                for number, one in enumerate(effects.outputs, 1)
            ]
            commit(effects, entries, engine.clock)
            publish(entries)
            self._keep(effects)
            batch = effects.left

    def _keep(self, effects: Effects) -> None:
        for stay, fields in effects.writes.items():
            kept = self._store[stay]
            for name, value in fields.items():
                if value is None:
                    kept.pop(name, None)
                else:
                    kept[name] = value


def measured(file: Path) -> dict[str, float]:
    """Processor seconds by stage."""
    rules, offsets = load_rules(), Counter[tuple[str, int]]()
    partitions = [Partition(Engine(rules, bounded=True, lot=LOT)) for _ in range(PARTITIONS)]
    with file.open("rb") as lines:
        for line in files.lines(lines, file.name):
            stay = json.loads(line.record_value or b"{}")["stay_id"]
            number = partition_of(stay, PARTITIONS)
            place = (line.topic, number)
            record = InputRecord(line.topic, number, offsets[place], stay.encode(), line.record_value)
            offsets[place] += 1
            partitions[number].records.append(record)
    collector.settle()
    with staged(WORKER_STAGES) as clock:
        clock.enter(REST)
        clock.seconds[START], started = 0.0, time.process_time()
        for first in range(0, max(len(one.records) for one in partitions), RECORDS):
            for one in partitions:
                one.take(first)
        used = time.process_time() - started
    seconds = {stage: took for stage, took in clock.seconds.items() if stage != START}
    whole = sum(seconds.values())
    return {stage: used * took / whole for stage, took in seconds.items()} | {ALL: used}


if __name__ == "__main__":
    from bench import batches  # the module that the stages are wrapped in, which this one is not

    print(json.dumps(batches.measured(Path(sys.argv[1]))))
