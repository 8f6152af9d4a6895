"""Bytes to segments: separators, character sets, escapes, joined lines, limits; and back again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.hl7.escapes import Separators, escaped
from picustream.gateways.hl7.message import LARGEST, MOST_SEGMENTS, Message, header, read
from picustream.gateways.statement import Unreadable
from tests.gateways.hl7.texts import PID, msh, obx, text

NAME = "测试^患儿"


def refusal(raw: bytes, charset: str | None = None) -> tuple[str, int]:
    with pytest.raises(Unreadable) as caught:
        read(raw, charset)
    return caught.value.fault.reason, caught.value.values


def name_read(raw: bytes, charset: str | None = None) -> str:
    segment = read(raw, charset).first("PID")
    assert segment is not None
    return f"{segment.text(5)}^{segment.text(5, 1, 2)}"


def with_name(name: str, named: str, codec: str) -> bytes:
    return f"{msh(f18=named)}\rPID|1||4711||{name}|Y\r".encode(codec)


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
    assert [pid.components(3), pid.components(3, 2), pid.components(2)] == [1, 2, 0]


def test_delete_is_not_empty() -> None:
    pid = read(b'MSH|^~\\&|A\rPID|1||""|').first("PID")
    assert pid is not None
    assert (pid.text(3), pid.text(4)) == ('""', "")


# Character sets


@pytest.mark.parametrize(
    ("named", "codec"),
    [
        ("UNICODE UTF-8", "utf-8"),
        ("UTF-8", "utf-8"),
        ("UTF8", "utf-8"),
        ("UNICODE", "utf-8"),
        ("unicode utf-8", "utf-8"),
        ("GB 18030-2000", "gb18030"),
        ("GB18030", "gb18030"),
        ("GBK", "gbk"),
        ("GB2312", "gb2312"),
    ],
)
def test_chinese_names(named: str, codec: str) -> None:
    assert name_read(with_name(NAME, named, codec)) == NAME


@pytest.mark.parametrize(
    ("name", "named", "codec"),
    [
        ("LEFÈVRE^Céline", "8859/1", "latin-1"),
        ("Łukasz^Żak", "8859/2", "iso8859_2"),
        ("Ёлкин^Юра", "8859/5", "iso8859_5"),
        ("Œuvre^€", "8859/15", "iso8859_15"),
        ("陳^小明", "BIG-5", "big5"),
        ("김^철수", "KS X 1001", "euc_kr"),
        ("山田^太郎", "ISO IR87", "iso2022_jp"),
        ("山田^丂", "ISO IR87~ISO IR159", "iso2022_jp_2"),
        ("ﾔﾏﾀﾞ^ﾀﾛｳ", "ISO IR14~ISO IR87", "iso2022_jp_ext"),
    ],
)
def test_other_sets_of_the_table(name: str, named: str, codec: str) -> None:
    assert name_read(with_name(name, named, codec)) == name


def test_the_first_repetition_that_is_not_empty_names_the_set() -> None:
    assert name_read(with_name("山田^太郎", "~ISO IR87", "iso2022_jp")) == "山田^太郎"


def second_bytes(mark: str) -> list[str]:
    """Characters whose second byte in GB 18030 is that of a separator."""
    found = [bytes([first, ord(mark)]).decode("gb18030") for first in range(0x81, 0xFE)]
    return [one for one in found if one.isprintable()][:8]


@pytest.mark.parametrize("mark", ["|", "^", "\\", "~"])
def test_bytes_of_separators_within_characters_part_nothing(mark: str) -> None:
    """Also in MSH itself, before the field that names the set."""
    for character in second_bytes(mark):
        assert name_read(with_name(f"{character}^{character}", "GB18030", "gb18030")) == f"{character}^{character}"
        raw = text(msh(f3=character, f18="GB18030"), f"PID|1||4711||{NAME}").decode().encode("gb18030")
        message = read(raw)
        assert (message.header.text(3), message.charset, name_read(raw)) == (character, "gb18030", NAME)


def test_without_a_name_it_is_utf_8_or_what_the_source_says() -> None:
    assert name_read(with_name(NAME, "", "utf-8")) == NAME
    assert name_read(with_name("LEFÈVRE^Céline", "", "latin-1"), "8859/1") == "LEFÈVRE^Céline"
    assert name_read(b"\xef\xbb\xbf" + with_name(NAME, "", "utf-8"), "8859/1") == NAME


@pytest.mark.parametrize(
    ("named", "codec", "charset", "reason"),
    [
        ("", "latin-1", None, "charset-missing"),
        ("", "latin-1", "UTF-8", "charset-broken"),
        ("UNICODE UTF-8", "latin-1", "8859/1", "charset-broken"),
        ("ASCII", "latin-1", None, "charset-broken"),
        ("EBCDIC", "latin-1", None, "charset-unknown"),
        ("", "latin-1", "EBCDIC", "charset-unknown"),
    ],
)
def test_nothing_is_ever_replaced(named: str, codec: str, charset: str | None, reason: str) -> None:
    assert refusal(with_name("LEFÈVRE^Céline", named, codec), charset)[0] == reason


def test_plain_text_needs_no_set() -> None:
    assert name_read(with_name("DOE^JANE", "code1~code2", "ascii")) == "DOE^JANE"


# Escapes


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"a\F\b\S\c\T\d\R\e\E\f", "a|b^c&d~e\\f"),
        (r"\F\\F\\E\F\E\ ".strip(), "||\\F\\"),
        (r"a\X0D0A\b", "a\r\nb"),
        (r"\XE6B58B\\XE8AF95\ ".strip(), "测试"),
        (r"\XE6\\XB58B\ ".strip(), "测"),
        (r"one\.br\two\H\bold\N\ ".strip(), "one two bold "),
        (r"\C2842\ \M2842\ \Z12\ ".strip(), r"\C2842\ \M2842\ \Z12\ ".strip()),
        (r"C:\path\to", r"C:\path\to"),
        (r"a\b", r"a\b"),
        (r"\XFF\ ".strip(), r"\XFF\ ".strip()),
        (r"\X0\ ".strip(), r"\X0\ ".strip()),
        (r"\Q\F\ ".strip(), r"\Q|"),
        (r"\P\ ".strip(), r"\P\ ".strip()),
        ("\\", "\\"),
    ],
)
def test_escapes(written: str, meant: str) -> None:
    pid = read(text(msh(), f"PID|1||{written}")).first("PID")
    assert pid is not None
    assert pid.text(3) == meant


def test_the_escape_of_the_truncation_character() -> None:
    pid = read(b"MSH|^~\\&#|A\rPID|\\P\\").first("PID")
    assert pid is not None
    assert pid.text(1) == "#"


def test_hexadecimal_bytes_are_of_the_messages_own_set() -> None:
    raw = text(msh(f18="GB18030"), r"PID|1||4711||\XB2E2\^\XCAD4\ ".strip())
    assert name_read(raw) == "测^试"


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
