"""JSON out: every number as it was written, every moment with the offset it should have (V2, T1)."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.models import text
from picustream.models.record import AlertRecord, Cause, ProtocolStamp, filled
from tests.reference.written import canonical, loads

ZONE = ZoneInfo("Asia/Shanghai")
OFFSETS = st.sampled_from([UTC, timezone(timedelta(0)), timezone(timedelta(hours=8)), timezone(-timedelta(hours=3.5))])
MOMENTS = st.datetimes(datetime(1902, 1, 1), datetime(2200, 1, 1), timezones=OFFSETS)
WORDS = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | st.integers(-(2**62), 2**62) | WORDS | NUMBERS | MOMENTS | st.dates()
VALUES = st.recursive(SCALARS, lambda parts: st.lists(parts) | st.dictionaries(WORDS, parts), max_leaves=40)


def expected(value: Any, zone: ZoneInfo | None) -> str:
    """The same by the simplest means."""
    match value:
        case dict():
            return "{" + ",".join(f"{canonical(name)}:{expected(part, zone)}" for name, part in value.items()) + "}"
        case list():
            return "[" + ",".join(expected(part, zone) for part in value) + "]"
        case datetime():
            return f'"{(value.astimezone(zone) if zone else value).isoformat()}"'
        case date():
            return f'"{value.isoformat()}"'
        case Decimal():
            return f"{value:f}"
        case bool() | None | str():
            return canonical(value)
    return str(value)


@pytest.mark.proves("V2", "T1")
@given(VALUES, st.sampled_from([None, ZONE]))
def test_whatever_is_encoded_is_written_as_it_stands(value: Any, zone: ZoneInfo | None) -> None:
    """Decimals in full and without an exponent, times with the offset of the zone, or each with its own."""
    assert text.encode(value, zone) == expected(value, zone)


@pytest.mark.proves("T1")
@given(MOMENTS, OFFSETS)
def test_one_moment_in_two_offsets_keeps_both(moment: datetime, offset: timezone) -> None:
    """They are equal, and are not taken for one another."""
    assert text.encode([moment, moment.astimezone(offset)]) == (
        f'["{moment.isoformat()}","{moment.astimezone(offset).isoformat()}"]'
    )


@pytest.mark.proves("V2")
@given(st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?", fullmatch=True))
def test_a_number_that_was_read_is_written_as_it_was(written: str) -> None:
    """To the last zero and exponent, in both forms."""
    read = text.parse(written)
    assert (text.encode(read), text.canonical(read)) == (written, written)


@given(VALUES)
def test_canonical_text_is_that_of_the_reference(value: Any) -> None:
    """Of whatever was read."""
    written = text.encode(value)
    assert text.canonical(text.parse(written)) == canonical(loads(written))


def test_a_lone_half_of_a_character_has_a_canonical_text() -> None:
    """A feed may send one: it can be compared and shown."""
    assert text.canonical(text.parse(r'{"a":"\ud800"}')) == '{"a":"\ud800"}'


class Pair(NamedTuple):
    one: int
    other: str


def test_models_and_tuples_are_written_as_objects_and_lists() -> None:
    """In the order of the model's fields."""
    assert text.encode(Cause(event_id=None, reason="time")) == '{"reason":"time","event_id":null}'
    assert text.encode([(1, "a"), Pair(2, "b")]) == '[[1,"a"],[2,"b"]]'


@pytest.mark.parametrize("value", [{1, 2}, b"raw", object(), {1: 2}])
def test_what_has_no_form_in_json_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        text.encode(value)


def test_fields_are_filled_in_in_the_order_of_the_model() -> None:
    """With its defaults; a field that it does not have is refused."""
    stamp = filled(ProtocolStamp, sha256="0", id="X", version="1")
    assert list(stamp.items()) == [("id", "X"), ("version", "1"), ("sha256", "0")]
    assert filled(AlertRecord)["use"] == "research-only"
    with pytest.raises(TypeError, match="ProtocolStamp has no name"):
        filled(ProtocolStamp, name="X")
