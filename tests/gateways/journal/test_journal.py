"""What came is on disk, and comes out of it as it came; of what was being written when all ended, nothing is lost."""

import asyncio
import errno
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from picustream.gateways.journal import journal as journals
from picustream.gateways.journal import segment
from picustream.gateways.journal.cipher import Key, keys
from picustream.gateways.journal.journal import CannotStore, Journal, Writer
from picustream.gateways.journal.lock import InUse
from picustream.gateways.journal.received import Received
from picustream.gateways.journal.segment import DamagedJournal, UnknownKey
from picustream.runtime.errors import UserError

AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
RAWS = st.lists(st.binary(max_size=300), min_size=1, max_size=8)
KEY, OTHER = Key(b"k" * 32), Key(b"o" * 32)
KEYS = st.sampled_from([(), (KEY,)])


def written(folder: Path, raws: Sequence[bytes], given: Sequence[Key] = (), largest: int = 1 << 20) -> list[Received]:
    """What a process stores that opens the journal, and ends."""
    stored: list[Received] = []

    async def work() -> None:
        writer = Writer(folder, given, lambda one, ticket: stored.append(one), largest)
        writer.open()
        task = asyncio.create_task(writer.run())
        for raw in raws:
            ticket = writer.append(Received(raw, AT, "mllp", "10.0.0.7", 2575, "lab", cut_off=len(raw) % 2 == 0))
            await ticket.stored
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        writer.close()

    asyncio.run(work())
    return stored


def read(folder: Path, given: Sequence[Key] = ()) -> list[Received]:
    return list(Journal(folder, given).read())


@given(RAWS, RAWS, KEYS, st.integers(1, 2000))
@settings(max_examples=30)
def test_what_is_stored_is_read_as_it_came(
    tmp_path_factory: pytest.TempPathFactory, raws: list[bytes], more: list[bytes], given: tuple[Key, ...], largest: int
) -> None:
    """In however many files, written by however many processes."""
    folder = tmp_path_factory.mktemp("journal")
    stored = written(folder, raws, given, largest) + written(folder, more, given, largest)
    assert read(folder, given) == stored
    assert [one.raw for one in stored] == raws + more
    assert [one.sequence for one in stored] == list(range(1, len(stored) + 1))
    some = [one for one in stored if one.sequence % 2]
    assert list(Journal(folder, given).find(one.sequence for one in some)) == some


@given(RAWS, KEYS, st.integers(1, 2000), st.data())
@settings(max_examples=30)
def test_messages_are_found_in_whatever_order_they_are_asked_for(
    tmp_path_factory: pytest.TempPathFactory,
    raws: list[bytes],
    given: tuple[Key, ...],
    largest: int,
    data: st.DataObject,
) -> None:
    """Also those that come while others are asked for."""
    folder = tmp_path_factory.mktemp("journal")
    stored, journal = written(folder, raws, given, largest), Journal(folder, given)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segment, "_STEP", data.draw(st.integers(1, 3)))
        for one in data.draw(st.permutations(stored)):
            assert list(journal.find([one.sequence])) == [one]
        more = written(folder, raws, given, largest)
        for one in data.draw(st.permutations(stored + more)):
            assert [*journal.find([one.sequence, one.sequence + 1])][:1] == [one]


@given(RAWS, KEYS, st.data())
@settings(max_examples=40)
def test_what_was_being_written_when_all_ended_is_cut_off_and_kept_beside(
    tmp_path_factory: pytest.TempPathFactory, raws: list[bytes], given: tuple[Key, ...], data: st.DataObject
) -> None:
    """A file may end at any byte, and what had been written before is there."""
    folder = tmp_path_factory.mktemp("journal")
    stored = written(folder, raws, given)
    file = segment.files(folder)[-1]
    whole = file.read_bytes()
    length = data.draw(st.integers(0, len(whole)))
    file.write_bytes(whole[:length])
    left = [record.received for record in segment.records(file, given)]
    assert left == stored[: len(left)]
    more = written(folder, [b"after"], given)
    assert [one.raw for one in read(folder, given)] == [*raws[: len(left)], b"after"]
    assert more[0].sequence == len(left) + 1
    cut = b"".join(path.read_bytes() for path in folder.glob(f"*{journals.CUT}"))
    assert not cut or whole[:length].endswith(cut)


def test_a_record_that_was_answered_for_and_is_gone_stops_the_gateway(tmp_path: Path) -> None:
    written(tmp_path, [b"one", b"two"])
    with pytest.raises(DamagedJournal):
        Writer(tmp_path, (), lambda *_: None).open(at_least=3)


def test_a_hole_in_the_middle_is_said_aloud(tmp_path: Path) -> None:
    written(tmp_path, [b"one", b"two"])
    written(tmp_path, [b"three"])
    first = segment.files(tmp_path)[0]
    content = bytearray(first.read_bytes())
    content[-1] ^= 1
    first.write_bytes(content)
    with pytest.raises(DamagedJournal, match=first.name):
        read(tmp_path)


@pytest.mark.parametrize("at", [-1, -60, segment.HEAD + 3])
def test_a_message_behind_a_damaged_record_is_not_taken_for_one_that_was_pruned(tmp_path: Path, at: int) -> None:
    written(tmp_path, [b"one", b"two"])
    written(tmp_path, [b"three"])
    first = segment.files(tmp_path)[0]
    content = bytearray(first.read_bytes())
    content[at] ^= 1
    first.write_bytes(content)
    with pytest.raises(DamagedJournal, match=first.name):
        list(Journal(tmp_path).find([2, 3]))
    assert [one.raw for one in Journal(tmp_path).find([3])] == [b"three"]
    first.unlink()
    assert [one.raw for one in Journal(tmp_path).find([2, 3])] == [b"three"]


