"""OBX-11, OBR-25 and OBX-8: whether a value holds, by the kind of its source."""

from typing import Any

import pytest

from picustream.gateways.statement import Value
from picustream.models.envelope import Status
from picustream.scoring.faults import Fault
from tests.gateways.hl7.texts import PID, device, lab, laboratory, monitor, msh, obx, value

PCD = "IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO"


def shown(value: Value) -> Any:
    """Status, or why there is none; a number where one is passed on."""
    status = value.status.reason if isinstance(value.status, Fault) else value.status or value.note
    number = value.value.reason if isinstance(value.value, Fault) else value.value and str(value.value)
    return status, number


BOTH = [
    ("F", Status.FINAL),
    ("B", Status.FINAL),
    ("V", Status.FINAL),
    ("P", Status.PRELIMINARY),
    ("S", Status.PRELIMINARY),
    ("C", Status.CORRECTED),
    ("A", Status.AMENDED),
    ("f", Status.FINAL),
    (" F ", Status.FINAL),
]


@pytest.mark.parametrize(("word", "status"), BOTH)
def test_words_that_mean_the_same_from_every_source(word: str, status: Status) -> None:
    assert shown(lab(obx(f11=word))) == shown(device(obx(f11=word, f14="20250303100000+0800"))) == (status, "0.70")


@pytest.mark.parametrize("kind", ["laboratory", "charting", "adt"])
def test_r_and_x_of_a_result(kind: str) -> None:
    """Not verified, and cancelled."""
    source = laboratory(kind=kind)
    assert shown(lab(obx(f11="R"), source)) == (Status.PRELIMINARY, "0.70")
    assert shown(lab(obx("hemolyzed", "ST", f11="X"), source)) == (Status.CANCELLED, None)
    assert shown(lab(obx("", f11="X"), source)) == (Status.CANCELLED, None)


@pytest.mark.parametrize("kind", ["monitor", "ventilator"])
def test_r_and_x_of_a_device(kind: str) -> None:
    """A raw value is the value; X says that there is none, and withdraws nothing."""
    source = monitor(kind=kind)
    assert shown(device(obx(f11="R"), source)) == (Status.FINAL, "0.70")
    assert shown(device(obx("8388607", f11="X"), source)) == ("device-invalid", "8388607")
    assert device(obx("8388607", f11="X"), source).status is None


def test_a_message_of_the_device_profile_is_of_a_device() -> None:
    """Where the source does not say so, MSH-21 does."""
    for profile in (PCD, "IHE PCD ORU-R01 2006^HL7^1.3.6.1.4.1.19376.1.6.1.1.1^ISO", f"other~{PCD}"):
        assert value(msh(f21=profile), PID, obx(f11="R", f14="20250303100000+0800")).status is Status.FINAL
    assert value(msh(f21="LRI_Common"), PID, obx(f11="R", f14="20250303100000+0800")).status is Status.PRELIMINARY


def test_what_was_withdrawn() -> None:
    assert shown(lab(obx('""', f11="D"))) == (Status.ENTERED_IN_ERROR, None)
    assert shown(lab(obx("0.70", f11="D"))) == (Status.ENTERED_IN_ERROR, None)
    wrong = lab(obx(f11="W"))
    assert (shown(wrong), wrong.note) == ((Status.ENTERED_IN_ERROR, None), "wrong-patient")
    assert shown(lab(obx(f11="D", f8="INV"))) == (Status.ENTERED_IN_ERROR, None)


def test_what_is_not_there_yet_or_was_not_asked() -> None:
    assert shown(lab(obx("", f11="I"))) == (Status.REGISTERED, None)
    assert shown(lab(obx("0.70", f11="I"))) == (Status.REGISTERED, None)
    assert shown(lab(obx("", f11="O"))) == ("order-only", None)
    assert shown(lab(obx("", f11="N"))) == ("not-asked", None)


def test_status_alone() -> None:
    """U without a value speaks of one that was sent before; with a value it is that value."""
    alone = lab(obx("", f11="U"))
    assert (alone.status_only, alone.status, alone.value) == (True, Status.FINAL, None)
    given = lab(obx("0.70", f11="U"))
    assert (given.status_only, shown(given)) == (False, (Status.FINAL, "0.70"))


def test_delete_says_that_an_older_one_no_longer_counts() -> None:
    assert shown(lab(obx('""'))) == (Status.UNKNOWN, None)
    assert shown(lab(obx('""', f11="P"))) == (Status.UNKNOWN, None)
    assert shown(lab(obx("", f11="F"))) == ("no-value", None)


