"""The messages of a file, or of one frame: one or many, in MLLP frames, in a batch, or one after another."""

import re
from collections.abc import Iterator

from picustream.gateways.hl7.frames import START, Frame, Framer
from picustream.gateways.hl7.message import CUT_OFF

_HEAD, _BATCH = b"MSH", (b"FHS", b"BHS", b"BTS", b"FTS")
_MESSAGE = re.compile(rb"(?:\A|(?<=[\r\n]))[\xef\xbb\xbf\x00 \t]*MSH(?=[!-/:-@\[-`{-~])")
_ENVELOPE = re.compile(
    rb"(?:\A|(?<=[\r\n]))[\xef\xbb\xbf\x00 \t]*(?:FHS|BHS|BTS|FTS)(?:[!-/:-@\[-`{-~][^\r\n]*)?(?=[\r\n]|\Z)"
)
_CAPTURE = re.compile(
    rb"[\xef\xbb\xbf\x00 \t\r\n]*\x0b|[\s\S]*?\x0b[\xef\xbb\xbf\x00 \t\r\n]*(?:MSH|FHS|BHS)(?=[!-/:-@\[-`{-~])"
)
"""What begins like a stream of frames, or has one in it: VT alone may also be a line end of a text."""
_PORTION = 1 << 20
"""Bytes of a capture that are searched for frames at a time."""
_BLANK = b"\xef\xbb\xbf\x00\x1a\x1c \t\r\n"


def messages(data: bytes) -> Iterator[bytes]:
    """Each message as it stands, without the segments of a batch around it.

    What is no message, and is not blank, comes as well, for `message.read` to refuse; a frame that was cut off comes
    with its VT before it.
    """
    if START not in data or not _CAPTURE.match(data):
        yield from _split(data)
        return
    for frame in _frames(data):
        if frame.kind == "truncated":
            yield CUT_OFF + frame.raw
        else:
            yield from _split(frame.raw)


def _frames(data: bytes) -> Iterator[Frame]:
    framer = Framer(len(data))
    for start in range(0, len(data), _PORTION):
        yield from framer.feed(data[start : start + _PORTION])
    yield from framer.end()


def _split(data: bytes) -> Iterator[bytes]:
    alone = data.startswith(_HEAD) and data.find(_HEAD, 1) < 0  # most are: found in a tenth of the time
    starts = [] if alone else [found.start() for found in _MESSAGE.finditer(data)]
    for start, stop in zip([0, *starts], [*starts, len(data)], strict=True):
        piece = data[start:stop]
        if any(name in piece for name in _BATCH):
            piece = _ENVELOPE.sub(b"", piece)
        if piece.strip(_BLANK):
            yield piece
