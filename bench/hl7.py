"""How fast HL7 v2 is read, beside `python-hl7`: messages a second of one core, every field of a value read."""

import time
from collections.abc import Callable, Generator
from zoneinfo import ZoneInfo

from bench.plan import TINY, Plan
from bench.table import Column, Table
from picustream.gateways.hl7.frames import Framer, framed
from picustream.gateways.hl7.message import read
from picustream.gateways.hl7.statements import statements
from picustream.gateways.site.config import Source

_FIELDS = (3, 5, 6, 11, 14)
_SECONDS = 0.5
"""Of each measurement."""
_ZONE = ZoneInfo("Asia/Shanghai")
_SOURCES = {kind: Source(name="bench", kind=kind) for kind in ("laboratory", "monitor", "adt")}
_BASELINE = "python-hl7: fields"
_PID = "PID|1||000123456^^^HOSP&2.16.156.10011&ISO^MR~42^^^X^PI||Doe^Jane^^^^^L||20191120|F"
_PV1 = f"PV1|1|I|PICU-A^^12^HOSP{'|' * 16}V20250303001^^^HOSP^VN"


def _msh(kind: str) -> str:
    return f"MSH|^~\\&|SENDER^1.2.3^ISO|HOSP|GW|TRIAL|20250303102100+0800||{kind}|C-1|P|2.5.1||||||UNICODE UTF-8"


def _message(*segments: str) -> bytes:
    return "".join(f"{segment}\r" for segment in segments).encode()


def _laboratory(values: int) -> bytes:
    order = f"OBR|1|PL1^HIS|88132^LIS|24336-0^Gas panel^LN|||20250303100500+0800{'|' * 15}20250303102100+0800||LAB|F"
    result = "NM|2160-0^Creatinine^LN^CREA^Kreatinin^99LAB||0.70|mg/dL^mg/dL^UCUM|0.2-0.4|H|||F|||20250303100500+0800"
    rows = [f"OBX|{number}|{result}" for number in range(1, values + 1)]
    return _message(_msh("ORU^R01^ORU_R01"), _PID, _PV1, "ORC|RE|PL1^HIS", order, *rows)


def _device(values: int) -> bytes:
    device = "00A037009B000001^^00A037009B000001^EUI-64"
    reading = f"264864^MDC_DIM_BEAT_PER_MIN^MDC|||||R|||20250303101000+0800||||{device}"
    rows = [f"OBX|{n}|NM|147842^MDC_ECG_HEART_RATE^MDC|1.1.1.{n}|142|{reading}" for n in range(1, values + 1)]
    order = "OBR|1|1^GW|1^GW|182777000^monitoring of patient^SCT|||20250303100900+0800"
    return _message(_msh("ORU^R01^ORU_R01"), _PID, _PV1, order, *rows)


MESSAGES = {
    "a result of 5 values": ("laboratory", _laboratory(5)),
    "a device's 60 values": ("monitor", _device(60)),
    "a transfer": ("adt", _message(_msh("ADT^A02^ADT_A02"), "EVN|A02|20250303093000+0800", _PID, _PV1)),
}


def _theirs(raw: bytes, _: Source) -> None:
    import hl7  # of the tests: other benchmarks need none of it

    for segment in hl7.parse(raw.decode()):
        if str(segment[0]) == "OBX":
            _touched = [str(segment[field]) for field in _FIELDS if field < len(segment)]


def _ours(raw: bytes, _: Source) -> None:
    for segment in read(raw).segments:
        if segment.name == "OBX":
            _touched = [segment.text(field) for field in _FIELDS]


def _stated(raw: bytes, source: Source) -> None:
    statements(read(raw), source, _ZONE)


def _framed(raw: bytes, source: Source) -> None:
    for frame in Framer().feed(framed(raw)):
        statements(read(frame.raw), source, _ZONE)


_WAYS: dict[str, Callable[[bytes, Source], None]] = {
    _BASELINE: _theirs,
    "fields": _ours,
    "statements": _stated,
    "frames and statements": _framed,
}


def tables(plan: Plan) -> Generator[Table]:
    """A table for each kind of message."""
    seconds = 0.01 if plan.sizes is TINY else _SECONDS
    for number, (name, (kind, raw)) in enumerate(MESSAGES.items()):
        title = f"reading {name} ({len(raw):,} bytes)"
        table = Table(f"hl7-{number}", title, [Column("messages/s")], "messages/s", _BASELINE)
        for _ in plan.each_round():
            for way, function in _WAYS.items():
                table.add(way, {"messages/s": _rate(function, raw, _SOURCES[kind], seconds)})
        yield table


def _rate(function: Callable[[bytes, Source], None], raw: bytes, source: Source, seconds: float) -> float:
    """Calls for each second of processor time."""
    function(raw, source)
    started, calls = time.process_time(), 0
    while (used := time.process_time() - started) < seconds:
        function(raw, source)
        calls += 1
    return calls / used
