"""The samples of HL7 v2 that may be beside the checkout, and what can be counted in them without the reader."""

from pathlib import Path

from tests.paths import INTEROP

FILES = sorted(path for folder in ("hl7v2", "constructed") for path in (INTEROP / folder).glob("*.*"))


def lines(data: bytes) -> list[bytes]:
    """The lines of a file, without what frames and byte order marks put before them."""
    text = data.replace(b"\x1c", b"\n").replace(b"\x0b", b"\n").replace(b"\r", b"\n")
    return [line.lstrip(b"\xef\xbb\xbf \0") for line in text.split(b"\n")]


def values_of(data: bytes) -> int:
    """How many lines are OBX segments: a count that knows nothing of messages."""
    return sum(line == b"OBX" or (line[:3] == b"OBX" and not line[3:4].isalnum()) for line in lines(data))


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
