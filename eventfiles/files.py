"""Event files (docs/topics.md): a JSON object `{"topic", "value"}` on each line, plain or gzipped.

A value is passed on as the bytes that are in the file: numbers keep every digit (V2), and what was sent can be
compared with what arrived. Records that are not JSON have `value_base64` instead of `value`.
"""

import base64
import binascii
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from sys import intern
from typing import BinaryIO, cast

from picustream.models.message import Message, decode
from picustream.models.times import EPOCH
from picustream.runtime.errors import UserError
from picustream.scoring import hints

LONGEST_LINE = 64 << 20
"""Bytes. The longest record of any topic stays far below; a longer line means that this is no event file."""
STDIN = Path("-")

_GZIP = b"\x1f"
"""How a gzip file begins, and no JSON text."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_FIELDS = frozenset({"topic", "value", "value_base64", "partition", "offset", "timestamp"})
_LINE_BREAKS = bytes.maketrans(b"\r\n", b"  ")


@dataclass(slots=True)  # never changed; frozen, it would take three times as long to make
class Line:
    """One event in a file. `value` is the JSON as written there, UTF-8, and need not be an object."""

    file: str
    number: int
    topic: str
    value: bytes
    """Empty, too, for a record without a value."""
    tombstone: bool = False
    message: Message | None = None
    """The value as `models/message.py` reads it, where it was read with its line."""

    @property
    def record_value(self) -> bytes | None:
        """What the record has on its topic; None: no value."""
        return None if self.tombstone else self.value


class BrokenLine(UserError):
    """A line that is no event. `reason` is why, without the text of the line, which may hold a patient's data."""

    def __init__(self, file: str, number: int, reason: str) -> None:
        super().__init__(
            f"{file}:{number}: {reason}.",
            'An event file has one {"topic": "...", "value": {...}} on each line.',
            status=1,
        )
        self.file = file
        self.number = number
        self.reason = reason


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


_JSON = json.JSONDecoder(parse_float=len, parse_int=len, parse_constant=_no_constant)
"""Only where a value begins and ends is asked here: a number is not read (`len`, for it is written in C, and any text
has one), and one of 5,000 digits no error yet."""


def lines(file: BinaryIO, name: str, broken: Callable[[BrokenLine], None] | None = None) -> Iterator[Line]:
    """The events of an open binary file in its order, plain or gzipped; `name` is its name in messages.

    Blank lines are passed over. A broken line is given to `broken`, and reading goes on; without `broken` it is raised.
    A file that cannot be read to its end (truncated or damaged gzip) raises `UserError`.
    """
    for number, text in _numbered(file, name):
        if number == 1:
            text = text.removeprefix(_BYTE_ORDER_MARK)
        if not text.strip():
            continue
        try:
            yield _line(text, name, number)
        except BrokenLine as error:
            if broken is None:
                raise
            broken(error)


def read_events(path: Path | str) -> Iterator[tuple[str, bytes | None]]:
    """Topic and value of each event in a file, plain or gzipped, in its order: what `picustream.replay` takes.

    Raises `UserError` for a file that cannot be read, and for the first line of it that is no event.
    """
    try:
        with Path(path).open("rb") as file:
            yield from ((line.topic, line.record_value) for line in lines(file, str(path)))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.", "Name an event file.") from error


def record_line(
    topic: str,
    value: bytes | None,
    partition: int | None = None,
    offset: int | None = None,
    timestamp: int | None = None,
) -> bytes:
    """A line of an event file, with its line break; `timestamp` in milliseconds since 1970 UTC, left out where it is
    no moment. A record without a value, a tombstone, has the `value_base64` null."""
    if value is None:
        what = b'"value_base64":null'
    elif is_json(value):
        what = b'"value":' + value.strip().translate(_LINE_BREAKS)
    else:
        what = b'"value_base64":"' + base64.b64encode(value) + b'"'
    whence = {"partition": partition, "offset": offset, "timestamp": _moment(timestamp)}
    known = "".join(f",{json.dumps(name)}:{json.dumps(item)}" for name, item in whence.items() if item is not None)
    return b'{"topic":%s,%s%s}\n' % (json.dumps(topic).encode(), what, known.encode())


def output_line(topic: str, value: bytes) -> bytes:
    """A line of an output record, with its line break: what was encoded here is known to be JSON on one line."""
    return b'{"topic":"%s","value":%s}\n' % (topic.encode(), value)


def is_json(value: bytes) -> bool:
    """Whether the bytes are one JSON text in UTF-8, by RFC 8259 (no NaN, no byte order mark)."""
    try:
        _JSON.decode(value.decode())
    except (ValueError, RecursionError):
        return False
    return True


def _moment(timestamp: int | None) -> str | None:
    """A producer may stamp its records itself, and with anything."""
    if timestamp is None or timestamp < 0:
        return None
    try:
        return iso(timestamp)
    except OverflowError:
        return None


