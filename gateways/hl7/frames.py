"""The frames of MLLP in a stream of bytes: VT, a message, FS CR. No socket and no clock.

Bytes before VT are skipped and counted. FS followed by VT, or by a silence, ends a frame as well; FS followed by
anything else is part of the message. VT within a frame says that the one before was cut off.
"""

import re
from dataclasses import dataclass
from typing import Literal

from picustream.gateways.hl7.message import LARGEST

START, END, RETURN = b"\x0b", b"\x1c", b"\r"
_STOP = re.compile(b"\x1c[\r\x0b]|\x0b")
_HEAD = 64 * 1024
"""Bytes of a frame that is too large which are kept: enough to answer it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stood in one frame, or in the beginning of one."""

    raw: bytes
    kind: Literal["message", "truncated", "too-large"]
    """A `truncated` frame has no end; of one that is `too-large` there is the head alone."""
    skipped: int = 0
    """Bytes before it that belong to no frame."""
    unfinished: bool = False
    """Whether it ended by FS without CR."""


def framed(raw: bytes) -> bytes:
    """A message as a frame."""
    return START + raw + END + RETURN


class Framer:
    """Frames of one connection. It holds one frame at most, and no more of it than the limit."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._bytes = bytearray()
        self._open = False
        self._searched = 0
        """Up to where there is no end of the frame."""
        self._passing = False
        self.skipped = 0
        """Bytes since the last frame that belong to none."""

    @property
    def is_open(self) -> bool:
        """Whether a frame has begun and not ended."""
        return self._open

    @property
    def passes_over(self) -> bool:
        """Whether the rest of a frame that was too large is still to come."""
        return self._passing

    @property
    def may_have_ended(self) -> bool:
        """Whether a silence now would end a frame: its last byte so far is FS."""
        return self._open and self._bytes.endswith(END)

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that end, or turn out to be cut off, within these bytes."""
        self._bytes += data
        frames: list[Frame] = []
        while self._advance(frames):
            pass
        return frames

    def silence(self) -> list[Frame]:
        """Nothing came for a while: FS at the end of what came ends the frame."""
        frames: list[Frame] = []
        if self.may_have_ended:
            self._close(frames, len(self._bytes) - 1, len(self._bytes), "message", unfinished=True)
        return frames

    def end(self) -> list[Frame]:
        """Nothing more comes."""
        frames = self.silence()
        if self._open:
            self._close(frames, len(self._bytes), len(self._bytes), "truncated")
        return frames

    def _advance(self, frames: list[Frame]) -> bool:
        """One step; False where more bytes are needed for the next."""
        if not self._open:
            return self._find_start()
        if stop := _STOP.search(self._bytes, self._searched):
            if stop.group() == START:
                self._close(frames, stop.start(), stop.start(), "truncated")
            else:
                unfinished = stop.group().endswith(START)
                self._close(frames, stop.start(), stop.end() - unfinished, "message", unfinished)
            return True
        if len(self._bytes) > self._largest + 1:  # the last byte may be FS
            self._pass_over(frames)
        self._searched = max(len(self._bytes) - 1, 0)
        return False

    def _find_start(self) -> bool:
        start = self._bytes.find(START)
        self.skipped += len(self._bytes) if start < 0 else start
        del self._bytes[: len(self._bytes) if start < 0 else start + 1]
        self._open, self._searched = start >= 0, 0
        return self._open

    def _pass_over(self, frames: list[Frame]) -> None:
        """Keep nothing more of the frame; its end is still sought."""
        if not self._passing:
            self._put(frames, bytes(self._bytes[:_HEAD]), "too-large")
        self._passing = True
        del self._bytes[:-1]

    def _close(
        self,
        frames: list[Frame],
        stop: int,
        after: int,
        kind: Literal["message", "truncated"],
        unfinished: bool = False,
    ) -> None:
        """The frame ends before `stop`; what follows it begins at `after`."""
        if self._passing:
            self._passing = False
        elif stop > self._largest:
            self._put(frames, bytes(self._bytes[:_HEAD]), "too-large")
        elif stop:
            self._put(frames, bytes(self._bytes[:stop]), kind, unfinished)
        else:  # an empty frame says nothing, like any other byte that keeps a connection alive
            self.skipped += 1 + after
        del self._bytes[:after]
        self._open = False

    def _put(
        self,
        frames: list[Frame],
        raw: bytes,
        kind: Literal["message", "truncated", "too-large"],
        unfinished: bool = False,
    ) -> None:
        frames.append(Frame(raw, kind, self.skipped, unfinished))
        self.skipped = 0
