"""Event files (docs/topics.md): what is read is what is there, byte for byte, and a broken line stops nothing."""

import gzip
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.eventfiles.files import BrokenLine, Line, is_json, iso, lines, record_line
from picustream.runtime.errors import UserError
from tests.paths import REAL_DATA, needs_real_data


def read(raw: bytes, broken=None) -> list[Line]:
    return list(lines(io.BytesIO(raw), "feed.ndjson", broken))


@pytest.mark.parametrize("number", ["0.70", "1E+2", "-0.0", "12.000000000000000000001", "9" * 5000])
def test_v2_numbers_keep_every_digit(number: str) -> None:
    """V2: the value is passed on as the bytes in the file, so that no digit is rounded on the way."""
    [line] = read(b'{"topic":"picu.lab.v1","value":{"value": %s }}\n' % number.encode())
    assert line.value == b'{"value": %s }' % number.encode()


def test_lines_carry_file_and_number() -> None:
    """Blank lines are passed over and counted, so that a number is the one an editor shows."""
    found = read(b'{"topic":"a","value":1}\n\n  \r\n{ "value" : {"b":"\xc3\xa9}"} , "topic":"c", "offset": 7 }\r\n')
    assert [(line.file, line.number, line.topic, line.value) for line in found] == [
        ("feed.ndjson", 1, "a", b"1"),
        ("feed.ndjson", 4, "c", b'{"b":"\xc3\xa9}"}'),
    ]


def test_gzip_is_known_by_its_content() -> None:
    """A gzipped file is read whatever it is called, and so are two of them set end to end."""
    part = gzip.compress(b'{"topic":"a","value":1}\n')
    assert [line.number for line in read(part + part)] == [1, 2]


def test_gzip_is_known_by_the_first_byte_that_a_pipe_brings() -> None:
    """A slow writer may have sent no more when reading begins."""

    class Pipe(io.RawIOBase):
        def __init__(self, *parts: bytes) -> None:
            self._parts = list(parts)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            part = self._parts.pop(0) if self._parts else b""
            buffer[: len(part)] = part
            return len(part)

    whole = gzip.compress(b'{"topic":"a","value":1}\n')
    pipe = io.BufferedReader(Pipe(whole[:1], whole[1:]))
    assert [line.value for line in lines(pipe, "-")] == [b"1"]


BROKEN = {
    b"patient 4711": "not a JSON object",
    b"[4711]": "not a JSON object",
    b'{"topic":"a","value":4711': "not JSON",
    b'{"topic":"a","value":4711,}': "not JSON",
    b'{"topic":"a","value":4711} {}': "not JSON",
    b'{"topic":"a" "value":4711}': "not JSON",
    b'{"topic":"a","value":NaN}': "NaN is no JSON number",
    b'{"topic":"a","value":"\xff4711"}': "not UTF-8",
    b'{"topic":"a","value":' + b"[" * 200_000: "nested too deeply",
    b'{"value":4711}': "topic is missing or no string",
    b'{"topic":1,"value":4711}': "topic is missing or no string",
    b'{"topic":"a"}': "there must be one value",
    b'{"topic":"a","value":1,"value_base64":"NDcxMQ=="}': "there must be one value",
    b'{"topic":"a","value_base64":"4711!"}': "value_base64 is not base64",
    b'{"topic":"a","value_base64":4711}': "value_base64 is not base64",
    b'{"topic":"a","value":1,"value":4711}': "value is there twice",
    b'{"topic":"a","value":1,"4711":1}': "a field that no event file has; a line is an object of topic and value",
    b'{1:"a"}': "not JSON",
    b"MSH|^~\\&|LIS|4711|ORU^R01": "not a JSON object; it looks like an HL7 v2 message; send it to a gateway",
    '{"topic":"a"}'.encode("utf-16"): "not UTF-8; it looks like UTF-16; send UTF-8",
    b'{"topic":"a","value":1,"key":"4711"}': "a field that no event file has; a line is an object of topic and value",
}


