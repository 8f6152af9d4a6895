"""Messages made for the tests: segments by field number, and what is read of them."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from picustream.gateways.hl7.message import read
from picustream.gateways.hl7.statements import statements
from picustream.gateways.site.config import Source
from picustream.gateways.statement import Movement, Statements, Unreadable, Value

ZONE = ZoneInfo("Asia/Shanghai")
SENT = "20250303102100+0800"
COLLECTED = "20250303100500+0800"
FILED = "20250303101900+0800"

Fields = dict[int, str]


def segment(name: str, fields: Fields) -> str:
    """A segment whose fields are given by their numbers."""
    if name == "MSH":
        fields = {number - 1: text for number, text in fields.items() if number > 1}
    return "|".join([name, *(fields.get(number, "") for number in range(1, max(fields, default=0) + 1))])


def msh(kind: str = "ORU^R01^ORU_R01", **other: str) -> str:
    """MSH; `f11="T"` sets MSH-11."""
    fields = {2: "^~\\&", 3: "LIS", 4: "HOSP", 5: "GW", 6: "TRIAL", 7: SENT, 9: kind, 10: "M-1", 11: "P", 12: "2.5.1"}
    fields |= {18: "UNICODE UTF-8"}
    return segment("MSH", fields | numbered(other))


def numbered(fields: dict[str, str]) -> Fields:
    return {int(name[1:]): text for name, text in fields.items()}


PID = "PID|1||000123456^^^HOSP&2.16.156.10011&ISO^MR~110101^^^CN^NI||Canary^Child||20191120|F"
PV1 = segment("PV1", {2: "I", 3: "PICU-A^^12^HOSP", 19: "V1^^^HOSP^VN"})


def pid(**other: str) -> str:
    return segment("PID", {1: "1", 3: "000123456^^^HOSP^MR", 7: "20191120", 8: "F"} | numbered(other))


def obr(**other: str) -> str:
    fields = {1: "1", 2: "PL1^HIS", 3: "88132^LIS", 4: "24336-0^Gas panel^LN", 7: COLLECTED, 22: FILED, 25: "F"}
    return segment("OBR", fields | numbered(other))


def obx(value: str = "0.70", kind: str = "NM", **other: str) -> str:
    fields = {1: "1", 2: kind, 3: "2160-0^Creatinine^LN", 5: value, 6: "mg/dL^mg/dL^UCUM", 11: "F"}
    return segment("OBX", fields | numbered(other))


def spm(kind: str = "BLDA", collected: str = "") -> str:
    return segment("SPM", {1: "1", 4: kind, 17: collected})


def text(*segments: str) -> bytes:
    return "".join(f"{one}\r" for one in segments).encode()


def laboratory(**other: Any) -> Source:
    return Source(**{"name": "lis", "kind": "laboratory"} | other)


def monitor(**other: Any) -> Source:
    return Source(**{"name": "monitors", "kind": "monitor"} | other)


def stated(raw: bytes, source: Source | None = None, zone: ZoneInfo | None = ZONE) -> list[Statements]:
    return statements(read(raw), source or laboratory(), zone)


def values(*segments: str, source: Source | None = None, zone: ZoneInfo | None = ZONE) -> list[Value]:
    """All values of a message of these segments."""
    header = () if segments[0].startswith("MSH") else (msh(),)
    return [value for one in stated(text(*header, *segments), source, zone) for value in one.values]


def value(*segments: str, source: Source | None = None, zone: ZoneInfo | None = ZONE) -> Value:
    """The one value of a message of these segments."""
    (found,) = values(*segments, source=source, zone=zone)
    return found


def lab(obx_segment: str, source: Source | None = None, **order: str) -> Value:
    """The value of an OBX in an order of the laboratory."""
    return value(PID, PV1, obr(**order), obx_segment, source=source)


def device(obx_segment: str, source: Source | None = None) -> Value:
    """The value of an OBX in a message of a device."""
    return value(PID, PV1, obr(f22="", f25=""), obx_segment, source=source or monitor())


def moved(event: str, *segments: str, source: Source | None = None, **header: str) -> Movement:
    """The one movement of an ADT message."""
    found = stated(text(msh(f"ADT^{event}", **header), *segments), source)
    (movement,) = (movement for one in found for movement in one.movements)
    return movement


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
