"""What a sender is answered."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.hl7.acknowledge import Wanted, acknowledgement, wanted
from picustream.gateways.hl7.message import Message, read
from picustream.scoring.faults import Fault
from tests.gateways.hl7.texts import PID, msh, text

NOW = datetime(2025, 3, 3, 10, 21, 0, 123456, tzinfo=UTC)
FAULT = Fault("charset-broken", "MSH-18", "the bytes are not of the set | named")


def answer(raw: bytes, code: str = "AA", *faults: Fault) -> Message:
    return read(acknowledgement(raw, code, NOW, faults))


def fields(message: Message, name: str, *numbers: int) -> list[str]:
    segment = message.first(name)
    assert segment is not None
    return [segment.raw(number) for number in numbers]


def test_a_message_is_acknowledged() -> None:
    raw = text(msh(f3="LIS^1.2.3^ISO", f10="C-1"), PID)
    assert acknowledgement(raw, "AA", NOW) == (
        b"MSH|^~\\&|GW|TRIAL|LIS^1.2.3^ISO|HOSP|20250303102100+0000||ACK^R01^ACK|20250303102100123456|P|2.5.1"
        b"||||||UNICODE UTF-8\rMSA|AA|C-1\r"
    )


@pytest.mark.parametrize("code", ["AA", "AE", "AR", "CA", "CE", "CR"])
def test_it_says_the_code_and_whose_message_it_was(code: str) -> None:
    assert fields(answer(text(msh(f10=" 7^x&y ")), code), "MSA", 1, 2) == [code, " 7^x&y "]


@pytest.mark.parametrize(
    ("version", "kind"),
    [("2.3.1", "ACK^R01^ACK"), ("2.5.1", "ACK^R01^ACK"), ("2.9", "ACK^R01^ACK"), ("2.3", "ACK"), ("2.2", "ACK"),
     ("1.0", "ACK"), ("", "ACK^R01^ACK")],
)  # fmt: skip
def test_the_kind_follows_the_version(version: str, kind: str) -> None:
    assert fields(answer(text(msh(f12=version))), "MSH", 9, 12) == [kind, version or "2.5.1"]


@pytest.mark.parametrize("event", ["R30", "R31", "R32"])
def test_the_point_of_care_is_answered_by_its_own_event(event: str) -> None:
    found = answer(text(msh(f"ORU^{event}^ORU_R30")))
    assert fields(found, "MSH", 9) == ["ACK^R33^ACK"]
    assert fields(answer(text(msh("OUL^R22^OUL_R22"))), "MSH", 9) == ["ACK^R22^ACK"]


def test_without_an_event_it_names_none() -> None:
    assert fields(answer(text(msh("ORU"))), "MSH", 9) == ["ACK"]


def test_separators_and_character_set_are_theirs() -> None:
    raw = "MSH#!@%*#测#试###20250303##ORU!R01#9#P#2.5######GB18030\r".encode("gb18030")
    found = acknowledgement(raw, "AE", NOW, [FAULT])
    lines = found.decode("gb18030").split("\r")
    assert lines[0].startswith("MSH#!@%*###测#试#20250303102100+0000##ACK!R01!ACK#")
    assert lines[1] == "MSA#AE#9"
    assert answer(raw, "AE", FAULT).charset == "gb18030"


def test_bytes_that_are_of_no_set_come_back_as_they_are() -> None:
    raw = text(msh(f18="")).replace(b"HOSP", b"H\xf4P\xff")
    assert b"|H\xf4P\xff|" in acknowledgement(raw, "AE", NOW)


@pytest.mark.parametrize("raw", [b"", b"\x0b", b"PID|1||4711", b"MSH|", b"\xff\xfe", b"{}"])
def test_what_has_no_header_is_answered_all_the_same(raw: bytes) -> None:
    found = answer(raw, "AE", Fault("no-msh", "MSH", "it does not begin with MSH"))
    assert fields(found, "MSA", 1, 2) == ["AE", ""]
    assert fields(found, "ERR", 3, 4, 8) == [
        "100^Segment sequence error^HL70357",
        "E",
        "no-msh: it does not begin with MSH",
    ]


def test_a_fault_is_named() -> None:
    found = answer(text(msh()), "AE", FAULT)
    error = found.first("ERR")
    assert error is not None
    assert error.text(8) == f"charset-broken: {FAULT.message}"
    assert fields(found, "ERR", 3) == ["207^Application internal error^HL70357"]


def test_a_fault_is_named_as_older_versions_do() -> None:
    error = answer(text(msh(f12="2.3.1")), "AR", FAULT).first("ERR")
    assert error is not None
    assert [error.text(1, 1, 4, part) for part in (1, 2, 3)] == ["207", f"charset-broken: {FAULT.message}", "HL70357"]


def test_what_is_well_has_no_fault() -> None:
    assert answer(text(msh()), "AA", FAULT).first("ERR") is None


@pytest.mark.parametrize(
    ("accept", "application", "expected"),
    [
        ("", "", [False, False, True, True]),
        ("AL", "NE", [True, True, False, False]),
        ("NE", "AL", [False, False, True, True]),
        ("AL", "AL", [True, True, True, True]),
        ("NE", "NE", [False, False, False, False]),
        ("ER", "SU", [False, True, True, False]),
        ("SU", "ER", [True, False, False, True]),
        ("AL", "", [True, True, False, False]),
        ("", "AL", [False, False, True, True]),
        ("al", "ne", [True, True, False, False]),
    ],
)
def test_which_answers_are_waited_for(accept: str, application: str, expected: list[bool]) -> None:
    """Accept and application acknowledgement, each when all is well and when not."""
    asked = wanted(read(text(msh(f15=accept, f16=application))))
    assert [
        asked.accepts(True), asked.accepts(False), asked.applies(True), asked.applies(False)
    ] == expected  # fmt: skip
    assert asked.enhanced == bool(accept or application)


def test_an_acknowledgement_is_not_acknowledged() -> None:
    assert wanted(read(text(msh("ACK^R01^ACK"), "MSA|AA|1"))) == Wanted(True, "NE", "NE")
    assert wanted(answer(text(msh(f15="AL", f16="AL")))) == Wanted(True, "NE", "NE")


@given(st.binary(max_size=120), st.booleans())
def test_any_bytes_can_be_answered(raw: bytes, headed: bool) -> None:
    raw = b"MSH|^~\\&|" * headed + raw
    found = acknowledgement(raw, "AE", NOW, [FAULT]).decode("latin-1")
    assert [line[:3] for line in found.split("\r")] == ["MSH", "MSA", "ERR", ""]
    assert found.split("\r")[1][4:6] == "AE"
