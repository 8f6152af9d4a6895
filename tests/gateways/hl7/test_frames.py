"""Whatever the packets are, the frames of a stream are the same."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.hl7.frames import Frame, Framer, framed

NO_MARKS = st.binary(max_size=40).map(lambda raw: bytes(byte for byte in raw if byte not in b"\x0b\x1c"))
CONTENT = st.lists(NO_MARKS, min_size=1, max_size=3).map(b"\x1cx".join).filter(bool)
"""Bytes of a message; FS within it is followed by something else than CR, VT or its end."""


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, list[Frame]]:
    """A stream, and the frames in it."""
    stream, frames = b"", []
    for _ in range(draw(st.integers(0, 6))):
        junk, content = draw(NO_MARKS), draw(CONTENT)
        kind = draw(st.sampled_from(["message", "unfinished", "truncated"]))
        end = {"message": b"\x1c\r", "unfinished": b"\x1c", "truncated": b""}[kind]
        if frames and (frames[-1].unfinished or frames[-1].kind == "truncated"):
            junk = b""  # it would be part of the frame before
        stream += junk + b"\x0b" + content + end
        unfinished = kind == "unfinished"
        frames.append(Frame(content, "message" if unfinished else kind, len(junk), unfinished))
    return stream, frames


def packets(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    return [stream[start:stop] for start, stop in itertools.pairwise(places)]


@given(streams(), st.lists(st.integers(0, 10_000), max_size=30))
def test_any_split_into_packets_gives_the_same_frames(made: tuple[bytes, list[Frame]], cuts: list[int]) -> None:
    stream, frames = made
    framer = Framer()
    found = [frame for packet in packets(stream, cuts) for frame in framer.feed(packet)]
    assert [*found, *framer.end()] == frames


@given(streams())
def test_byte_by_byte_gives_the_same_frames(made: tuple[bytes, list[Frame]]) -> None:
    stream, frames = made
    framer = Framer()
    found = [frame for byte in stream for frame in framer.feed(bytes([byte]))]
    assert [*found, *framer.end()] == frames


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=20), st.integers(1, 50))
def test_no_bytes_break_it_and_none_go_missing(stream: bytes, cuts: list[int], largest: int) -> None:
    """Any bytes at all: the frames do not depend on the packets, and what is kept is bounded."""
    once, often = Framer(largest), Framer(largest)
    whole = [*once.feed(stream), *once.end()]
    parts = []
    for packet in packets(stream, cuts):
        parts += often.feed(packet)
        assert len(often._bytes) <= largest + 2
    parts += often.end()
    assert [(frame.kind, frame.skipped, frame.unfinished) for frame in parts] == [
        (frame.kind, frame.skipped, frame.unfinished) for frame in whole
    ]
    assert [frame.raw for frame in parts if frame.kind != "too-large"] == [
        frame.raw for frame in whole if frame.kind != "too-large"
    ]
    assert all(len(frame.raw) <= largest for frame in whole if frame.kind != "too-large")


def test_a_silence_after_fs_ends_a_frame() -> None:
    framer = Framer()
    assert framer.feed(b"\x0bMSH|1\x1c") == []
    assert framer.may_have_ended
    assert framer.silence() == [Frame(b"MSH|1", "message", 0, unfinished=True)]
    assert framer.feed(b"\r\x0bMSH|2\x1c\r") == [Frame(b"MSH|2", "message", 1)]


def test_a_silence_within_a_message_ends_nothing() -> None:
    framer = Framer()
    framer.feed(b"\x0bMSH|1\x1cmore")
    assert not framer.may_have_ended
    assert framer.silence() == []
    assert framer.feed(b"\x1c\r") == [Frame(b"MSH|1\x1cmore", "message")]


def test_bytes_that_keep_a_connection_alive_are_counted() -> None:
    framer = Framer()
    assert framer.feed(b"\n\0\0") == []
    assert framer.skipped == 3
    assert framer.feed(b"\x0b\x1c\r") == []  # an empty frame
    assert framer.skipped == 6
    assert framer.feed(b"\x0bMSH|1\x1c\r") == [Frame(b"MSH|1", "message", 6)]


@pytest.mark.parametrize("size", [9, 10])
def test_a_frame_of_the_limit_is_read(size: int) -> None:
    assert Framer(10).feed(framed(b"x" * size)) == [Frame(b"x" * size, "message")]


def test_a_larger_frame_is_passed_over_and_the_next_is_read() -> None:
    framer = Framer(10)
    found = []
    for byte in framed(b"x" * 40) + framed(b"y"):
        found += framer.feed(bytes([byte]))
    assert [frame.kind for frame in found] == ["too-large", "message"]
    assert found[1].raw == b"y"
