"""What hospitals send, row by row, through the whole gateway: a value, nothing, or a letter with its reason."""

import json
from typing import Any

import pytest

from tests.gateways.converting import Result, converted, site_of
from tests.gateways.fhir.bodies import concept, observation, quantity
from tests.gateways.texts import NUMBER, admission, header, message, pid, pv1

FILED = "20260301092900+0800"
LATER = "20260301095900+0800"
READ = "20260301091500+0800"
CREATININE, HEART_RATE = "14682-9^Creatinine^LN", "147842^MDC_ECG_HEART_RATE^MDC"


def row(name: str, fields: dict[int, str]) -> str:
    return "|".join([name, *(fields.get(number, "") for number in range(1, max(fields) + 1))])


def obx(**other: str) -> str:
    """A creatinine of 54 umol/L, final; `f5="60"` sets OBX-5."""
    fields = {1: "1", 2: "NM", 3: CREATININE, 5: "54", 6: "umol/L", 11: "F"}
    return row("OBX", fields | {int(name[1:]): text for name, text in other.items()})


def device(**other: str) -> str:
    """A heart rate of 120, as a monitor sends it."""
    fields = {"f3": HEART_RATE, "f4": "1.1.1.1", "f5": "120", "f6": "/min", "f11": "R", "f14": READ}
    return obx(**fields | other)


def results(*segments: str, **order: str) -> bytes:
    """`f7=""` takes the time of collection away."""
    obr = row("OBR", {3: "F1", 7: READ, 22: FILED} | {int(name[1:]): text for name, text in order.items()})
    return message(header("ORU^R01", "R"), pid(), pv1(), obr, *segments)


def sent(*messages: bytes, **source: Any) -> Result:
    return converted([admission(), *messages], site_of(**{"zone": "Asia/Shanghai", **source}))


def monitored(*segments: str, **source: Any) -> Result:
    return sent(results(*segments, f7="", f22=""), **{"kind": "monitor", "presets": ["pcd-plain"], **source})


def fate(found: Result) -> Any:
    """Of the last value: a reason, `empty`, `ignored`, or what is sent."""
    if found.letters:
        return found.reasons[-1]
    if not found.observations:
        return next(name for name in ("empty", "ignored") if found.tally.values[name])
    last = found.observations[-1]
    shown = f"{last.get('comparator', '')}{last.get('value', '')}"
    return (shown, last["status"]) if "status" in last else shown


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("NM", "54", "54"), ("NM", "+54", "54"), ("NM", ".5", "0.5"), ("NM", "5.", "5"), ("NM", "065.88", "65.88"),
        ("NM", "1,5", "decimal-comma"), ("NM", "1,234", "decimal-comma"), ("NM", "5.4E1", "54.0"),
        ("NM", "5~6", "repeated-value"), ("NM", '""', ("", "unknown")), ("NM", "", "empty"),
        ("ST", "54", "54"), ("TX", "54", "54"), ("", "54", "54"), ("ST", "pending", "value-not-numeric"),
        ("CWE", "54", "value-not-numeric"), ("ED", "^a^b^Base64^NTQ=", "value-not-numeric"),
        ("SN", "^7", "7"), ("SN", "=^7", "7"), ("SN", "<^5", "<5"), ("SN", ">^80", ">80"), ("SN", "<=^5", "<=5"),
        ("SN", ">=^80", ">=80"), ("SN", "<>^5", "value-not-numeric"), ("SN", "^1^-^5", "value-range"),
        ("SN", "^1^:^128", "value-ratio"), ("SN", "2^+", "value-not-numeric"), ("ST", "<5", "<5"),
        ("ST", ">= 5", ">=5"),
    ],
)  # fmt: skip
def test_the_number(kind: str, text: str, expected: Any) -> None:
    assert fate(sent(results(obx(f2=kind, f5=text)))) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("14682-9^c^LN", "54"), ("14682-9^c^LOINC", "54"), ("14682-9^c^2.16.840.1.113883.6.1", "54"),
        ("KREA^c^L^14682-9^c^LN", "54"), ("2160-0^c^LN^14682-9^c^LN", "54"),
        ("777-3^p^LN^14682-9^c^LN", "code-conflict"),
        ("2951-2^Na^LN", "ignored"), ("KREA^c^99LAB", "54"), ("KREA^c", "54"), ("KREA^c^OTHER", "ignored"),
        ("14682-9^c^OTHER", "system-unknown"),
    ],
)  # fmt: skip
def test_the_code(code: str, expected: str) -> None:
    own = {"system": "99LAB", "codes": {"99LAB": {"creatinine": ["KREA"]}}}
    assert fate(sent(results(obx(f3=code)), **own)) == expected


