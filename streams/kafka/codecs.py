"""Kafka's codecs, undone with a bound: a few bytes can stand for gigabytes, and nothing may fill the memory.

As lenient as the broker's own libraries, which have let the batch in: several frames one behind the other are read, and
what comes after the last one is passed over.
"""

import struct
import zlib
from collections.abc import Callable, Mapping

LARGEST = 64 << 20
"""Bytes of one batch once it is unpacked. The broker bounds the packed ones alone, to 8 MiB."""

NAMES: Mapping[int, str] = {0: "none", 1: "gzip", 2: "snappy", 3: "lz4", 4: "zstd"}
"""By the number in a batch's attributes."""

_GZIP = b"\x1f\x8b"
_XERIAL = b"\x82SNAPPY\x00"
_XERIAL_HEAD = 16


class CannotUnpack(Exception):
    """What is packed does not hold what its codec says, or too much; the text says which, without a byte of it."""


def unpacked(codec: int, raw: bytes, largest: int = LARGEST) -> bytes:
    """`raw` as it was before a producer packed it. Raises CannotUnpack."""
    if codec not in _UNPACK:
        raise CannotUnpack(f"codec {codec} is none of Kafka's")
    try:
        found = _UNPACK[codec](raw, largest)
    except (CannotUnpack, ImportError):
        raise
    # The libraries raise what they like, and a batch that one of them cannot read is all the same to us.
    except Exception as error:
        raise CannotUnpack(f"no {NAMES[codec]} ({type(error).__name__})") from error
    if len(found) > largest:
        raise CannotUnpack(f"more than {largest} bytes once unpacked")
    return found


def _plain(raw: bytes, _largest: int) -> bytes:
    return raw


def _gzip(raw: bytes, largest: int) -> bytes:
    found = bytearray()
    while raw[:2] == _GZIP or not found:
        member = zlib.decompressobj(31)
        found += member.decompress(raw, largest + 1 - len(found))
        if len(found) > largest:
            break
        if not member.eof:
            raise CannotUnpack("no gzip (it ends too early)")
        raw = member.unused_data
        if not raw:
            break
    return bytes(found)


def _snappy(raw: bytes, largest: int) -> bytes:
    """In the frame of Java's library, or as one bare block."""
    import cramjam

    if not raw.startswith(_XERIAL):
        if cramjam.snappy.decompress_raw_len(raw) > largest:
            raise CannotUnpack(f"more than {largest} bytes once unpacked")
        return bytes(cramjam.snappy.decompress_raw(raw))
    found, at = bytearray(), _XERIAL_HEAD
    while at < len(raw):
        if raw.startswith(_XERIAL, at):
            at += _XERIAL_HEAD
            continue
        (size,) = struct.unpack_from(">i", raw, at)
        at += 4
        if not 0 < size <= len(raw) - at:
            raise CannotUnpack("no snappy (a block of a size that cannot be)")
        found += _snappy_block(raw[at : at + size], largest - len(found))
        at += size
    return bytes(found)


def _snappy_block(block: bytes, room: int) -> bytes:
    import cramjam

    if cramjam.snappy.decompress_raw_len(block) > room:
        raise CannotUnpack("more bytes than are unpacked at once")
    return bytes(cramjam.snappy.decompress_raw(block))


def _lz4(raw: bytes, largest: int) -> bytes:
    import lz4.frame

    frame = lz4.frame.LZ4FrameDecompressor()
    found: bytes = frame.decompress(raw, max_length=largest + 1)
    if len(found) <= largest and not frame.eof:
        raise CannotUnpack("no lz4 (it ends too early)")
    return found


def _zstd(raw: bytes, largest: int) -> bytes:
    import zstandard

    with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as reader:
        found: bytes = reader.read(largest + 1)
    return found


_UNPACK: Mapping[int, Callable[[bytes, int], bytes]] = {0: _plain, 1: _gzip, 2: _snappy, 3: _lz4, 4: _zstd}
