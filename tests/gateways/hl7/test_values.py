"""What an OBX states: codes, unit, times, specimen, identity; and to whom it belongs."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from picustream.gateways.statement import Coding
from picustream.scoring.faults import Fault
from tests.gateways.hl7.texts import (
    COLLECTED,
    PID,
    SENT,
    device,
    lab,
    laboratory,
    monitor,
    msh,
    obr,
    obx,
    segment,
    spm,
    stated,
    text,
    value,
    values,
)

MDC = "urn:iso:std:iso:11073:10101"
READ = "20250303100000+0800"
AT_READ, AT_COLLECTED = datetime(2025, 3, 3, 2, tzinfo=UTC), datetime(2025, 3, 3, 2, 5, tzinfo=UTC)
AT_FILED, AT_SENT = datetime(2025, 3, 3, 2, 19, tzinfo=UTC), datetime(2025, 3, 3, 2, 21, tzinfo=UTC)


def reason(found: object) -> str:
    assert isinstance(found, Fault)
    return found.reason


# Codes and units


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2160-0^Creatinine^LN", [("2160-0", "http://loinc.org")]),
        ("2160-0^Creatinine^LOINC", [("2160-0", "http://loinc.org")]),
        ("2160-0^Creatinine^2.16.840.1.113883.6.1", [("2160-0", "http://loinc.org")]),
        ("147842^MDC_ECG_HEART_RATE^MDC", [("147842", MDC)]),
        ("147842^x^2.16.840.1.113883.6.24", [("147842", MDC)]),
        ("147842^x^urn:oid:2.16.840.1.113883.6.24", [("147842", MDC)]),
        ("CREA^Creatinine^99LAB^2160-0^Creatinine^LN", [("CREA", "99LAB"), ("2160-0", "http://loinc.org")]),
        ("^^^2160-0^Creatinine^LN", [("2160-0", "http://loinc.org")]),
        ('""^^^CREA', [("CREA", "")]),
        ("HR", [("HR", "")]),
        (" HR ^^ L ", [("HR", "L")]),
        ("", []),
    ],
)
def test_codes_of_both_codings(written: str, expected: list[tuple[str, str]]) -> None:
    assert [(coding.code, coding.system) for coding in lab(obx(f3=written)).codings] == expected


def test_a_code_without_a_system_is_of_the_source() -> None:
    assert lab(obx(f3="CREA^Creatinine"), laboratory(system="urn:hosp:lab")).codings == (
        Coding("CREA", "urn:hosp:lab", "Creatinine"),
    )


@pytest.mark.parametrize(
    ("written", "unit", "ucum"),
    [
        ("mg/dL^mg/dL^UCUM", "mg/dL", True),
        ("mg/dL^^ucum", "mg/dL", True),
        ("mg%^^L^mg/dL^^UCUM", "mg/dL", True),
        ("266016^MDC_DIM_MMHG^MDC", "266016", False),
        ("mmHg", "mmHg", False),
        ("beats/min^^ISO", "beats/min", False),
        ("^mmHg", "mmHg", False),
        ("", None, False),
        ('""', None, False),
        (" ", None, False),
    ],
)
def test_units(written: str, unit: str | None, ucum: bool) -> None:
    found = lab(obx(f6=written))
    assert (found.unit, found.unit_is_ucum) == (unit, ucum)


def test_two_units_are_a_fault() -> None:
    assert reason(lab(obx(f6="umol/L~mg/dL")).value) == "repeated-unit"


def test_ranges_and_limits_are_not_read() -> None:
    assert lab(obx(f7="3.4-5.0 mmol/L")) == lab(obx())


@pytest.mark.parametrize(
    ("code", "method", "setting"),
    [
        ("16929192^MDC_VENT_PRESS_AWAY_END_EXP_POS_SETTING^MDC", "", True),
        ("151976^MDC_VENT_PRESS_AWAY_END_EXP_POS^MDC", "", None),
        ("151976^MDC_VENT_PRESS_AWAY_END_EXP_POS_SETTING^MDC", "", True),
        ("16929192^x^L", "", None),
        ("151976^x^MDC", "ASET^auto-setting^MDC", True),
        ("151976^x^MDC", "MMEAS^manual-measurement^MDC", False),
        ("151976^x^MDC", "other~AMEAS", False),
    ],
)
def test_settings_and_measurements(code: str, method: str, setting: bool | None) -> None:
    assert device(obx(f3=code, f17=method, f14=READ)).setting is setting


def test_how_and_where_it_was_measured() -> None:
    assert lab(obx(f17="INV^invasive", f20="RA^radial artery")).method == ("INV", "invasive", "RA", "radial artery")
    assert lab(obx()).method == ()


# Times


def test_the_time_of_a_result() -> None:
    """OBX-14, else the collection of its specimen, else that of its order; never its arrival in the laboratory."""
    collected = "20250303095500+0800"
    order = obr(f14="20250303101500+0800")
    assert value(PID, order, obx(f14=READ), spm(collected=collected)).observed_at == AT_READ
    assert value(PID, order, obx(), spm(collected=collected)).observed_at == datetime(2025, 3, 3, 1, 55, tzinfo=UTC)
    assert value(PID, order, obx(), spm()).observed_at == AT_COLLECTED
    assert reason(value(PID, obr(f7="", f14=SENT), obx()).observed_at) == "no-collection-time"
    assert value(PID, obr(f7="", f14=SENT), obx(), source=laboratory(observed_at=["obr14"])).observed_at == AT_SENT


def test_a_time_that_is_there_and_cannot_be_read_is_not_passed_over() -> None:
    assert reason(lab(obx(f14="20250303")).observed_at) == "time-too-coarse"
    assert reason(lab(obx(), f7="20250303").observed_at) == "time-too-coarse"
    assert lab(obx(f14='""')).observed_at == AT_COLLECTED
    assert lab(obx(f14="00000000000000")).observed_at == AT_COLLECTED


def test_the_time_of_a_device() -> None:
    """OBX-14 alone: OBR-7 is the begin of an export; but the row that holds a value may have its time."""
    assert device(obx(f14=READ)).observed_at == AT_READ
    assert reason(device(obx()).observed_at) == "no-observation-time"
    source = monitor(observed_at=["obx14", "obr8", "obr7"])
    assert value(PID, obr(f8=READ), obx(), source=source).observed_at == AT_READ
    rows = [obx("", "", f4="1", f14=READ), obx("", "", f4="1.0.1", f14=READ), obx(f4="1.0.1.1"), obx(f4="1.0.2.1")]
    found = values(PID, obr(), *rows, source=monitor())
    assert [isinstance(one.observed_at, Fault) for one in found] == [False, False, False, True]


def test_a_collection_over_a_time_begins_with_it_and_is_counted() -> None:
    (found,) = stated(text(msh(), PID, obr(f8=SENT), obx(), obx(f14=READ)))
    assert found.values[0].observed_at == AT_COLLECTED
    assert found.warnings == ("collection-periods",)
    (found,) = stated(text(msh(), PID, obr(f8=COLLECTED), obx()))
    assert found.warnings == ()


def test_times_without_an_offset() -> None:
    local = [PID, obr(f7="20250303100500", f22="20250303101900"), obx()]
    assert value(*local).observed_at == AT_COLLECTED
    assert reason(value(*local, zone=None).observed_at) == "time-without-zone"
    paris = value(*local, zone=ZoneInfo("Europe/Paris"))
    assert paris.observed_at == datetime(2025, 3, 3, 9, 5, tzinfo=UTC)


def test_the_offset_of_msh_7_holds_only_where_the_source_says_so() -> None:
    local = [msh(f7="20250303022100-0500"), PID, obr(f7="20250303100500"), obx()]
    assert value(*local).observed_at == AT_COLLECTED
    assert value(*local, source=laboratory(zone_of_msh7=True)).observed_at == datetime(2025, 3, 3, 15, 5, tzinfo=UTC)


def test_a_time_that_came_twice_is_settled_by_its_siblings() -> None:
    paris = ZoneInfo("Europe/Paris")
    sent = msh(f7="20251026120000+0100")
    order = obr(f7="20251026023000+0200", f22="20251026023000")
    assert value(sent, PID, order, obx(f14="20251026023000"), zone=paris).observed_at == datetime(
        2025, 10, 26, 0, 30, tzinfo=UTC
    )
    assert reason(value(sent, PID, obr(f7="20251026023000"), obx(), zone=paris).observed_at) == "time-twice"
    early = msh(f7="20251026024500+0200")
    assert value(early, PID, obr(f7="20251026023000"), obx(), zone=paris).observed_at == datetime(
        2025, 10, 26, 0, 30, tzinfo=UTC
    )


def test_when_it_was_filed() -> None:
    """OBR-22, else MSH-7; a source may say which. OBX-19 is the time of analysis."""
    assert lab(obx(f19=READ)).recorded_at == AT_FILED
    assert lab(obx(), f22="").recorded_at == AT_SENT
    assert lab(obx(), laboratory(recorded_at="msh7")).recorded_at == AT_SENT
    assert lab(obx(), laboratory(recorded_at="obr22"), f22="").recorded_at is None
    evn = segment("EVN", {1: "R01", 2: READ})
    assert value(evn, PID, obr(), obx(), source=laboratory(recorded_at="evn2")).recorded_at == AT_READ
    assert reason(lab(obx(), f22="20250303").recorded_at) == "time-too-coarse"


@pytest.mark.parametrize("word", ["C", "A", "D", "W", "X"])
def test_what_speaks_of_an_earlier_version_needs_its_filing_time(word: str) -> None:
    source = laboratory(recorded_at="obr22")
    assert reason(lab(obx(f11=word), source, f22="").recorded_at) == "no-recorded-time"
    assert lab(obx(f11=word), source).recorded_at == AT_FILED


# Specimens


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("BLDA", "arterial"),
        ("BLDV^Blood venous^HL70070", "venous"),
        ("BLDC", "capillary"),
        ("BLDMV", "mixed-venous"),
        ("122555007^Venous blood specimen^SCT^BLDV^Blood venous^HL70070", "venous"),
        ("122552005^Arterial blood specimen^SCT", "arterial"),
        ("122554006^x^SCT", "capillary"),
        ("Arterial^", "arterial"),
        ("X^^^BLDA", "arterial"),
        ("BLD", "unknown"),
        ("BLDCO", "unknown"),
        ("SER", "unknown"),
        ("", "unknown"),
        ("KAP^Kapillarblut^99LAB", "capillary"),
        ("ZZ^zvk^99LAB", "mixed-venous"),
    ],
)
def test_specimens(written: str, expected: str) -> None:
    source = laboratory(specimens={"KAP": "capillary", "ZVK": "mixed-venous"})
    assert value(PID, obr(), obx(), spm(written), source=source).specimen == expected
    assert lab(obx(), source, f15=written.replace("^", "&")).specimen == expected
    assert lab(obx(), source, f15=written).specimen == expected


def test_the_specimen_of_a_value_that_follows_it() -> None:
    """Whatever the order: an OBX after its SPM, or before it."""
    found = values(PID, obr(), obx(), spm("BLDA"), obr(), obx(), spm("BLDV"), obx(), spm("BLDC"), obx())
    assert [one.specimen for one in found] == ["arterial", "unknown", "venous", "capillary"]
    assert [one.specimen for one in values(PID, obr(), obx(), spm("BLDA"), spm("BLDA"))] == ["arterial"]


def test_spm_goes_before_obr_15() -> None:
    assert value(PID, obr(f15="BLDV"), obx(), spm("BLDA")).specimen == "arterial"