@pytest.mark.parametrize(
    ("code", "source", "expected"),
    [
        (HEART_RATE, {}, "120"),
        ("147842^MDC_ECG_HEART_RATE^2.16.840.1.113883.6.24", {}, "120"),
        ("147842^MDC_ECG_HEART_RATE", {"system": "MDC"}, "120"),
        ("147842", {"system": "MDC"}, "120"),
        ("149522^MDC_BLD_PULS_RATE_INV^MDC", {}, "ignored"),
        ("149522^MDC_ECG_HEART_RATE^MDC", {}, "code-conflict"),
        ("147842^MDC_BLD_PULS_RATE_INV^MDC", {}, "code-conflict"),
        ("150019^MDC_PRESS_BLD_NONINV_MEAN^MDC", {}, "code-conflict"),
        ("1500232^MDC_PRESS_BLD_NONINV_MEAN^MDC", {}, "code-conflict"),
        ("150019^MDC_PRESS_BLD_NONINV_MEAN^MDC", {"codes": {"MDC": {"heart_rate": ["150019"]}}}, "120"),
        ("150047^MDC_PRESS_BLD_ART_PULM_MEAN^MDC", {}, "ignored"),
    ],
)
def test_the_code_of_a_device_and_its_name(code: str, source: dict[str, Any], expected: str) -> None:
    assert fate(monitored(device(f3=code), **source)) == expected


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("umol/L^^UCUM", "54"), ("x^y^L^umol/L^^UCUM", "54"), ("^umol/L", "54"), ("UMOLL", "54"),
        ("umol/L^a^ISO+", "54"),
        ("", "unit-missing"), ("%^percent^UCUM", "unit-mismatch"), ("furlong", "unit-unknown"),
        ("mg/dl", "unit-unknown"),
        ("umol/L~umol/L", "repeated-unit"),
    ],
)  # fmt: skip
def test_the_unit(unit: str, expected: str) -> None:
    assert fate(sent(results(obx(f6=unit)), spellings={"umol/L": ["UMOLL"]})) == expected
    beside = obx(f6="", f7="40-60 umol/L")
    assert fate(sent(results(beside))) == "unit-missing"


@pytest.mark.parametrize(
    ("value", "flag", "status", "expected"),
    [
        ("-999", "", "R", "empty"), ("-999", "X", "R", "empty"), ("-999", "INV", "R", "empty"),
        ("127", "", "X", "empty"),
        ("127", "N", "R", "127"), ("127", "H", "R", "127"), ("8388607", "X", "R", "empty"), ("120", "X", "R", "120"),
    ],
)  # fmt: skip
def test_numbers_that_stand_for_none(value: str, flag: str, status: str, expected: str) -> None:
    numbers = ["-999", "127", "8388607"]
    assert fate(monitored(device(f5=value, f8=flag, f11=status), sentinels=numbers)) == expected
    if value == "-999" and not flag:
        assert fate(monitored(device(f5=value))) == "-999"


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        *((flag, "empty") for flag in ("INV", "NAV", "TEST", "DEMO", "BUSY", "NI", "OFF", "inv", "H~OFF")),
        *((flag, "54") for flag in ("VAL", "EARLY", "ALACT", "ALINH", "H", "L", "HH", "LL", "A", "H~A")),
        ("QUES", "device-questionable"), ("CAL", "device-calibrating"), ("<", "<54"), (">", ">54"),
    ],
)  # fmt: skip
def test_what_the_flags_say(flag: str, expected: str) -> None:
    assert fate(sent(results(obx(f8=flag)))) == expected


@pytest.mark.parametrize(
    ("word", "of_laboratory", "of_device"),
    [
        ("F", "60", "120"), ("P", ("60", "preliminary"), ("120", "preliminary")), ("R", ("60", "preliminary"), "120"),
        ("C", ("60", "corrected"), ("120", "corrected")), ("A", ("60", "amended"), ("120", "amended")),
        ("D", ("", "entered-in-error"), ("", "entered-in-error")), ("W", "wrong-patient", "wrong-patient"),
        ("X", ("", "cancelled"), "empty"), ("S", ("60", "preliminary"), ("120", "preliminary")), ("B", "60", "120"),
        ("V", "60", "120"), ("I", ("", "registered"), ("", "registered")), ("O", "54", "empty"), ("N", "54", "empty"),
        ("", "status-missing", "status-missing"), ("?", "status-unknown", "status-unknown"),
    ],
)  # fmt: skip
def test_the_status(word: str, of_laboratory: Any, of_device: Any) -> None:
    """Of a laboratory's value after a final one; of a device's."""
    found = sent(results(obx()), results(obx(f5="60", f11=word), f22=LATER))
    assert fate(found) == of_laboratory
    assert fate(monitored(device(f11=word))) == of_device


