"""Whatever the batches, and wherever a follower ends, the read model has every record once, as it was sent."""

import asyncio
import base64
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from picustream.models.desk import DESK
from picustream.models.record import ALERT, DEAD_LETTER, DEAD_LETTERS
from picustream.readmodel import schema
from picustream.readmodel.audience import Audience
from picustream.readmodel.database import Address, address, for_reading
from picustream.readmodel.feed import End
from picustream.readmodel.following import Follower, Known
from picustream.readmodel.intake import digest
from picustream.readmodel.reading import ReadModel
from picustream.readmodel.writing import Writer
from picustream.scoring.presence.record import STAY
from picustream.scoring.scores.mods.record import MODS
from tests.readmodel.feeding import FakeFeed
from tests.readmodel.filling import NOW, Log, writer

COMMON = {"status": "preliminary", "patient_id": "P", "effective_at": "2026-01-01T00:00:00+08:00"}


def revision(record: str, number: int, stay: str | None, **fields: Any) -> bytes:
    before = f"{record}/r{number - 1}" if number > 1 else None
    emitted_at = (NOW + timedelta(minutes=number)).isoformat()
    own = {"event_id": f"{record}/r{number}", "stay_id": stay, "revision": number, "supersedes": before}
    return json.dumps(COMMON | own | {"emitted_at": emitted_at} | fields).encode()


def letter(number: int) -> bytes:
    payload = b'{"source": "lis", "event_id": "e-%d", "stay_id": "S-1"}' % number
    return json.dumps(
        {
            "event_id": f"dead/picu.lab.v1/0/{number}/0", "topic": "picu.lab.v1", "partition": 0, "offset": number,
            "key": "S-1", "scope": "event", "reason": "schema", "path": "", "message": "field required",
            "payload": base64.b64encode(payload).decode(), "payload_bytes": len(payload),
            "payload_sha256": digest(payload), "first_seen_at": "2026-01-01T00:00:00Z", "resubmitted": False,
        }
    ).encode()  # fmt: skip


def note(number: int) -> bytes:
    fields = {"event_id": f"d-{number}", "at": "2026-01-01T00:00:00Z", "by": "a", "role": "trial-office"}
    return json.dumps(fields | {"type": "note", "stay_id": "S-1", "note": "…"}).encode()


REVISED = {"mods": (MODS, "mods/2026-01-01"), "stay": (STAY, "stay"), "alert": (ALERT, "alert/eligible")}
KINDS = st.sampled_from(("mods", "stay", "alert", "letter", "desk", "broken", "nothing"))


@st.composite
def logs(draw: st.DrawFn) -> Log:
    """Chains of several records beside one another, letters, entries, rubbish, and gaps between the offsets."""
    log, numbers = Log(partitions=2, skipped=draw(st.sampled_from((1, 1, 3)))), dict[str, int]()
    for count, kind in enumerate(draw(st.lists(KINDS, max_size=30))):
        stay = f"S-{draw(st.integers(1, 3))}"
        key = stay.encode()
        if kind in REVISED:
            topic, name = REVISED[kind]
            record = f"{stay}/{name}"
            number = numbers[record] = numbers.get(record, 0) + 1
            log.add(topic, key, revision(record, number, stay, total=count))
        elif kind == "letter":
            log.add(DEAD_LETTER, key, letter(count))
        elif kind == "desk":
            log.add(DESK, key, note(count))
        else:
            log.add(MODS, key, None if kind == "nothing" else b'{"event_id": \xff')
    return log


def stored(where: Address) -> dict[tuple[str, int, int], tuple[str, bytes | None]]:
    """Every place that the read model has, with the hash and the bytes that are kept."""
    found: dict[tuple[str, int, int], tuple[str, bytes | None]] = {}
    engine = for_reading(where)
    with engine.begin() as connection:
        for table in (schema.revisions, schema.desk, schema.dead_letters, schema.faults):
            for row in connection.execute(select(table)).mappings():
                if table is schema.faults and row["kind"] != "unreadable":
                    continue
                place = row["topic"], row["partition"], row["offset"]
                assert place not in found, "a record is there twice"
                body = row["body"].encode() if "body" in row else row.get("raw")
                found[place] = row["sha256"], body
    engine.dispose()
    return found


def assert_equal(where: Address, log: Log) -> None:
    """The read model has each record of the log once, byte for byte; of a dead letter its hash."""
    found = stored(where)
    assert found.keys() == {(one.topic, one.partition, one.offset) for one in log.records}
    for one in log.records:
        sha256, body = found[one.topic, one.partition, one.offset]
        if one.value is not None:
            assert sha256 == digest(one.value)
            assert one.topic in DEAD_LETTERS or body == one.value


