"""The codecs of Kafka's record batches, each as the clients in use write it."""

import struct
from collections.abc import Callable

import cramjam

_XERIAL = b"\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"
_XERIAL_BLOCK = 32 * 1024


def _pack(name: str) -> Callable[[bytes], bytes]:
    return lambda raw: bytes(getattr(cramjam, name).compress(raw))


def _xerial(raw: bytes) -> bytes:
    """Snappy as Java's library frames it."""
    blocks = (raw[at : at + _XERIAL_BLOCK] for at in range(0, len(raw), _XERIAL_BLOCK))
    packed = [bytes(cramjam.snappy.compress_raw(block)) for block in blocks]
    return _XERIAL + b"".join(struct.pack(">i", len(block)) + block for block in packed)


def _streamed(raw: bytes) -> bytes:
    """Zstandard in portions, so that no size of the whole is known when the frame begins."""
    packer = cramjam.zstd.Compressor()
    out = b""
    for at in range(0, max(1, len(raw)), 4096):
        packer.compress(raw[at : at + 4096])
        out += bytes(packer.flush())
    return out + bytes(packer.finish())


def _lz4(*, linked: bool) -> Callable[[bytes], bytes]:
    """Blocks that are packed for themselves, as Java's reader wants them, or in reference to the one before."""

    def pack(raw: bytes) -> bytes:
        packer = cramjam.lz4.Compressor(content_checksum=False, block_linked=linked)
        packer.compress(raw)
        return bytes(packer.finish())

    return pack


def _twice(pack: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Two frames one behind the other, as the format of the codec allows."""
    return lambda raw: pack(raw[: len(raw) // 2]) + pack(raw[len(raw) // 2 :])


CODECS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "none": (0, bytes),
    "gzip": (1, _pack("gzip")),
    "gzip-two-members": (1, _twice(_pack("gzip"))),
    "snappy-java": (2, _xerial),
    "snappy-block": (2, lambda raw: bytes(cramjam.snappy.compress_raw(raw))),
    "lz4": (3, _lz4(linked=False)),
    "lz4-linked": (3, _lz4(linked=True)),
    "zstd": (4, _pack("zstd")),
    "zstd-streamed": (4, _streamed),
    "zstd-two-frames": (4, _twice(_pack("zstd"))),
}
"""Name -> its number in the attributes, and how clients write it. The broker may refuse one."""


def _snappy(raw: bytes) -> bytes:
    if not raw.startswith(_XERIAL[:8]):
        return bytes(cramjam.snappy.decompress_raw(raw))
    out, at = bytearray(), len(_XERIAL)
    while at < len(raw):
        (size,) = struct.unpack_from(">i", raw, at)
        out += bytes(cramjam.snappy.decompress_raw(raw[at + 4 : at + 4 + size]))
        at += 4 + size
    return bytes(out)


UNPACK: dict[int, Callable[[bytes], bytes]] = {
    0: bytes,
    1: lambda raw: bytes(cramjam.gzip.decompress(raw)),
    2: _snappy,
    3: lambda raw: bytes(cramjam.lz4.decompress(raw)),
    4: lambda raw: bytes(cramjam.zstd.decompress(raw)),
}
"""What is behind each number of the attributes, taken apart again."""
