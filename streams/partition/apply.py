"""One batch of a partition, from the records in hand to their outputs on the way: the steps, in order."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from picustream.runtime.clock import Clock
from picustream.runtime.crash_points import crash_point, fail_point
from picustream.scoring import quarantine
from picustream.scoring.batch import Batch, Effects
from picustream.scoring.port import EnginePort
from picustream.streams.kafka.scheduler import FetchedBatch
from picustream.streams.partition import metrics
from picustream.streams.partition.failures import raised_for_stay
from picustream.streams.partition.intake import Intake, take_in
from picustream.streams.partition.suspects import Place
from picustream.streams.partition.takeover import OwnedPartition
from picustream.streams.store.batch_write import BatchWrite
from picustream.streams.store.outbox import Entry
from picustream.streams.store.store import Store

_ENGINES = ThreadPoolExecutor(1, thread_name_prefix="engine")
"""Engines compute here, so that connections are served while a long batch is worked on: on the event loop they would
run into their time limits. One thread, for Python runs one at a time anyway."""


SMALL = 16
"""Records for which the engine computes on the event loop: a visit to another thread takes longer than they do."""

_DONE = object()


@dataclass(frozen=True, slots=True)
class Moment:
    """When a batch is applied."""

    now: datetime
    advance_clock: bool
    """Time may pass up to `now`; else it goes no further than the events say."""
    behind: frozenset[str]
    """Topics that others may have overtaken."""


async def apply(
    owned: OwnedPartition,
    store: Store,
    batches: Sequence[FetchedBatch],
    moment: Moment,
    partitions: int,
    clock: Clock,
    condemned: Place | None = None,
) -> float:
    """Apply `batches`, which may be none: then time alone has passed. Seconds that the engine took.

    Where the engine has enough to do with a part of them, that part alone is applied, as `owned.position` shows: the
    same batches are to be given again.

    `condemned`: a record among them, and then the only one, that is set aside instead.

    1. Drop what is processed already, set apart what belongs on another partition.
    2. Read the events; install the states they need.
    3. Process.
    4. Write states, offsets, due times, outbox and clock in one Redis call. Until here nothing has happened (I2).
    5. Let the outbox out (`outgoing.py`): it is published, and trimmed, while the next batch is computed. A crash from
       here on is made good by the next take-over (I3).

    Fenced, PublisherFenced, StateLost, StreamGap, HistoryNeeded: the partition must be taken over again, or is another
    worker's.
    """
    started = time.monotonic()
    intake = take_in(batches, owned.position, owned.partition, partitions, clock, condemned)  # 1
    due = owned.engine.next_due()
    tidies = owned.engine.pruning_deferred and not moment.behind
    late = moment.advance_clock and (tidies or (due is not None and due <= moment.now))
    passes = owned.engine.unfinished or late
    if not intake.next and not passes:
        return 0.0
    if intake.condemned:
        [input_record] = intake.condemned
        effects, computed = quarantine.set_aside(owned.engine, input_record, moment.now), 0.0
    else:
        effects, computed = await _compute(owned, store, intake, moment)  # 2, 3
        intake = intake.before(one.input_record for one in effects.left.inputs)
    await _make_durable(owned, store, intake, effects, started)  # 4, 5
    return computed


async def put_off(owned: OwnedPartition, store: Store, stay_id: str, now: datetime) -> None:
    """Evaluate a stay again later at which the engine fails though no record of it has come. Raises as `apply`."""
    effects = quarantine.put_off(owned.engine, stay_id, owned.partition, now)
    await _make_durable(owned, store, Intake(), effects, time.monotonic())


async def _make_durable(owned: OwnedPartition, store: Store, intake: Intake, effects: Effects, started: float) -> None:
    entries = _entries(owned, intake, effects)
    crash_point("before-lua")
    await store.commit(owned.partition, _write(owned, intake, effects, entries))
    crash_point("after-lua")
    _note(owned, intake, effects, len(entries))
    owned.outgoing.put(entries, started)


async def _compute(owned: OwnedPartition, store: Store, intake: Intake, moment: Moment) -> tuple[Effects, float]:
    """In one visit to the engines' thread, or in several where states are to be read in between: of a small batch each
    visit takes longer than what is done there."""
    run, engine = partial(asyncio.get_running_loop().run_in_executor, _ENGINES), owned.engine

    def read() -> tuple[Batch, list[str], tuple[Effects, float] | None]:
        batch = Batch(engine.read(intake.input_records, moment.now).in_time())
        missing = engine.missing(batch, moment.now, advance_clock=moment.advance_clock)
        return batch, missing, None if missing else _processed(engine, intake, batch, moment)

    batch, missing, done = read() if len(intake.input_records) <= SMALL and intake.next else await run(read)
    if done is not None:
        return done
    ours = {"", *batch.stays}
    for stay_id, fields in zip(missing, await store.states(owned.partition, missing, owned), strict=True):
        installing = engine.installing(stay_id, fields)
        while not await run(_installed, engine, installing, None if stay_id in ours else stay_id):
            pass
    return await run(_processed, engine, intake, batch, moment)


def _processed(engine: EnginePort, intake: Intake, batch: Batch, moment: Moment) -> tuple[Effects, float]:
    """The effects of a batch, and the seconds that they took."""
    start = time.monotonic()
    crash_point("engine")
    fail_point(input_record.value for input_record in intake.input_records)
    with raised_for_stay(engine):
        effects = engine.process(
            batch, moment.now, advance_clock=moment.advance_clock, emitted_at=moment.now, behind=moment.behind
        )
    return effects, time.monotonic() - start


def _installed(engine: EnginePort, installing: Iterator[None], late: str | None) -> bool:
    """A part of taking a stay over, for other partitions wait meanwhile; whether it was the last.

    `late`: the stay, where no event of the batch calls for it.
    """
    with raised_for_stay(engine, late):
        return next(installing, _DONE) is _DONE


def _entries(owned: OwnedPartition, intake: Intake, effects: Effects) -> list[Entry]:
    outputs = [
        Entry(0, output.topic, owned.partition, output.key, output.event_id, output.value, tuple(output.headers))
        for output in effects.outputs
    ]
    return [
        replace(entry, sequence=owned.sequence + count)
        for count, entry in enumerate(intake.forwards + outputs, start=1)
    ]


def _write(owned: OwnedPartition, intake: Intake, effects: Effects, entries: list[Entry]) -> BatchWrite:
    return BatchWrite(
        epoch=owned.epoch,
        batch=owned.batch,
        sequence=owned.sequence,
        clock=owned.engine.clock,
        before={topic: owned.next.get(topic) for topic in intake.next},
        after=intake.next,
        due=effects.due,
        writes=effects.writes,
        entries=entries,
    )


def _note(owned: OwnedPartition, intake: Intake, effects: Effects, entries: int) -> None:
    """What is written is now in force."""
    owned.batch += 1
    owned.sequence += entries
    owned.next.update(intake.next)
    owned.position.update(intake.next)
    metrics.processed(intake, effects)