def test_a_file_that_a_person_gives_up_keeps_the_gateway_no_longer(tmp_path: Path) -> None:
    """The command is that of the error."""
    for raw in (b"one", b"two"):
        written(tmp_path, [raw])
    file = segment.files(tmp_path)[-1]
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    writer = Writer(tmp_path, (), lambda *_: None)
    with pytest.raises(DamagedJournal) as error:
        writer.open(at_least=2)
    writer.close()
    source, target = error.value.hint.rpartition("mv ")[2].split()
    assert Path(source) == file
    file.rename(target)
    assert [one.sequence for one in written_from(tmp_path, 2)] == [3]
    assert [one.raw for one in Journal(tmp_path).read(3)] == [b"after"]


def written_from(folder: Path, at_least: int) -> list[Received]:
    stored: list[Received] = []

    async def work() -> None:
        writer = Writer(folder, (), lambda one, ticket: stored.append(one))
        writer.open(at_least)
        task = asyncio.create_task(writer.run())
        await writer.append(Received(b"after", AT, "mllp")).stored
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        writer.close()

    asyncio.run(work())
    return stored


def test_what_is_encrypted_shows_nothing_and_needs_its_key(tmp_path: Path) -> None:
    written(tmp_path, [b"PID|1||4711||Meier"], [OTHER])
    written(tmp_path, [b"PID|1||4712||Meier"], [KEY, OTHER])
    assert [one.raw[-10:] for one in read(tmp_path, [KEY, OTHER])] == [b"4711||Meier"[-10:], b"4712||Meier"[-10:]]
    assert not any(b"Meier" in file.read_bytes() for file in tmp_path.iterdir())
    with pytest.raises(UnknownKey, match=OTHER.fingerprint.hex()):
        read(tmp_path, [KEY])
    with pytest.raises(UnknownKey):
        read(tmp_path)


def test_a_record_under_another_place_is_not_taken_for_this_one(tmp_path: Path) -> None:
    sealed = KEY.encrypt(b"data", b"place 1")
    assert KEY.decrypt(sealed, b"place 1") == b"data"
    with pytest.raises(ValueError, match="encrypted"):
        KEY.decrypt(sealed, b"place 2")


def test_a_disk_that_is_full_stores_nothing_and_nothing_is_lost_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, full = os.write, [False]

    def write(file: int, data: bytes) -> int:
        if full[0]:
            real(file, bytes(data)[:7])
            raise OSError(errno.ENOSPC, "full")
        return real(file, data)

    monkeypatch.setattr(journals.os, "write", write)
    stored: list[Received] = []

    async def work() -> None:
        writer = Writer(tmp_path, (), lambda one, ticket: stored.append(one))
        writer.open()
        task = asyncio.create_task(writer.run())
        await writer.append(Received(b"one", AT, "mllp")).stored
        full[0] = True
        with pytest.raises(CannotStore, match="space"):
            await writer.append(Received(b"two", AT, "mllp")).stored
        with pytest.raises(CannotStore):
            await writer.append(Received(b"two", AT, "mllp")).stored
        full[0] = False
        await writer.append(Received(b"two", AT, "mllp")).stored
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        writer.close()

    asyncio.run(work())
    assert [one.raw for one in stored] == [b"one", b"two"]
    assert read(tmp_path) == stored


def test_one_process_writes_at_a_time(tmp_path: Path) -> None:
    writer = Writer(tmp_path, (), lambda *_: None)
    writer.open()
    with pytest.raises(InUse):
        Writer(tmp_path, (), lambda *_: None).open()
    writer.close()
    again = Writer(tmp_path, (), lambda *_: None)
    again.open()
    again.close()


def test_old_files_go_when_nothing_of_them_is_needed(tmp_path: Path) -> None:
    for raw in (b"one", b"two", b"three"):
        written(tmp_path, [raw])
    writer = Writer(tmp_path, (), lambda *_: None)
    assert writer.prune(datetime.now(UTC) - timedelta(days=1), keep_from=3) == 0
    later = datetime.now(UTC) + timedelta(days=1)
    assert writer.prune(later, keep_from=2) == 1
    assert [one.raw for one in writer.read(2)] == [b"two", b"three"]
    assert writer.prune(later, keep_from=9) == 1
    assert [one.raw for one in writer.read(3)] == [b"three"]
    assert list(writer.find([1, 3])) == list(writer.read(3))


def test_files_are_for_their_owner_and_name_nobody(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    written(folder, [b"PID|1||4711||Meier"])
    assert folder.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())
    assert {file.name for file in folder.iterdir()} == {"lock", segment.name_of(1)}


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [("12", 0o600, "64 hexadecimal"), ("", 0o600, "64 hexadecimal"), ("ab" * 32, 0o644, "by others")],
)
def test_a_key_file_that_is_no_secret_is_refused(tmp_path: Path, content: str, mode: int, words: str) -> None:
    file = tmp_path / "key"
    file.write_text(content)
    file.chmod(mode)
    with pytest.raises(UserError, match=words):
        keys(file)


def test_a_key_file_has_a_key_a_line(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{'ab' * 32}\n{'cd' * 32}\n")
    file.chmod(0o600)
    assert [key.fingerprint for key in keys(file)] == [Key(b"\xab" * 32).fingerprint, Key(b"\xcd" * 32).fingerprint]
    with pytest.raises(UserError, match="cannot be read"):
        keys(tmp_path / "none")
    assert list(keys(None)) == []
