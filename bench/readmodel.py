"""How fast a read model is filled, beside plain SQLite, and how fast it answers when it holds many stays."""

import sqlite3
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path

from bench.plan import Plan
from bench.table import Column, Table
from bench.ward import ward as ward_events
from picustream.eventfiles.replay import run
from picustream.models import text
from picustream.readmodel.audience import Audience
from picustream.readmodel.database import address
from picustream.readmodel.opening import Cluster, FollowedTopic, opened
from picustream.readmodel.reading import ReadModel
from picustream.readmodel.writing import Place
from picustream.scoring.outputs import Output
from picustream.scoring.presence.record import STAY
from picustream.scoring.rules import load_rules
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.validation import InputRecord

BATCH = 2_000
ARRIVED = 1_767_225_600_000


@dataclass(frozen=True, slots=True)
class Record:
    """As a client of Kafka gives it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int = ARRIVED


def tables(plan: Plan) -> Generator[Table]:
    """Filling, then asking."""
    filled = Table(
        "store",
        f"a read model filled with {plan.sizes.stored:,} records",
        [Column("s of processor", 2), Column("records/s"), Column("MB on disk", 1)],
        "s of processor",
        "sqlite3",
        f"From memory, {BATCH:,} records to a transaction. The baseline inserts place and bytes and has no index more.",
    )
    asked = Table(
        "store-asked", "what it answers then", [Column("ms of processor", 2)], note="In a process that is running."
    )
    for number in plan.each_round():
        for name, fill in (("sqlite3", plain), ("for everything", everything), ("for the ward", ward)):
            path = plan.folder / f"store-{number}-{name}.sqlite"
            began, processor = time.perf_counter(), time.process_time()
            fill(path, islice(records(plan), plan.sizes.stored))
            seconds = time.perf_counter() - began
            size = sum(one.stat().st_size for one in path.parent.glob(f"{path.name}*")) / 1e6
            figures = {"records/s": plan.sizes.stored / seconds, "MB on disk": size}
            filled.add(name, figures | {"s of processor": time.process_time() - processor})
            if name == "for everything":
                _ask(path, asked)
            for one in path.parent.glob(f"{path.name}*"):
                one.unlink()
    yield filled
    yield asked


def records(plan: Plan) -> Iterator[Record]:
    """What a ward's replay makes, again and again, each time of other stays."""
    outputs = list(_made(plan))
    offsets: dict[str, int] = {}
    for turn in count():
        mark = b"%07d" % turn
        for one in outputs:
            value = one.value.replace(b'"B-', b'"%s-' % mark)
            offset = offsets[one.topic] = offsets.get(one.topic, -1) + 1
            yield Record(one.topic, 0, offset, one.key, value)


def _made(plan: Plan) -> Iterator[Output]:
    """Once what the ward of `replay` makes."""
    size = plan.sizes.replay
    events = ward_events(size.stays, size.days, size.per_minute)
    found = (
        InputRecord(one.topic, None, number, None, text.encode(one.value).encode()) for number, one in enumerate(events)
    )
    for output in run(load_rules(), found, None):
        if output.key is not None and output.topic in Audience.EVERYTHING.topics:
            yield output


def plain(path: Path, found: Iterator[Record]) -> None:
    """The least that could be done with it."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    database.execute("CREATE TABLE records (topic TEXT, number INTEGER, place INTEGER, body TEXT)")
    while batch := list(islice(found, BATCH)):
        database.execute("BEGIN")
        rows = [(one.topic, one.partition, one.offset, (one.value or b"").decode()) for one in batch]
        database.executemany("INSERT INTO records VALUES (?, ?, ?, ?)", rows)
        database.execute("COMMIT")
    database.close()


def everything(path: Path, found: Iterator[Record]) -> None:
    fill_for(path, found, Audience.EVERYTHING)


def ward(path: Path, found: Iterator[Record]) -> None:
    """As many records as the others read, of which the ward has some."""
    fill_for(path, found, Audience.WARD)


def fill_for(path: Path, found: Iterator[Record], audience: Audience) -> None:
    """A read model of records."""
    followed = {topic: FollowedTopic(topic, {0: 0}, {0: 1 << 40}) for topic in audience.topics}
    with opened(address(str(path)), audience, Cluster("bench", "bench", followed), "UTC") as writer:
        while batch := list(islice(found, BATCH)):
            mine = [one for one in batch if one.topic in followed]
            positions: dict[Place, int] = {(one.topic, 0): one.offset + 1 for one in mine}
            writer.commit(mine, positions)
        writer.beat({}, datetime.now(UTC))


def _ask(path: Path, asked: Table) -> None:
    model = ReadModel.open(str(path))
    stays = model.stays()
    stay = stays[len(stays) // 2]
    moments = model.moments(stay)
    questions: dict[str, Callable[[], object]] = {
        f"all revisions of one of {len(stays):,} stays": lambda: model.revisions(MODS, stay=stay),
        "a stay as it was known at a moment": lambda: model.known_at(moments[len(moments) // 2], MODS, stay=stay),
        "the moments of a stay": lambda: model.moments(stay),
        "what fires": model.alerts,
        "who is here": lambda: model.current(STAY, state="present"),
        "how far it is": model.progress,
    }
    for question, ask in questions.items():
        ask()
        began = time.process_time()
        ask()
        asked.add(question, {"ms of processor": (time.process_time() - began) * 1e3})
