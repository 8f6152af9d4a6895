"""What is large, or made of nothing but separators, takes time in proportion: a square of it would end no test."""

import pytest

from picustream.gateways.hl7.acknowledge import acknowledgement
from picustream.gateways.hl7.files import messages
from picustream.gateways.hl7.frames import Framer, framed
from picustream.gateways.hl7.message import read
from picustream.gateways.statement import Unreadable
from tests.gateways.hl7.test_acknowledge import NOW
from tests.gateways.hl7.texts import PV1, laboratory, monitor, msh, obr, obx, pid, segment, spm, stated, text

pytestmark = pytest.mark.timeout(120)
MANY = 200_000
MARKS = ["~", "^", "&", "\\F\\", "|", "\n", " ", "0", "~A", "^A", "9."]
FIELDS = {"MSH": (3, 10, 21), "PID": (2, 3, 7, 8, 18), "PV1": (3, 19), "OBR": (3, 7, 15, 25), "SPM": (4, 17)} | {
    "OBX": (2, 3, 4, 5, 6, 8, 11, 14, 17, 18, 20, 21)
}


@pytest.mark.parametrize("mark", MARKS)
def test_a_field_of_nothing_but_marks_is_read_in_one_go(mark: str) -> None:
    filled = mark * (MANY // len(mark))
    for name, fields in FIELDS.items():
        for field in fields:
            made = {"MSH": msh(), "PID": pid(), "PV1": PV1, "OBR": obr(), "SPM": spm(), "OBX": obx(f4="1.1.1")}
            parts = made[name].split("|")
            at = field - (name == "MSH")
            parts += [""] * (at + 1 - len(parts))
            parts[at] = filled
            made[name] = "|".join(parts)
            raw = text(*made.values(), obx("", "", f4="1"))
            assert stated(raw, monitor(stable_ids=True) if name == "OBX" else laboratory())
            acknowledgement(raw, "AA", NOW)


@pytest.mark.parametrize(
    "mark", [b"\n", b"\x0b", b"\x1c", b"\x0b ", b"MSH", b"\nMSH", b"OBX|\r", b"\xef\xbb\xbf", b"\0", b"\rFHS|"]
)
def test_bytes_of_nothing_but_marks_are_read_in_one_go(mark: bytes) -> None:
    data = mark * (MANY // 4 // len(mark))
    for raw in (data, text(msh()) + data, framed(data), b"\x0b" + data):
        framer = Framer()
        for start in range(0, len(raw), 1000):
            framer.feed(raw[start : start + 1000])
        framer.end()
        for part in messages(raw):
            try:
                read(part)
            except Unreadable as unreadable:
                assert unreadable.fault.reason
            acknowledgement(part, "AA", NOW)


def test_many_values_identifiers_and_flags() -> None:
    many = "~".join(f"{number}^^^A^MR" for number in range(20_000))
    rows = [obx(f4=f"1.1.{number}", f8="H~" * 50) for number in range(5_000)]
    (found,) = stated(text(msh(), pid(f3=many), segment("PV1", {19: many}), obr(), *rows))
    assert (len(found.subject.patients), len(found.subject.visits), len(found.values)) == (20_000, 20_000, 5_000)