def iso(timestamp: int) -> str:
    """Milliseconds since 1970 UTC as ISO 8601 with `Z`."""
    return (EPOCH + timedelta(milliseconds=timestamp)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _numbered(file: BinaryIO, name: str) -> Iterator[tuple[int, bytes]]:
    buffered = file if isinstance(file, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, file))
    plain: io.BufferedIOBase = buffered
    if buffered.peek(1)[:1] == _GZIP:  # one byte, for a pipe may have brought no more
        plain = io.BufferedReader(gzip.GzipFile(fileobj=buffered), 1 << 16)
    number = 0
    try:
        while text := plain.readline(LONGEST_LINE + 1):
            number += 1
            if len(text) > LONGEST_LINE:
                raise UserError(f"{name}:{number}: the line is too long for an event file.", "Name an event file.")
            yield number, text
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(f"{name}: the gzip file is damaged after line {number}.", "Fetch or make it anew.") from error
    except OSError as error:
        raise UserError(
            f"{name} cannot be read after line {number}: {error.strerror}.", "Name an event file."
        ) from error


_USUAL = re.compile(rb'\{"topic": ?"([a-z0-9.-]+)", ?"value": ?')
"""How nearly all lines begin, as our own tools write them."""
_BLANKS = b" \t\r\n"


def _usual(raw: bytes, file: str, number: int) -> Line | None:
    """A line of a topic and an observation event in its usual form, read in one step; None for any other."""
    begun, rest = _USUAL.match(raw), raw.rstrip(_BLANKS)
    if begun is None or not rest.endswith(b"}"):
        return None
    topic, value = intern(begun[1].decode()), rest[begun.end() : -1].rstrip(_BLANKS)
    message = decode(topic, value)
    return None if message is None else Line(file, number, topic, value, message=message)


def _line(raw: bytes, file: str, number: int) -> Line:
    try:
        text = raw.decode()
        if usual := _usual(raw, file, number):
            return usual
        fields = _spans(text)
    except UnicodeDecodeError:
        raise BrokenLine(file, number, "not UTF-8" + _looks(raw)) from None
    except json.JSONDecodeError as error:
        raise BrokenLine(file, number, f"not JSON at column {error.pos + 1} ({error.msg})" + _looks(raw)) from None
    except RecursionError:
        raise BrokenLine(file, number, "nested too deeply") from None
    except ValueError as error:
        raise BrokenLine(file, number, f"{error}{_looks(raw)}") from None
    topic = fields.get("topic", (None, ""))[0]
    if not isinstance(topic, str):
        raise BrokenLine(file, number, "topic is missing or no string")
    return Line(file, number, topic, _value(fields, file, number), _is_tombstone(fields))


def _looks(raw: bytes) -> str:
    """What a line looks like that is none of an event file, in words that follow a reason; empty where nobody knows."""
    looks = hints.of_bytes(raw)
    return f"; it {looks}" if looks else ""


def _is_tombstone(fields: dict[str, tuple[object, str]]) -> bool:
    return fields.get("value_base64", (None, ""))[1] == "null"


def _value(fields: dict[str, tuple[object, str]], file: str, number: int) -> bytes:
    if ("value" in fields) == ("value_base64" in fields):
        raise BrokenLine(file, number, "there must be one value")
    if "value" in fields:
        return fields["value"][1].encode()
    if _is_tombstone(fields):
        return b""
    try:
        return base64.b64decode(fields["value_base64"][0], validate=True)  # type: ignore[arg-type]
    except (binascii.Error, TypeError, ValueError):
        raise BrokenLine(file, number, "value_base64 is not base64") from None


_UNKNOWN_FIELD = "a field that no event file has; a line is an object of topic and value"


def _spans(text: str) -> dict[str, tuple[object, str]]:
    """The fields of the object `text`: each value, and the text that it was read from."""
    text = text.strip(" \t\r\n")
    if not text.startswith("{"):
        raise ValueError("not a JSON object")
    fields: dict[str, tuple[object, str]] = {}
    at = _skip(text, 1)
    while text[at : at + 1] != "}":
        if fields:
            at = _expect(text, at, ",")
        name, at = _JSON.raw_decode(text, at)
        if not isinstance(name, str) or name not in _FIELDS:
            raise ValueError(_UNKNOWN_FIELD if isinstance(name, str) else "not JSON")
        if name in fields:
            raise ValueError(f"{name} is there twice")
        start = _expect(text, _skip(text, at), ":")
        value, end = _JSON.raw_decode(text, start)
        fields[name] = value, text[start:end]
        at = _skip(text, end)
    if at + 1 != len(text):
        raise json.JSONDecodeError("Extra data", text, at + 1)
    return fields


def _expect(text: str, at: int, mark: str) -> int:
    if text[at : at + 1] != mark:
        raise json.JSONDecodeError(f"Expecting '{mark}'", text, at)
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t", "\r", "\n") and at < len(text):
        at += 1
    return at