@pytest.mark.parametrize(("text", "reason"), BROKEN.items(), ids=range(len(BROKEN)))
def test_a_broken_line_is_reported_without_its_text(text: bytes, reason: str) -> None:
    """I10: the reason says where and why, and copies nothing of a line that may hold a patient's data."""
    with pytest.raises(BrokenLine) as error:
        read(b'{"topic":"a","value":1}\n' + text + b"\n")
    assert error.value.number == 2
    assert reason in error.value.reason
    assert "4711" not in str(error.value)


def test_reading_goes_on_after_a_broken_line() -> None:
    """With somebody to report it to, a broken line costs one line."""
    told: list[BrokenLine] = []
    found = read(b'nonsense\n{"topic":"a","value":1}\n{\n', told.append)
    assert [line.number for line in found] == [2]
    assert [error.number for error in told] == [1, 3]


def test_a_truncated_gzip_says_how_far_it_was_read() -> None:
    """Half a file must not pass for a whole one."""
    whole = gzip.compress(b"".join(b'{"topic":"a","value":%d}\n' % n for n in range(20_000)))
    with pytest.raises(UserError, match=r"gzip file is damaged after line \d+"):
        read(whole[: len(whole) // 2])


def test_junk_survives_as_base64() -> None:
    """A record that is not JSON has its place in an event file too."""
    text = record_line("picu.lab.v1", b"\xff\x00", 3, 9, 1_700_000_000_123)
    assert json.loads(text) == {
        "topic": "picu.lab.v1",
        "value_base64": "/wA=",
        "partition": 3,
        "offset": 9,
        "timestamp": "2023-11-14T22:13:20.123Z",
    }
    assert [line.value for line in read(text)] == [b"\xff\x00"]


@pytest.mark.parametrize(
    "value", [b"NaN", b"\xef\xbb\xbf{}", '{"a":1}'.encode("utf-16"), b"", b"{} {}", b"[" * 200_000]
)
def test_what_is_not_json_by_the_letter(value: bytes) -> None:
    """RFC 8259: Python's own reader is more generous than the receivers of these files."""
    assert not is_json(value)


def test_a_value_on_several_lines_becomes_one_line() -> None:
    """A feed may print its JSON prettily; the event file has one event per line all the same."""
    text = record_line("a", b'\n{\r\n "n": 1.50\n}\n')
    assert text.count(b"\n") == 1
    assert [json.loads(line.value, parse_float=str) for line in read(text)] == [{"n": "1.50"}]


def test_a_record_without_a_value_is_not_taken_for_the_json_null() -> None:
    """A tombstone, an empty record and the text `null` are three records, and each is sent again as it was."""
    records = [None, b"", b"null"]
    written = [record_line("a", value) for value in records]
    assert json.loads(written[0]) == {"topic": "a", "value_base64": None}
    assert [line.record_value for text in written for line in read(text)] == records


@pytest.mark.parametrize("stamp", [-1, -(10**17), 1_700_000_000_123_456, 2**63 - 1])
def test_a_stamp_that_is_no_moment_is_left_out(stamp: int) -> None:
    """With CreateTime the producer stamps its records itself, and some do in microseconds."""
    assert "timestamp" not in json.loads(record_line("a", b"1", 3, 9, stamp))


@given(st.binary() | st.recursive(st.none() | st.text() | st.floats(allow_nan=False), st.lists).map(
    lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
))  # fmt: skip
def test_writing_and_reading_are_inverse(value: bytes) -> None:
    """Whatever stands on a topic comes out of the file as it was, white space around it aside."""
    [line] = read(record_line("picu.lab.v1", value))
    if is_json(value):
        assert json.loads(line.value) == json.loads(value)
    else:
        assert line.value == value


def test_iso_keeps_the_milliseconds() -> None:
    assert iso(0) == "1970-01-01T00:00:00.000Z"


@needs_real_data
def test_real_data_is_read_unchanged() -> None:
    """Every line of the real data gives the value in it."""
    with gzip.open(REAL_DATA, "rb") as file, REAL_DATA.open("rb") as raw:
        for text, line in zip(file, lines(raw, "real"), strict=True):
            assert text == b'{"topic":"%s","value":%s}\n' % (line.topic.encode(), line.value)
