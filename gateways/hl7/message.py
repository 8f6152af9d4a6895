"""Bytes to segments: separators, character set, and the leaves of a field.

Nothing here depends on the version of HL7 or on the type of message. Bytes are decoded before they are split: in
GB 18030 or ISO 2022 the second byte of a character may be that of a separator.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from picustream.gateways.hl7 import charsets
from picustream.gateways.hl7.cells import Cell, count, leaf, nth
from picustream.gateways.hl7.escapes import Separators, unescape
from picustream.gateways.statement import Unreadable
from picustream.scoring.faults import Fault

LARGEST = 16 * 1024 * 1024
"""Bytes of a message."""
MOST_SEGMENTS = 10_000
DELETED = '""'
"""What stands for "delete what you have"; an empty field says nothing."""
CUT_OFF = b"\x0b"
"""Before bytes whose end never came; no message begins with it."""

_SHORT = 8 * 1024
"""Bytes of a message whose header is kept until it is answered."""
_BEFORE = charsets.BYTE_ORDER_MARK + CUT_OFF + b"\x00 \t\r\n"
_AFTER = b"\x00\x1a\x1c\r\n"
"""A byte order mark, NULs, blanks before it, ends of lines and files after it: around a message."""
_USUAL, _USUAL_SEPARATORS = (b"|", b"^~\\&"), Separators()
_HEAD = re.compile(rb"MSH[!-/:-@\[-`{-~]")
_LINE = re.compile(rb"[^\r\n]*")
_VALUE = re.compile(rb"[\r\n][ \t]*OBX(?![A-Za-z0-9 ])")
"""After the end of a line: a pattern that may begin anywhere takes seven times as long."""


class Segment:
    """One segment. Fields, repetitions, components and subcomponents count from 1; what is absent is ""."""

    __slots__ = ("_codec", "_fields", "_parts", "_separators", "name", "number")

    def __init__(self, line: str, number: int, separators: Separators, codec: str) -> None:
        fields = line.split(separators.field)
        self.name = fields[0][:3]  # a line that is nothing but a name may have a tail
        self.number = number
        """The n-th of its name in the message."""
        if self.name == "MSH":
            fields.insert(1, separators.field)
        self._fields = fields
        """From 1 on."""
        self._separators = separators
        self._codec = codec
        self._parts: dict[int, list[str]] | None = None
        """The repetitions of a field whose second one was asked for: however many there are, it is split once."""

    def raw(self, field: int) -> str:
        """A field as it is written."""
        return self._fields[field] if field < len(self._fields) else ""

    def cell(self, field: int) -> Cell:
        """A field, for what is worked out once for all that are written alike."""
        return Cell(self.raw(field), self._separators, self._codec)

    def repetition(self, field: int, repetition: int = 1) -> str:
        """One repetition of a field as it is written."""
        separator = self._separators.repetition
        if repetition == 1 or not separator:
            return nth(self.raw(field), separator, repetition)
        if self._parts is None:
            self._parts = {}
        if field not in self._parts:
            self._parts[field] = self.raw(field).split(separator)
        parts = self._parts[field]
        return parts[repetition - 1] if repetition <= len(parts) else ""

    def text(self, field: int, repetition: int = 1, component: int = 1, subcomponent: int = 1) -> str:
        """A leaf, unescaped; `""` (delete) stays as it is."""
        written = self._fields[field] if field < len(self._fields) else ""
        if not written or (field <= 2 and self.name == "MSH"):
            return written
        if repetition != 1 or not written.isalnum():
            written = self.repetition(field, repetition)
        return leaf(written, self._separators, self._codec, component, subcomponent)

    def whole(self, field: int) -> str:
        """The first repetition unescaped as one text, whatever separators are in it."""
        return unescape(self.repetition(field), self._separators, self._codec)

    def repetitions(self, field: int) -> int:
        """How many repetitions a field has; 0 where it is empty."""
        return count(self.raw(field), self._separators.repetition)


@dataclass(frozen=True, slots=True, eq=False)
class Message:
    """A message: its segments in order, the first of which is MSH."""

    segments: tuple[Segment, ...]
    raw: bytes
    charset: str
    """The codec by which it was read."""
    separators: Separators
    joined: int = 0
    """Lines that began with no name of a segment: the tail of the one before, cut by a raw line end."""

    def first(self, name: str) -> Segment | None:
        """The first segment of a name."""
        return next((segment for segment in self.segments if segment.name == name), None)

    @property
    def header(self) -> Segment:
        """MSH."""
        return self.segments[0]

    @property
    def kind(self) -> str:
        """`ORU^R01`: MSH-9, its first two components."""
        code, event = (self.header.text(9, 1, component).strip().upper() for component in (1, 2))
        return f"{code}^{event}" if event else code


def values_in(raw: bytes) -> int:
    """How many lines are OBX segments, in bytes that may not be a message."""
    return len(_VALUE.findall(b"\r" + raw))


def read(raw: bytes, charset: str | None = None) -> Message:
    """One message; `charset` is that of a message that names none. Raises `Unreadable`."""
    try:
        return _read(raw, charset)
    except Unreadable as unreadable:
        raise Unreadable(unreadable.fault, values_in(raw)) from None


def _read(raw: bytes, charset: str | None) -> Message:
    if raw.startswith(CUT_OFF):
        raise _unreadable("truncated-frame", "the end of the frame never came")
    if len(raw) > LARGEST:
        raise _unreadable("too-large", f"more than {LARGEST} bytes")
    line, separators = _head(raw)
    start = raw.find(line)
    default = None if charsets.BYTE_ORDER_MARK in raw[:start] else charset
    text, codec = charsets.decoded(raw[start:].rstrip(_AFTER), _charset_name(line, separators), default)
    lines, joined = _joined(text, separators)
    if len(lines) > MOST_SEGMENTS:
        raise _unreadable("too-many-segments", f"more than {MOST_SEGMENTS} segments")
    numbers: dict[str, int] = {}
    segments = []
    for line_of_text in lines:
        name = line_of_text[:3]
        numbers[name] = number = numbers.get(name, 0) + 1
        segments.append(Segment(line_of_text, number, separators, codec))
    if numbers.get("MSH", 0) > 1:
        raise _unreadable("several-messages", "a second MSH")
    return Message(tuple(segments), raw, codec, separators, joined)


def header(raw: bytes) -> Message | None:
    """The first segment alone, of bytes that need not be readable otherwise; None where there is none.

    It names the sender before the sender's own character set is known. Where that matters, each byte is one character.
    It is asked for three times on a message's way, and read once.
    """
    return _recent_header(raw) if len(raw) <= _SHORT else _header(raw)


def _header(raw: bytes) -> Message | None:
    try:
        line, separators = _head(raw)
    except Unreadable:
        return None
    codec = charsets.codec_of(_charset_name(line, separators)) or "latin-1"
    try:
        text = line.decode(codec)
    except UnicodeDecodeError:
        codec = "latin-1"
        text = line.decode(codec)
    return Message((Segment(text, 1, separators, codec),), raw, codec, separators)


_recent_header = lru_cache(maxsize=1024)(_header)


def _head(raw: bytes) -> tuple[bytes, Separators]:
    """The line of MSH and its separators."""
    start = len(raw) - len(raw.lstrip(_BEFORE))
    if not _HEAD.match(raw, start):
        raise _unreadable("no-msh", "it does not begin with MSH and a separator")
    found = _LINE.match(raw, start)
    line = found.group() if found else b""
    return line, _separators(line[3:4], line[4:].partition(line[3:4])[0])


def _separators(mark: bytes, named: bytes) -> Separators:
    """The separators that MSH-1 and MSH-2 name."""
    if (mark, named) == _USUAL:
        return _USUAL_SEPARATORS
    field = mark.decode("latin-1")
    characters = "".join(dict.fromkeys(named.decode("latin-1")))  # a doubled backslash is of somebody's string literal
    if not 2 <= len(characters) <= 5 or any(one.isalnum() or one.isspace() for one in characters):
        raise _unreadable("separators", "MSH-2 does not name the separators")
    if field in characters:
        raise _unreadable("separators", "MSH-1 and MSH-2 name a separator twice")
    return Separators(field, *characters, *[""] * (5 - len(characters)))


def _charset_name(line: bytes, separators: Separators) -> str:
    """What MSH-18 names, in its first repetition that is not empty."""
    named = _field_18(line.decode("latin-1"), separators)
    if charsets.codec_of(named) or charsets.is_plain(line):
        return named
    for codec in charsets.MULTIBYTE:
        try:
            other = _field_18(line.decode(codec), separators)
        except UnicodeDecodeError:
            continue
        if charsets.codec_of(other) == codec:  # read as what it says it is, it says so
            return other
    return named


def _field_18(line: str, separators: Separators) -> str:
    fields = line.split(separators.field)
    names = fields[17].split(separators.repetition) if len(fields) > 17 else []
    return next((name.strip() for name in names if name.strip()), "")


@lru_cache(maxsize=64)
def _begins(separator: str) -> Callable[[str], re.Match[str] | None]:
    """The beginning of a line that has the name of a segment; blanks before it are of whoever set the file."""
    return re.compile(rf"[ \t]*[A-Z][A-Z0-9]{{2}}(?:{re.escape(separator)}|\Z)").match


def _joined(text: str, separators: Separators) -> tuple[list[str], int]:
    """The lines of a message, each with its tail; and how many tails there were. One after MSH is left out of it."""
    is_segment = _begins(separators.field)
    segments: list[list[str]] = []
    joined = 0
    for line in text.replace("\r\n", "\r").replace("\n", "\r").split("\r"):
        if is_segment(line):
            segments.append([line.lstrip(" \t")])
        elif line.strip(" \t\0\x1a"):
            joined += 1
            if len(segments) > 1:
                segments[-1].append(line)
    return ["\n".join(parts) for parts in segments], joined


def _unreadable(reason: str, message: str) -> Unreadable:
    return Unreadable(Fault(reason, "MSH", message))