@pytest.mark.parametrize("word", ["C", "A"])
def test_a_correction_without_a_value_is_a_fault(word: str) -> None:
    assert shown(lab(obx("", f11=word)))[1] == "value-missing"


@pytest.mark.parametrize(
    ("word", "expected"),
    [("F", Status.FINAL), ("P", Status.PRELIMINARY), ("C", Status.CORRECTED), ("X", Status.CANCELLED),
     ("I", Status.REGISTERED), ("O", Status.REGISTERED), ("S", Status.REGISTERED), ("R", Status.PRELIMINARY),
     ("A", "status-unknown"), ("M", "status-unknown"), ("N", "status-unknown"), ("Y", "status-unknown"),
     ("Z", "status-unknown"), ("?", "status-unknown"), ("", "status-missing")],
)  # fmt: skip
def test_without_obx_11_obr_25_holds(word: str, expected: Any) -> None:
    assert shown(lab(obx(f11=""), f25=word))[0] == expected


def test_obx_11_goes_before_obr_25() -> None:
    assert shown(lab(obx(f11="F"), f25="C"))[0] is Status.FINAL
    assert shown(lab(obx(f11="P"), f25="F"))[0] is Status.PRELIMINARY


def test_where_both_are_empty_the_source_says_it() -> None:
    assert shown(lab(obx(f11=""), laboratory(default_status="final"), f25=""))[0] is Status.FINAL
    assert shown(lab(obx(f11=""), laboratory(default_status="final"), f25="P"))[0] is Status.PRELIMINARY
    assert shown(lab(obx(f11=""), f25=""))[0] == "status-missing"


def test_another_word_is_a_fault() -> None:
    found = lab(obx(f11="K"))
    assert isinstance(found.status, Fault)
    assert (found.status.reason, found.status.path) == ("status-unknown", "OBX[1]-11")


# OBX-8


@pytest.mark.parametrize(
    ("flag", "note"),
    [("INV", "device-invalid"), ("NAV", "device-invalid"), ("OFF", "device-invalid"), ("BUSY", "device-invalid"),
     ("NI", "device-invalid"), ("TEST", "test"), ("DEMO", "demonstration"), ("H~INV", "device-invalid"),
     ("DEMO^demonstration^HL7", "demonstration")],
)  # fmt: skip
def test_a_device_says_that_there_is_no_value(flag: str, note: str) -> None:
    found = device(obx(f8=flag))
    assert (found.status, found.note) == (None, note)


@pytest.mark.parametrize(("flag", "reason"), [("QUES", "device-questionable"), ("CAL", "device-calibrating")])
def test_a_device_doubts_its_value(flag: str, reason: str) -> None:
    found = device(obx(f8=flag))
    assert isinstance(found.value, Fault)
    assert (found.value.reason, found.value.path) == (reason, "OBX[1]-8")


@pytest.mark.parametrize("flag", ["", "N", "H", "L", "HH", "LL", "A", "VAL", "EARLY", "ALACT", "ALINH", "H~A"])
def test_other_flags_are_not_used(flag: str) -> None:
    assert shown(device(obx(f8=flag))) == (Status.FINAL, "0.70")


@pytest.mark.parametrize(
    ("written", "flag", "comparator"),
    [("5", "<", "<"), ("5", ">", ">"), ("<5", "<", "<"), ("<=5", "<", "<="), ("5", "<~H", "<"), ("5", "H", None),
     ("5", "<~>", None)],
)  # fmt: skip
def test_a_flag_may_say_on_which_side_the_value_lies(written: str, flag: str, comparator: str | None) -> None:
    assert lab(obx(written, f8=flag)).comparator == comparator


def test_sides_that_disagree_are_a_fault() -> None:
    assert shown(lab(obx("<5", f8=">")))[1] == "comparator-conflict"


# Numbers that mean "no value"


@pytest.mark.parametrize(
    ("sentinels", "written", "flag", "note"),
    [
        (["-999"], "-999", "", "sentinel"),
        (["-999"], "-999.0", "", "sentinel"),
        (["-999"], "-998", "", ""),
        (["127"], "127", "N", ""),
        (["127"], "127", "H", ""),
        (["8388607", "32767"], "32767", "", "sentinel"),
        ([], "-999", "", ""),
    ],
)
def test_sentinels_are_those_of_the_source(sentinels: list[str], written: str, flag: str, note: str) -> None:
    """But what OBX-8 judges as a value is one."""
    found = device(obx(written, f8=flag), monitor(sentinels=sentinels))
    assert (found.note, found.status) == (note, None if note else Status.FINAL)
