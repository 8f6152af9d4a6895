"""How far the reading of files is, on standard error: a bar on a terminal, a plain line now and then elsewhere."""

import io
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self, cast

from picustream.eventfiles.files import STDIN
from picustream.runtime.errors import UserError

if TYPE_CHECKING:
    from rich.progress import Progress

PLAIN_EVERY = 5.0
"""Seconds between two plain lines: a log of a long run stays short."""
BAR_EVERY = 0.1
"""Seconds between two movements of the bar."""


class Reading:
    """Counts the bytes read of `paths` and the events made of them. A context manager; no output once it is left.

    `verb` is what happens to the events, as in "read 1,200 events". Raises `UserError` if one of the paths is no file.
    """

    def __init__(self, verb: str, paths: list[Path]) -> None:
        self.verb = verb
        self.events = 0
        self.position = 0
        for path in paths:
            if path != STDIN and (path.is_dir() or not path.exists()):
                raise UserError(f"{path} is not there or is no file.", "Name an event file.")
        if paths.count(STDIN) > 1:
            raise UserError("Standard input can be read only once.", "Name - once.")
        self.size = 0 if STDIN in paths else sum(path.stat().st_size for path in paths)
        self._shown = time.monotonic()
        self._bar: Progress | None = _bar(verb, self.size) if sys.stderr.isatty() else None

    def open(self, path: Path) -> BinaryIO:
        """A file of `paths`, opened; what is read of it moves the bar. Raises `UserError` if it cannot be opened."""
        try:
            raw = _unbuffered_stdin() if path == STDIN else path.open("rb", buffering=0)
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror}.", "Name an event file.") from error
        return cast(BinaryIO, io.BufferedReader(_Counted(raw, self), 1 << 18))

    def count(self, events: int = 1) -> None:
        """So many events more are done."""
        self.events += events
        every = PLAIN_EVERY if self._bar is None else BAR_EVERY
        now = time.monotonic()
        if now - self._shown >= every:
            self._shown = now
            self._show()

    def _show(self) -> None:
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=self.position, events=f"{self.events:,}")
            return
        share = f" ({self.position / self.size:.0%} of the input)" if self.size else ""
        print(f"{self.verb} {self.events:,} events{share}", file=sys.stderr)

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bar is not None:
            self._show()
            self._bar.stop()


def _unbuffered_stdin() -> io.RawIOBase:
    return cast(io.RawIOBase, cast(io.BufferedReader, sys.stdin.buffer).raw)


class _Counted(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase, reading: Reading) -> None:
        self._raw = raw
        self._reading = reading

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        got = self._raw.readinto(buffer)
        self._reading.position += got or 0
        return got

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


def _bar(verb: str, size: int) -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description} {task.fields[events]} events"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        redirect_stdout=False,  # standard output is data
    )
    bar.add_task(verb, total=size or None, events="0")
    return bar
