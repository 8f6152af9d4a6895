"""The journal: what came, as it came, in files that only grow. A message counts as stored when the disk has it.

Many are written together and made durable by one `fdatasync`. One process writes, and holds a lock on the folder; any
other may read.
"""

import asyncio
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from picustream.gateways.journal import segment
from picustream.gateways.journal.cipher import Key
from picustream.gateways.journal.lock import lock, unlock
from picustream.gateways.journal.outcome import Outcome
from picustream.gateways.journal.received import Received
from picustream.gateways.journal.segment import DAMAGED, DamagedJournal, Record
from picustream.gateways.journal.uninterrupted import uninterrupted
from picustream.runtime.crash_points import crash_point

LARGEST_FILE = 64 << 20
"""Bytes after which a new file is begun."""
CUT = ".cut"
"""Suffix of what was cut off at the end of a file."""


PROBE = "probe"
ROOM = 1 << 20
"""Bytes that a disk has to take before it counts as having room again."""


class CannotStore(Exception):
    """The disk does not take it: nobody may be answered."""


class Ticket:
    """What a sender waits for: that its message is stored, then what became of it."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.stored: asyncio.Future[int] = loop.create_future()
        """Its place in the journal; raises `CannotStore`."""
        self.outcome: asyncio.Future[Outcome] = loop.create_future()
        # A sender that has gone asks for neither.
        self.stored.add_done_callback(lambda future: future.cancelled() or future.exception())


class Journal:
    """The journal of a folder, to be read. `keys`: the one that encrypts first."""

    def __init__(self, folder: Path, keys: Sequence[Key] = ()) -> None:
        self.folder = folder
        self._keys = keys
        self._places = segment.Places()

    def read(self, first: int = 1, last: int | None = None) -> Iterator[Received]:
        """Messages from a place on, up to and with another. Raises `DamagedJournal` where one is missing between."""
        wanted = first
        for record in self._records(first):
            if last is not None and record.received.sequence > last:
                return
            if record.received.sequence >= wanted:
                yield record.received
                wanted = record.received.sequence + 1

    def find(self, sequences: Iterable[int]) -> Iterator[Received]:
        """The messages of some places, in order; those that were pruned are left out.

        Raises `DamagedJournal` where one should be there, and cannot be read.
        """
        wanted = sorted(set(sequences))
        held = segment.files(self.folder)
        for file, following in zip(held, [*held, None][1:], strict=True):
            end = segment.first_of(following) if following else None
            here = {one for one in wanted if segment.first_of(file) <= one and (end is None or one < end)}
            if here:
                yield from self._found(file, here)

    def _found(self, file: Path, wanted: set[int]) -> Iterator[Received]:
        """Those of a file; where it ends at a whole record the next file is away, and with it what is not here."""
        last, end = segment.first_of(file) - 1, self._places.of(file, min(wanted))
        for record in segment.records(file, self._keys, end):
            last, end = record.received.sequence, record.end
            if last in wanted:
                yield record.received
            if last >= max(wanted):
                return
        if end < file.stat().st_size:
            raise DamagedJournal(file, end)

    def _records(self, first: int) -> Iterator[Record]:
        """Of files that may hold `first`: a file ends where the next begins, whatever a failed write left in it."""
        held = segment.files(self.folder)
        for file, following in zip(held, [*held, None][1:], strict=True):
            end = segment.first_of(following) if following else None
            if end is not None and end <= first:
                continue
            last = segment.first_of(file) - 1
            for record in segment.records(file, self._keys):
                if end is not None and record.received.sequence >= end:
                    break
                if record.received.sequence != last + 1:
                    raise DamagedJournal(file, record.offset)
                last = record.received.sequence
                yield record
            if end is not None and last + 1 != end:
                raise DamagedJournal(file, file.stat().st_size)

    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.stat().st_size for file in segment.files(self.folder))


class Writer(Journal):
    """The journal, to be written; `stored` is called with what has become durable, and its ticket, in order."""

    def __init__(
        self,
        folder: Path,
        keys: Sequence[Key],
        stored: Callable[[Received, Ticket], None],
        largest_file: int = LARGEST_FILE,
    ) -> None:
        super().__init__(folder, keys)
        self._stored = stored
        self._largest_file = largest_file
        self._key = keys[0] if keys else None
        self._waiting: list[tuple[Received, Ticket]] = []
        self._wake = asyncio.Event()
        self._file: int | None = None
        self._bytes = 0
        self.last = 0
        """The place of the last message."""

    def open(self, at_least: int = 0) -> int:
        """Take the lock and find the end. What is not whole there is cut off and kept in a file beside: its bytes.

        `at_least`: the last place for which somebody may have been answered. Raises `DamagedJournal`, `InUse`.
        """
        self._lock = lock(self.folder)
        files = segment.files(self.folder)
        self.last, end = at_least, 0
        if files:
            self.last, end = segment.first_of(files[-1]) - 1, 0
            for record in self._records(self.last + 1):
                self.last, end = record.received.sequence, record.end
        if self.last < at_least:
            if not (self.folder / f"{segment.name_of(self.last + 1)}{DAMAGED}").exists():
                raise DamagedJournal(files[-1], end)
            self.last = at_least
        return self._cut_off(files[-1], end) if files else 0

    def append(self, received: Received) -> Ticket:
        """Have a message stored."""
        ticket = Ticket()
        self._waiting.append((received, ticket))
        self._wake.set()
        return ticket

    async def run(self) -> None:
        """Write what is given to `append`, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._waiting = self._waiting, []
            await uninterrupted(self._store(batch))

    async def _store(self, batch: Sequence[tuple[Received, Ticket]]) -> None:
        try:
            written = await asyncio.to_thread(self._write, [received for received, _ in batch])
        except OSError as error:
            self._give_up(batch, error)
            return
        for received, (_, ticket) in zip(written, batch, strict=True):
            self._stored(received, ticket)
            if not ticket.stored.done():
                ticket.stored.set_result(received.sequence)

    def has_room(self) -> bool:
        """Whether the disk takes something; waits for it."""
        try:
            held = os.open(self.folder / PROBE, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.posix_fallocate(held, 0, ROOM)
            finally:
                os.close(held)
                (self.folder / PROBE).unlink()
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Give the lock back."""
        self._end_file()
        unlock(self._lock)

    def prune(self, before: datetime, keep_from: int) -> int:
        """Remove files whose messages all stand before `keep_from`, and came before a moment; how many."""
        files = segment.files(self.folder)
        pruned = 0
        for file, following in itertools.pairwise(files):
            if segment.first_of(following) > keep_from or file.stat().st_mtime >= before.timestamp():
                break
            file.unlink()
            pruned += 1
        return pruned

    def _write(self, batch: Sequence[Received]) -> list[Received]:
        placed = [replace(one, sequence=self.last + number) for number, one in enumerate(batch, 1)]
        data = b"".join(segment.packed(one, one.sequence, self._key) for one in placed)
        try:
            file = self._file_for(placed[0].sequence)
            _write_all(file, data)
            crash_point("gateway-written")
            os.fdatasync(file)
        except OSError:
            self._undo()
            raise
        crash_point("gateway-stored")
        self._bytes += len(data)
        self.last = placed[-1].sequence
        return placed

    def _file_for(self, first: int) -> int:
        if self._file is not None and self._bytes < self._largest_file:
            return self._file
        self._end_file()
        path = self.folder / segment.name_of(first)
        # A file of that name holds nothing that counts: a write that failed has begun it.
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._bytes = 0
        _write_all(self._file, segment.head(self._key))
        _sync_folder(self.folder)
        self._bytes = segment.HEAD
        return self._file

    def _undo(self) -> None:
        """What a failed write left does not count: the file ends before it, or where the next one begins."""
        file, self._file = self._file, None
        if file is None:
            return
        try:
            os.ftruncate(file, self._bytes)
        finally:
            os.close(file)

    def _end_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _cut_off(self, path: Path, end: int) -> int:
        """Remove what follows the last whole record; it is kept beside, for a person to see."""
        with path.open("r+b") as file:
            file.seek(end)
            rest = file.read()
            if rest and end:
                kept = os.open(path.with_name(f"{path.name}-{end}{CUT}"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                _write_all(kept, rest)
                os.close(kept)
            if rest:
                file.truncate(end)
                os.fsync(file.fileno())
        if not end:
            path.unlink()
        return len(rest) if end else max(len(rest) - segment.HEAD, 0)

    def _give_up(self, batch: Sequence[tuple[Received, Ticket]], error: OSError) -> None:
        for _, ticket in batch:
            if not ticket.stored.done():
                ticket.stored.set_exception(CannotStore(os.strerror(error.errno or 0)))


def _write_all(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


def _sync_folder(folder: Path) -> None:
    held = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)
