"""The messages of a file, however they were stored."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.hl7.files import messages
from picustream.gateways.hl7.frames import framed
from picustream.gateways.hl7.message import read, values_in
from picustream.gateways.statement import Unreadable
from tests.gateways.hl7.texts import PID, msh, obx, text


def ids(data: bytes) -> list[str]:
    """MSH-10 of each message, or why it is none."""
    found = []
    for raw in messages(data):
        try:
            found.append(read(raw).header.text(10))
        except Unreadable as unreadable:
            found.append(unreadable.fault.reason)
    return found


def one(name: str, *segments: str) -> bytes:
    return text(msh(f10=name), PID, *segments or [obx()])


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b"\n\n", b"\0"])
@pytest.mark.parametrize("between", [b"", b"\n", b"\r\n\r\n", b"\xef\xbb\xbf"])
def test_one_or_many_one_after_another(before: bytes, between: bytes, end: bytes) -> None:
    parts = [raw.replace(b"\r", end) for raw in (one("a"), one("b"), one("c"))]
    assert ids(before + parts[0]) == ["a"]
    assert ids(before + between.join(parts)) == ["a", "b", "c"]


def test_a_batch_is_what_is_in_it() -> None:
    batch = text("FHS|^~\\&|A", "BHS|^~\\&|A") + one("a") + one("b") + text("BTS|2", "BHS|^~\\&|A")
    batch += one("c") + text("BTS|1", "FTS|2")
    assert ids(batch) == ["a", "b", "c"]
    assert all(b"TS|" not in raw and b"HS|" not in raw for raw in messages(batch))
    assert ids(framed(batch)) == ["a", "b", "c"]
    assert ids(text("FHS|^~\\&|A", "FTS|0")) == []


def test_frames_are_taken_out_of_a_capture() -> None:
    stream = b"\n" + framed(one("a")) + b"\0\n" + framed(one("b")) + framed(one("c") + one("d"))
    assert ids(stream) == ["a", "b", "c", "d"]


def test_a_frame_that_was_cut_off_is_no_message() -> None:
    assert ids(framed(one("a")) + b"\x0b" + one("b")) == ["a", "truncated-frame"]
    assert ids(b"\x0b" + one("a") + framed(one("b"))) == ["truncated-frame", "b"]
    (cut,) = messages(b"\x0b" + one("a"))
    assert values_in(cut) == 1


def test_a_vertical_tab_in_a_text_is_no_frame() -> None:
    assert ids(one("a", obx("line\x0bline", "TX")) + one("b")) == ["a", "b"]


@pytest.mark.parametrize("nothing", [b"", b"\r\n", b"\xef\xbb\xbf\n", b"\0"])
def test_of_nothing_there_is_nothing(nothing: bytes) -> None:
    assert list(messages(nothing)) == []


def test_what_is_no_message_comes_as_well() -> None:
    stray = text(PID, obx())
    assert ids(stray) == ["no-msh"]
    assert ids(stray + one("a")) == ["no-msh", "a"]
    assert sum(map(values_in, messages(stray + one("a")))) == 2


def test_msh_within_a_text_begins_no_message() -> None:
    assert ids(one("a", obx("see MSH|^~\\\\&| there", "TX"), "NTE|1||MSH|")) == ["a"]


@given(st.lists(st.integers(0, 5), max_size=6), st.sampled_from([b"\r", b"\n", b"\r\n"]), st.booleans())
def test_no_value_is_lost_on_the_way(counts: list[int], end: bytes, frames: bool) -> None:
    parts = [text(msh(f10=str(n)), PID, *[obx()] * count).replace(b"\r", end) for n, count in enumerate(counts)]
    data = b"".join(map(framed, parts) if frames else parts)
    found = [read(raw) for raw in messages(data)]
    assert [message.header.text(10) for message in found] == [str(number) for number in range(len(counts))]
    assert [sum(one.name == "OBX" for one in message.segments) for message in found] == counts


@given(st.lists(st.sampled_from([b"\x0b", b"\x1c", b"\r", b"\n", b"MSH|^~\\&|", b"OBX|", b"x", b"FHS|"]), max_size=20))
def test_every_line_of_a_value_is_in_some_part(pieces: list[bytes]) -> None:
    """But for what stands outside of the frames of a capture."""
    data = b"".join(pieces)
    parts = list(messages(data))
    if b"\x0b" not in data:
        assert sum(map(values_in, parts)) == values_in(data)
    assert b"".join(parts).count(b"MSH|^~\\&|") <= data.count(b"MSH|^~\\&|")
