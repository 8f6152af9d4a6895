"""Times of HL7 v2: offsets, zones, clocks put forward and back, precision."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.hl7.times import Reckoning, day, instant, is_absent, offset_of
from picustream.scoring.faults import Fault

SHANGHAI = Reckoning(ZoneInfo("Asia/Shanghai"))
PARIS = Reckoning(ZoneInfo("Europe/Paris"))
NO_ZONE = Reckoning(None)
BACK = "20251026023000"
"""In Paris the clocks are put back on that night: half past two comes twice."""
FIRST, SECOND = datetime(2025, 10, 26, 0, 30, tzinfo=UTC), datetime(2025, 10, 26, 1, 30, tzinfo=UTC)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def reason(text: str, reckoning: Reckoning = SHANGHAI) -> str:
    found = instant(text, "OBX[1]-14", reckoning)
    assert isinstance(found, Fault)
    assert found.path == "OBX[1]-14"
    assert text not in found.message
    return found.reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20250303100500+0800", utc(2025, 3, 3, 2, 5)),
        ("20250303100500+0000", utc(2025, 3, 3, 10, 5)),
        ("20250303100500-0000", utc(2025, 3, 3, 10, 5)),
        ("20250303100500-0500", utc(2025, 3, 3, 15, 5)),
        ("20250303100500+1400", utc(2025, 3, 2, 20, 5)),
        ("20250303100500+0859", utc(2025, 3, 3, 1, 6)),
        ("20250303100500+0545", utc(2025, 3, 3, 4, 20)),
        ("20250303100500+08:00", utc(2025, 3, 3, 2, 5)),
        ("20250303100500Z", utc(2025, 3, 3, 10, 5)),
        ("202503031005+0800", utc(2025, 3, 3, 2, 5)),
        ("20250303100501.5+0800", utc(2025, 3, 3, 2, 5, 1, 500000)),
        ("20250303100501.1234+0800", utc(2025, 3, 3, 2, 5, 1, 123400)),
        ("20250303100501.1234567+0800", utc(2025, 3, 3, 2, 5, 1, 123456)),
        ("20190929092150000+0800", utc(2019, 9, 29, 1, 21, 50)),
        ("20190929092150250+0800", utc(2019, 9, 29, 1, 21, 50, 250000)),
        ("2019092909215025012+0800", utc(2019, 9, 29, 1, 21, 50, 250120)),
        ("  20250303100500+0800 ", utc(2025, 3, 3, 2, 5)),
        ("20240229235959+0000", utc(2024, 2, 29, 23, 59, 59)),
    ],
)
def test_a_time_with_an_offset_needs_no_zone(text: str, expected: datetime) -> None:
    assert instant(text, "", NO_ZONE) == instant(text, "", PARIS) == expected


@pytest.mark.parametrize("text", ["20250303100500", "202503031005", "20250303100500.0", "20250303100500000"])
def test_without_an_offset_the_zone_of_the_source_holds(text: str) -> None:
    assert instant(text, "", SHANGHAI) == utc(2025, 3, 3, 2, 5)
    assert instant(text, "", PARIS) == utc(2025, 3, 3, 9, 5)
    assert reason(text, NO_ZONE) == "time-without-zone"


@pytest.mark.parametrize("text", ["2025", "202503", "20250303", "2025030310", "20250303+0800"])
def test_a_date_or_an_hour_is_no_time(text: str) -> None:
    assert reason(text) == "time-too-coarse"


@pytest.mark.parametrize(
    "text",
    ["20250230100500", "20251301100500", "20250303240000", "20250303106000", "20250303100560", "220241021055726",
     "2025030310050", "202503031005.5", "20250303100500123.5", "2025-03-03T10:05:00", "yesterday", "20250303100500+8",
     "20250303100500+080", "20250303100500+1500", "20250303100500+0860",
     "00010101000000+0800", "99991231235959-0800", "2025030310050０", "20250303 100500"],
)  # fmt: skip
def test_what_is_no_time(text: str) -> None:
    assert reason(text) == "time-unreadable"


@pytest.mark.parametrize("text", ["", "  ", '""', "0000", "00000000", "00000000000000"])
def test_no_time_at_all(text: str) -> None:
    assert is_absent(text)
    assert instant(text, "", NO_ZONE) is None


def test_a_time_that_was_skipped_is_refused() -> None:
    assert reason("20250330023000", PARIS) == "time-skipped"
    assert instant("20250330013000", "", PARIS) == utc(2025, 3, 30, 0, 30)
    assert instant("20250330030000", "", PARIS) == utc(2025, 3, 30, 1, 0)


def test_a_time_that_came_twice_is_refused() -> None:
    assert reason(BACK, PARIS) == "time-twice"
    assert instant("20251026015900", "", PARIS) == utc(2025, 10, 25, 23, 59)
    assert instant("20251026030000", "", PARIS) == utc(2025, 10, 26, 2, 0)
    assert instant(f"{BACK}+0200", "", PARIS) == FIRST
    assert instant(f"{BACK}+0100", "", PARIS) == SECOND


@pytest.mark.parametrize(
    ("sibling", "expected"),
    [
        (f"{BACK}+0200", FIRST),
        (f"{BACK}+0100", SECOND),
        ("202510260230+0100", SECOND),
        (f"{BACK}+0300", None),
        ("20251026022900+0200", None),
        (BACK, None),
        ("", None),
        ("nonsense", None),
    ],
)
def test_a_sibling_with_an_offset_settles_which_it_was(sibling: str, expected: datetime | None) -> None:
    found = instant(BACK, "", PARIS, lambda: [sibling])
    assert found == expected if expected else isinstance(found, Fault)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [(FIRST, FIRST), (SECOND - timedelta(seconds=1), FIRST), (SECOND, None), (FIRST - timedelta(seconds=1), None)],
)
def test_nothing_happened_after_it_was_sent(sent: datetime, expected: datetime | None) -> None:
    found = instant(BACK, "", Reckoning(PARIS.zone, sent))
    assert found == expected if expected else isinstance(found, Fault)


def test_day_and_offset() -> None:
    assert day("20250303235900+0800") == date(2025, 3, 3)
    assert day("20250303") == date(2025, 3, 3)
    assert day("202503") is None and day("20250230") is None and day("") is None
    assert offset_of("20250303100500+0800") == timezone(timedelta(hours=8))
    assert offset_of("20250303100500-0330") == timezone(-timedelta(hours=3, minutes=30))
    assert offset_of("20250303100500") is None and offset_of("") is None


MOMENTS = st.datetimes(datetime(1900, 1, 2), datetime(2200, 1, 1))
ZONES = st.sampled_from(["Asia/Shanghai", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "UTC"])


@given(MOMENTS, st.integers(-14 * 60, 14 * 60), st.integers(0, 6))
def test_what_is_written_with_an_offset_is_that_moment(local: datetime, minutes: int, digits: int) -> None:
    sign, (hours, rest) = ("-" if minutes < 0 else "+"), divmod(abs(minutes), 60)
    fraction = f".{local.microsecond:06}"[: digits + 1] if digits else ""
    text = f"{local:%Y%m%d%H%M%S}{fraction}{sign}{hours:02}{rest:02}"
    expected = local.replace(microsecond=int(f"{fraction[1:]:0<6}"), tzinfo=timezone(timedelta(minutes=minutes)))
    assert instant(text, "", NO_ZONE) == expected


@given(MOMENTS, ZONES)
def test_a_local_time_is_a_moment_that_shows_it_or_is_refused(local: datetime, name: str) -> None:
    """Read and shown again by the same clock it is the same; refused only where that clock is not enough."""
    zone = ZoneInfo(name)
    local = local.replace(microsecond=0)
    found = instant(f"{local:%Y%m%d%H%M%S}", "", Reckoning(zone))
    offsets = {local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}
    if isinstance(found, datetime):
        assert found.astimezone(zone).replace(tzinfo=None) == local
        assert len(offsets) == 1
    else:
        assert isinstance(found, Fault)
        assert found.reason in {"time-skipped", "time-twice"}
        assert len(offsets) == 2


@given(st.text('0123456789.+-Z :"T', max_size=24))
def test_no_text_breaks_it(text: str) -> None:
    found = instant(text, "x", PARIS)
    assert found is None or isinstance(found, Fault) or found.tzinfo is UTC
