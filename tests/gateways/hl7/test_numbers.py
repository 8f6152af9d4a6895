"""OBX-5 as one number, by the digits that were written."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.hl7.message import read
from picustream.gateways.hl7.numbers import Reading, number, reading
from picustream.models.text import encode, parse
from picustream.scoring.faults import Fault
from tests.gateways.hl7.texts import msh, obx, text


def taken(written: str, kind: str = "NM") -> Reading:
    segment = read(text(msh(), obx(written, kind))).first("OBX")
    assert segment is not None
    return reading(segment, "OBX[1]-5")


def shown(found: Reading) -> str:
    """The number as it goes into an event, after its comparator; or the reason why it is none."""
    if isinstance(found.value, Fault):
        assert found.value.path == "OBX[1]-5"
        return found.value.reason
    return "" if found.value is None else f"{found.comparator or ''}{encode(found.value)}"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("142", "142"),
        ("0.70", "0.70"),
        (".5", "0.5"),
        ("5.", "5"),
        ("+5", "5"),
        ("-0.5", "-0.5"),
        ("-.5", "-0.5"),
        ("065.88", "65.88"),
        ("0065.88", "65.88"),
        ("00.02", "0.02"),
        ("000", "0"),
        ("1e2", "1e2"),
        ("1.50E-3", "1.50E-3"),
        ("01.e+2", "1e+2"),
        (" 7 ", "7"),
        ("7\\H\\", "7"),
        ("1" * 100, "1" * 100),
        ("<5", "<5"),
        ("< 5", "<5"),
        (">500", ">500"),
        ("<=3.4", "<=3.4"),
        (">=3.4", ">=3.4"),
        ("≤3", "<=3"),
        ("≥3", ">=3"),
        ("=3", "3"),
        ("<.5", "<0.5"),
    ],
)
@pytest.mark.parametrize("kind", ["NM", "ST", "TX", "", "nm", "SN"])
def test_numbers_of_every_type_of_value(written: str, expected: str, kind: str) -> None:
    assert shown(taken(written, kind)) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0,70", "decimal-comma"),
        ("1,234", "decimal-comma"),
        ("1,234,567.5", "decimal-comma"),
        ("<0,5", "decimal-comma"),
        ("0.70~0.72", "repeated-value"),
        ("60~", "repeated-value"),
        ("hemolyzed", "value-not-numeric"),
        ("5 mg", "value-not-numeric"),
        ("<>5", "value-not-numeric"),
        ("<", "value-not-numeric"),
        (".", "value-not-numeric"),
        ("-", "value-not-numeric"),
        ("1.2.3", "value-not-numeric"),
        ("1e", "value-not-numeric"),
        ("1e99999", "value-not-numeric"),
        ("NaN", "value-not-numeric"),
        ("Infinity", "value-not-numeric"),
        ("0x10", "value-not-numeric"),
        ("1_000", "value-not-numeric"),
        ("५", "value-not-numeric"),
        ("1 234", "value-not-numeric"),
        ("--5", "value-not-numeric"),
        ("5^mmol", "value-not-numeric"),
        ("5&6", "value-not-numeric"),
        ("1" * 101, "value-not-numeric"),
        ("", ""),
        ("  ", ""),
        ("5^^", "5"),
    ],
)
def test_what_is_no_number(written: str, expected: str) -> None:
    assert shown(taken(written)) == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("^7", "7"),
        ("=^7", "7"),
        ("<^5", "<5"),
        (">^80", ">80"),
        ("<=^5", "<=5"),
        (">=^5", ">=5"),
        ("<^.5", "<0.5"),
        ("<^<5", "<5"),
        ("^<5", "<5"),
        ("<^>5", "value-not-numeric"),
        ("<>^5", "value-not-numeric"),
        ("^1^-^5", "value-range"),
        ("-^1^-^3", "value-range"),
        ("^1^:^128", "value-ratio"),
        ("^1^/^3", "value-ratio"),
        ('"^1^:^3', "value-ratio"),
        ("^2^+", "value-not-numeric"),
        (">^1^.^3", "value-not-numeric"),
        ("^1^^5", "value-not-numeric"),
        ("^0,7", "decimal-comma"),
        ("7^", "value-not-numeric"),
        ("<^", "value-not-numeric"),
        ("^", ""),
        ("^^^", ""),
        ("^7~^8", "repeated-value"),
    ],
)
def test_structured_numbers(written: str, expected: str) -> None:
    assert shown(taken(written, "SN")) == expected


@pytest.mark.parametrize("kind", ["FT", "ED", "RP", "CE", "CWE", "IS", "ID", "DT", "DTM", "TM", "NA", "VR", "FN", "XX"])
def test_other_types_are_no_numbers_even_where_they_have_digits(kind: str) -> None:
    assert shown(taken("20230501", kind)) == "value-not-numeric"
    assert shown(taken("", kind)) == ""


def test_a_document_is_not_searched_for_a_number() -> None:
    assert shown(taken("1" * 1_000_000, "TX")) == "value-not-numeric"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4), st.sampled_from(["", "+"]))
def test_a_decimal_stays_as_it_is_written(value: Decimal, plus: str) -> None:
    written = format(value, "f")
    found = number(plus * (value >= 0) + written)
    assert found == value
    assert encode(found) == written.lstrip("+")


@given(
    st.from_regex(
        r"[+-]?(\d{1,12}(\.\d{0,12})?|\.\d{1,12})([eE][+-]?\d{1,3})?",
        fullmatch=True,
        alphabet=st.characters(codec="ascii"),
    )
)
def test_what_is_taken_is_a_number_of_json_with_the_same_value(written: str) -> None:
    found = number(written)
    assert found is not None
    assert found == Decimal(written)
    assert parse(encode(found)) == found


@given(st.text("0123456789.,+-eE<>=^~ a", max_size=10), st.sampled_from(["NM", "SN", "ST", ""]))
def test_no_text_breaks_it(written: str, kind: str) -> None:
    found = taken(written, kind)
    if isinstance(found.value, Decimal):
        assert parse(encode(found.value)) == found.value