def test_a_status_alone_and_that_of_the_order() -> None:
    assert fate(sent(results(obx()), results(obx(f5="", f11="U"), f22=LATER))) == "54"
    assert fate(sent(results(obx(f5="", f11="U")))) == "status-without-value"
    assert fate(sent(results(obx(f11="")), default_status="final")) == "54"
    expected = {"F": "54", "P": ("54", "preliminary"), "C": ("54", "corrected"), "O": ("", "registered")}
    expected |= {"X": ("", "cancelled")} | dict.fromkeys("AMNYZ", "status-unknown")
    for word, status in expected.items():
        assert fate(sent(results(obx(f11=""), f25=word))) == status
    both = sent(results(obx()), results(obx(f5="60"), f22=LATER, f25="C"))
    assert fate(both) == "60" and len({one["id"] for one in both.observations}) == 1


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (READ, "54"), ("20260301091500", "54"), ("202603010915", "54"), ("20260301011500-0000", "54"),
        ("20260301091500.1234", "54"),
        ("20260301091500000", "54"), ("2026030109", "time-too-coarse"), ("20260301", "time-too-coarse"),
        ('""', "no-collection-time"), ("00000000000000", "no-collection-time"), ("20260229091500", "time-unreadable"),
    ],
)  # fmt: skip
def test_the_time(time: str, expected: str) -> None:
    found = sent(results(obx(f14=time), f7=""))
    assert fate(found) == expected
    if expected == "54":
        assert found.bodies[-1]["observed_at"].startswith("2026-03-01T01:15:00")


def test_the_time_of_an_order() -> None:
    assert fate(sent(results(obx(), f7="", f14=READ))) == "no-collection-time"
    assert fate(sent(results(obx(), f7="", f14=READ), observed_at=["obx14", "obr14"])) == "54"
    assert fate(sent(results(obx(f14="20260301091500"), f7="", f22=""), zone=None)) == "time-without-zone"
    assert fate(sent(results(obx(), f8="20260302091500+0800"))) == "54"
    specimen = row("SPM", {1: "1", 4: "BLDA", 17: "20260301091000+0800"})
    assert sent(results(obx(), specimen)).bodies[-1]["observed_at"].startswith("2026-03-01T01:10")
    assert fate(sent(results(device(f14="")), kind="monitor", presets=["pcd-plain"])) == "no-observation-time"


@pytest.mark.parametrize(("time", "reason"), [("20260308023000", "time-skipped"), ("20261101013000", "time-twice")])
def test_when_the_clocks_are_changed(time: str, reason: str) -> None:
    assert fate(sent(results(obx(f14=time), f7=""), zone="America/New_York")) == reason


METHODS = [{"codes": ["8478-0"], "means": {"arterial line": "map_invasive", "CUFF": "map_noninvasive"}}]


@pytest.mark.parametrize(
    ("method", "site", "expected"),
    [
        ("ART^Arterial Line^L", "", "map_invasive"), ("", "RA^arterial line", "map_invasive"),
        ("a~cuff", "", "map_noninvasive"),
        ("", "", "8478-0"), ("something", "else", "8478-0"), ("cuff", "arterial line", "code-conflict"),
    ],
)  # fmt: skip
def test_what_the_method_decides_where_the_site_says_so(method: str, site: str, expected: str) -> None:
    pressure = obx(f3="8478-0^MAP^LN", f5="60", f6="mm[Hg]", f14=READ, f17=method, f20=site)
    found = sent(results(pressure), kind="monitor", methods=METHODS)
    assert [*found.reasons, *(one["code"] for one in found.observations)] == [expected]
    assert fate(sent(results(pressure), kind="monitor")) == "60"


def test_the_method_of_a_resource_of_fhir_decides_likewise() -> None:
    subject = {"identifier": {"system": "CH", "value": NUMBER, "type": {"coding": [{"code": "MR"}]}}}
    given = observation(
        code=concept("8478-0"),
        subject=subject,
        encounter=None,
        effectiveDateTime="2026-03-01T09:15:00+08:00",
        bodySite={"text": "Arterial line"},
        valueQuantity=quantity(60, "mm[Hg]"),
    )
    found = sent(json.dumps(given).encode(), kind="monitor", methods=METHODS)
    assert [one["code"] for one in found.observations] == ["map_invasive"]


def test_what_is_twice_in_a_message() -> None:
    assert sent(results(obx(), obx())).tally.values["sent"] == 1
    assert sent(results(obx(), obx(f5="60"))).reasons == ["duplicate-value"] * 2
    assert sent(results(obx(f4="1"), obx(f4="2", f5="60"))).tally.values["sent"] == 2
    rows = [obx(f2="", f3="69965^MDC_DEV_MON_PHYSIO_MULTI_PARAM_MDS^MDC", f4="1.0.0.0", f5="", f11="X"), device()]
    assert monitored(*rows).tally.values == {"seen": 2, "sent": 1, "ignored": 0, "empty": 1, "letters": 0}
