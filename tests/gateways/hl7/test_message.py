"""Bytes to segments: separators, character sets, escapes, joined lines, limits; and back again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.hl7.escapes import Separators, escaped
from picustream.gateways.hl7.message import LARGEST, MOST_SEGMENTS, Message, header, read, values_in
from picustream.gateways.statement import Unreadable
from tests.gateways.hl7.texts import PID, msh, obx, refusal, text, with_name

# Separators


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("^~\\&", Separators()),
        ("^~\\&#", Separators(truncation="#")),
        ("!@%*", Separators("|", "!", "@", "%", "*")),
        ("^~\\", Separators(subcomponent="")),
        ("^~", Separators(escape="", subcomponent="")),
        ("^~\\\\&", Separators()),  # written by somebody who doubled the backslash
    ],
)
def test_msh_names_the_separators(written: str, expected: Separators) -> None:
    message = read(f"MSH|{written}|A\rPID|1".encode())
    assert message.separators == expected
    assert (message.header.text(1), message.header.text(2), message.header.text(3)) == ("|", written, "A")


def test_another_field_separator() -> None:
    message = read(b"MSH#^~\\&#A#B|C\rPID#1##x^y&z")
    assert message.header.text(4) == "B|C"
    pid = message.first("PID")
    assert pid is not None
    assert [pid.text(3), pid.text(3, 1, 2), pid.text(3, 1, 2, 2), pid.raw(3)] == ["x", "y", "z", "x^y&z"]


@pytest.mark.parametrize("raw", [b"MSH|^|A", b"MSH|^~\\&#!|A", b"MSH|^~a&|A", b"MSH|^|~\\&", b"MSH||A", b"MSH|"])
def test_separators_that_cannot_be(raw: bytes) -> None:
    assert refusal(raw)[0] == "separators"


def test_what_is_absent_is_empty() -> None:
    pid = read(b"MSH|^~\\&|A\rPID|1||a~b^c").first("PID")
    assert pid is not None
    assert [pid.text(9), pid.raw(9), pid.text(3, 3), pid.text(3, 1, 4), pid.text(3, 2, 2)] == ["", "", "", "", "c"]
    assert [pid.repetitions(3), pid.repetitions(2), pid.repetitions(9)] == [2, 0, 0]
    assert [[one.components for one in pid.cell(field).repetitions()] for field in (3, 2)] == [[1, 2], []]


def test_delete_is_not_empty() -> None:
    pid = read(b'MSH|^~\\&|A\rPID|1||""|').first("PID")
    assert pid is not None
    assert (pid.text(3), pid.text(4)) == ('""', "")


# Lines and segments


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r\n", "\n\n"])
def test_lines_end_as_they_like(end: str) -> None:
    message = read(end.join([msh(), PID, obx()]).encode())
    assert [segment.name for segment in message.segments] == ["MSH", "PID", "OBX"]


@pytest.mark.parametrize("around", [b"\xef\xbb\xbf", b"\0\0", b" \r\n", b"\xef\xbb\xbf\r\n", b"\n\0 "])
def test_what_stands_around_a_message(around: bytes) -> None:
    message = read(around + text(msh(), PID) + b"\r\n\0\x1c")
    assert [segment.name for segment in message.segments] == ["MSH", "PID"]
    assert message.raw.startswith(around)


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_line_end_within_a_field_is_mended(end: str) -> None:
    message = read(text(msh(), obx(f"first{end}second line{end}3rd", "TX"), PID))
    value = message.first("OBX")
    assert value is not None
    assert (value.text(5), value.text(11), message.joined) == ("first\nsecond line\n3rd", "F", 2)
    assert [segment.name for segment in message.segments] == ["MSH", "OBX", "PID"]


@pytest.mark.parametrize("indent", [" ", "    ", "\t", " \t "])
def test_blanks_before_a_segment_are_of_whoever_set_the_file(indent: str) -> None:
    lines = ["MSH|^~\\&|A|B", "PID|1||7", "OBX|1|NM|x||5"]
    found = read("\n".join(indent + line for line in lines).encode())
    assert [segment.name for segment in found.segments] == ["MSH", "PID", "OBX"]
    assert found.segments[2].text(5) == "5" and not found.joined
    assert values_in("\n".join(indent + line for line in lines[1:]).encode()) == 1


def test_a_line_that_is_a_bare_name_is_a_segment_even_with_a_tail() -> None:
    message = read(text(msh(), "OBX", "||", PID))
    assert [segment.name for segment in message.segments] == ["MSH", "OBX", "PID"]
    assert message.joined == 1


def test_a_misprinted_name_does_not_change_msh() -> None:
    message = read(text(msh(), "PIDX|1||4711", PID))
    assert message.header.text(12) == "2.5.1"
    assert message.joined == 1


def test_segments_are_numbered_by_name_and_unknown_ones_are_kept() -> None:
    message = read(text(msh(), "OBX|1", "ZBE|7|x", "OBX|1"))
    assert [(segment.name, segment.number) for segment in message.segments] == [
        ("MSH", 1), ("OBX", 1), ("ZBE", 1), ("OBX", 2)
    ]  # fmt: skip
    assert message.segments[2].text(2) == "x"


# Refusals


def test_what_is_no_message() -> None:
    assert refusal(b"") == ("no-msh", 0)
    assert refusal(text(PID, obx(), obx())) == ("no-msh", 2)
    assert refusal(b"MSHX|^~\\&|") == ("no-msh", 0)
    assert refusal(b"\x0b" + text(msh(), obx())) == ("truncated-frame", 1)
    assert refusal(text(msh(), obx(), msh(), obx())) == ("several-messages", 2)


def test_limits() -> None:
    most = [msh(), *["NTE|1"] * (MOST_SEGMENTS - 1)]
    assert len(read(text(*most)).segments) == MOST_SEGMENTS
    assert refusal(text(*most, obx())) == ("too-many-segments", 1)
    longest = text(msh(), f"NTE|{'x' * (LARGEST - len(text(msh(), 'NTE|')))}")
    assert len(longest) == LARGEST
    assert len(read(longest).segments) == 2
    assert refusal(longest + b"x") == ("too-large", 0)


def test_a_refusal_names_nothing_of_the_message() -> None:
    with pytest.raises(Unreadable) as caught:
        read(with_name("LEFÈVRE^Céline", "Céline", "latin-1"))
    assert "line" not in f"{caught.value}{caught.value.fault}".replace("MSH-18 names", "")


# The header alone


def test_the_header_names_the_sender_before_its_set_is_known() -> None:
    found = header(b"\x0b" + with_name("LEFÈVRE^Céline", "", "latin-1"))
    assert found is not None
    assert (found.header.text(3), found.header.text(4), found.kind) == ("LIS", "HOSP", "ORU^R01")
    assert header(b"PID|1") is None


# Write, read, write

LEAVES = st.text(st.characters(codec="utf-8", exclude_characters="\0\x1a\x1c"), max_size=8)
FIELDS = st.lists(st.lists(st.lists(LEAVES, min_size=1, max_size=3), min_size=1, max_size=3), min_size=1, max_size=3)
"""Repetitions of components of subcomponents."""
SEPARATORS = st.sampled_from([Separators(), Separators(truncation="#"), Separators("$", "!", "@", "%", "*")])
CODECS = st.sampled_from([("UNICODE UTF-8", "utf-8"), ("GB18030", "gb18030")])


def written(fields: list[list[list[list[str]]]], separators: Separators) -> str:
    def join(parts: list[list[list[str]]]) -> str:
        components = [[separators.subcomponent.join(escaped(leaf, separators) for leaf in c) for c in r] for r in parts]
        return separators.repetition.join(separators.component.join(r) for r in components)

    return separators.field.join(["ZZZ", *map(join, fields)])


def leaves(message: Message, fields: list[list[list[list[str]]]]) -> list[list[list[list[str]]]]:
    segment = message.segments[1]
    return [
        [
            [[segment.text(f, r, c, s) for s, _ in enumerate(subs, 1)] for c, subs in enumerate(components, 1)]
            for r, components in enumerate(repetitions, 1)
        ]
        for f, repetitions in enumerate(fields, 1)
    ]


@given(st.lists(FIELDS, min_size=1, max_size=4), SEPARATORS, CODECS, st.sampled_from(["\r", "\n", "\r\n"]))
def test_what_is_written_is_read(
    fields: list[list[list[list[str]]]], separators: Separators, codec: tuple[str, str], end: str
) -> None:
    """Any leaves, whatever characters they have; what is not there reads as empty."""
    named = "".join(separators[1:])
    head = separators.field.join(["MSH", named, *[""] * 15, codec[0]])
    message = read(f"{head}{end}{written(fields, separators)}{end}".encode(codec[1]))
    assert leaves(message, fields) == fields
    again = f"{head}{end}{written(leaves(message, fields), separators)}{end}".encode(codec[1])
    assert again == message.raw
    assert message.joined == 0


@given(st.binary(max_size=200), st.booleans(), st.sampled_from([None, "8859/1", "GB18030", "ASCII"]))
def test_no_bytes_break_it(raw: bytes, headed: bool, charset: str | None) -> None:
    """Anything is a message, or is refused with a reason."""
    raw = (msh(f18="").encode() + b"\r" if headed else b"") + raw
    try:
        message = read(raw, charset)
    except Unreadable as unreadable:
        assert unreadable.fault.reason
    else:
        assert message.header.name == "MSH"
        assert all(segment.text(field) is not None for segment in message.segments for field in range(1, 20))
    header(raw)