def followed(where: Address, log: Log, sizes: Sequence[int], steps: int | None = None) -> None:
    """A follower to the end, or one that ends without a word after some batches."""

    async def run() -> None:
        with writer(where, log) as made:
            follower = Follower(made, FakeFeed(log, Audience.EVERYTHING, made.positions(), sizes), clock=lambda: 0.0)
            if steps is None:
                await follower.run(drain=True)
            else:
                follower._positions = made.positions()
                for _ in range(steps):
                    await follower._step()

    asyncio.run(run())


@given(logs(), st.lists(st.integers(0, 7), min_size=1, max_size=4).filter(any), st.lists(st.integers(0, 4), max_size=3))
def test_whatever_the_batches_every_record_is_there_once(
    tmp_path_factory: pytest.TempPathFactory, log: Log, sizes: list[int], ended_after: list[int]
) -> None:
    where = address(str(tmp_path_factory.mktemp("store") / "store.sqlite"))
    for steps in ended_after:
        followed(where, log, sizes, steps)
    followed(where, log, sizes)
    assert_equal(where, log)
    model = ReadModel.at(where)
    assert {hole.kind for hole in model.holes()} <= {"unreadable"} and model.progress().lag == 0


def test_both_databases_end_with_the_same_rows(where: Address, tmp_path: Any) -> None:
    log = Log(partitions=2, skipped=2)
    for number in range(1, 40):
        log.add(MODS, b"S-1", revision("S-1/mods/2026-01-01", number, "S-1", total=number))
        log.add(DEAD_LETTER, b"S-1", letter(number))
        log.add(DESK, b"S-1", note(number))
        log.add(STAY, b"S-2", b"{}" if number % 2 else revision("S-2/stay", number, "S-2", unit="A\u0000"))
    followed(where, log, (3, 11))
    assert_equal(where, log)
    again = address(str(tmp_path / "again.sqlite"))
    followed(again, log, (100,))
    assert stored(where) == stored(again)


def test_a_write_that_fails_leaves_nothing_and_the_next_follower_begins_there(
    where: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(partitions=1)
    for number in range(1, 21):
        log.add(MODS, b"S-1", revision("S-1/mods/2026-01-01", number, "S-1"))
    followed(where, log, (5,), steps=2)
    before = stored(where)
    with monkeypatch.context() as patch:
        patch.setattr("picustream.readmodel.writing._move", _fail)
        with pytest.raises(ZeroDivisionError):
            followed(where, log, (5,))
    assert stored(where) == before and len(before) == 10
    followed(where, log, (5,))
    assert_equal(where, log)


def _fail(*_: Any) -> None:
    raise ZeroDivisionError


def test_what_is_known_until_a_moment_was_read_by_then() -> None:
    """Of a partition that always has something new, the end that was noted first counts once it is reached."""
    place, other = ("a", 0), ("a", 1)
    known = Known()

    def at(seconds: int, end: int) -> End:
        return End(end, NOW + timedelta(seconds=seconds))

    known.note({place: 0, other: 0}, {place: at(1, 10)})
    assert known.until is None and not known.is_whole
    known.note({place: 5, other: 0}, {place: at(2, 20), other: at(2, 0)})
    assert known.until is None and not known.is_whole
    known.note({place: 10, other: 0}, {place: at(3, 30), other: at(3, 0)})
    assert known.until == NOW + timedelta(seconds=1) and known.is_whole
    known.note({place: 29, other: 0}, {place: at(4, 40), other: at(4, 0)})
    assert known.until == NOW + timedelta(seconds=1)
    known.note({place: 30, other: 0}, {place: at(5, 50), other: at(5, 0)})
    assert known.until == NOW + timedelta(seconds=3)
    known.note({place: 50, other: 0}, {place: at(6, 50), other: at(6, 0)})
    assert known.until == NOW + timedelta(seconds=6)


def test_a_follower_beats_while_nothing_comes(where: Address) -> None:
    """So a quiet ward can be distinguished from a follower that is gone; that nothing is new shows in the version."""
    log = Log(partitions=1)
    log.add(MODS, b"S-1", revision("S-1/mods/2026-01-01", 1, "S-1"))
    seconds = iter(range(0, 10_000, 3))

    async def run(made: Writer) -> None:
        feed = FakeFeed(log, Audience.EVERYTHING, made.positions())
        follower = Follower(made, feed, clock=lambda: float(next(seconds)))
        task = asyncio.ensure_future(follower.run())
        model = ReadModel.at(where)
        first = None
        while first is None or model.progress().known_until == first.known_until:
            first = first or (model.progress() if model.progress().known_until else None)
            await asyncio.sleep(0.01)
        later = model.progress()
        assert later.version == first.version == 1 and later.heartbeat_at > first.heartbeat_at
        task.cancel()
        await asyncio.wait([task])

    with writer(where, log) as made:
        asyncio.run(asyncio.wait_for(run(made), 60))
