"""Which characters the bytes stand for; nothing is ever replaced. And escapes, which are of the same set."""

import pytest

from picustream.gateways.hl7.message import read
from tests.gateways.hl7.texts import NAME, msh, name_read, refusal, text, with_name


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
