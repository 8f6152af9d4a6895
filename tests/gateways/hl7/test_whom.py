"""Whom the values of a message are of, and which messages are used."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.statement import Identifier, Place
from picustream.models.envelope import Status
from picustream.scoring.faults import Fault
from tests.gateways.hl7.texts import (
    COLLECTED,
    FILED,
    PID,
    PV1,
    lab,
    laboratory,
    monitor,
    msh,
    obr,
    obx,
    pid,
    segment,
    spm,
    stated,
    text,
    values,
)  # fmt: skip

READ = "20250303100000+0800"


def test_every_identifier_comes_and_none_is_chosen() -> None:
    raw = text(
        msh(),
        pid(f2="OLD", f3='1^^^HOSP&1.2&ISO^MR~2^^^&2.16.1&ISO^PI~""~^^^X~ 3 ^^^CN^NI', f4="ALT", f18="ACC^^^HOSP^AN"),
        segment("PV1", {3: "PICU-A^12^3^HOSP&9&ISO", 19: "V1^^^HOSP^VN", 50: "V2"}),
        obx(),
    )
    (found,) = stated(raw)
    assert found.subject.patients == (
        Identifier("1", "HOSP", "MR", "PID-3"),
        Identifier("2", "2.16.1", "PI", "PID-3"),
        Identifier("3", "CN", "NI", "PID-3"),
        Identifier("OLD", "", "", "PID-2"),
        Identifier("ALT", "", "", "PID-4"),
    )
    assert found.subject.visits == (
        Identifier("V1", "HOSP", "VN", "PV1-19"),
        Identifier("ACC", "HOSP", "AN", "PID-18"),
        Identifier("V2", "", "", "PV1-50"),
    )
    assert found.subject.place == Place("PICU-A", "12-3", "HOSP")


@pytest.mark.parametrize(
    ("written", "expected"),
    [("PICU-A^^12", Place("PICU-A", "12")), ("PICU-A^12", Place("PICU-A", "12")), ("32^302^1", Place("32", "302-1")),
     ("PICU^7^7", Place("PICU", "7")), ("PICU", Place("PICU")), ("U&1.2&ISO^^3", Place("U", "3")), ("^^12", None),
     ('""', None), ("", None)],
)  # fmt: skip
def test_places(written: str, expected: Place | None) -> None:
    (found,) = stated(text(msh(), PID, segment("PV1", {2: "I", 3: written}), obx()))
    assert found.subject.place == expected


def test_a_message_may_speak_of_several_patients_and_orders() -> None:
    first, second = pid(f3="1^^^H^MR"), pid(f3="2^^^H^MR")
    found = stated(text(msh(), first, PV1, obr(f3="a"), obx(), obx(), obr(f3="b"), obx(), second, obr(f3="c"), obx()))
    assert [[one.value for one in statement.subject.patients] for statement in found] == [["1"], ["2"]]
    assert [[one.identity[1] for one in statement.values] for statement in found] == [["a", "a", "b"], ["c"]]
    assert [[one.path for one in statement.values] for statement in found] == [
        ["OBX[1]", "OBX[2]", "OBX[3]"], ["OBX[4]"]
    ]  # fmt: skip
    assert found[1].subject.place is None


def test_two_visits_of_one_patient_are_two() -> None:
    other = segment("PV1", {19: "V9"})
    found = stated(text(msh(), PID, PV1, obr(), obx(), other, obr(), obx()))
    assert [one.subject.visits[0].value for one in found] == ["V1", "V9"]
    assert found[0].subject.patients == found[1].subject.patients


def test_a_value_may_come_before_its_order_and_its_patient() -> None:
    (found,) = stated(text(msh(), obx(f14=READ), PV1, PID, obr(), obx()))
    assert found.subject.patients[0].value == "000123456"
    assert [one.identity[0] for one in found.values] == ["time", "order"]


def test_only_the_bed_may_be_known() -> None:
    (found,) = stated(text(msh(), pid(f3="^^^HOSP^PI"), PV1, obx()), monitor())
    assert (found.subject.patients, found.subject.place) == ((), Place("PICU-A", "12", "HOSP"))


# Which messages are used


@pytest.mark.parametrize(
    ("word", "source", "unused"),
    [
        ("P", {}, ""),
        ("P^T", {}, ""),
        ("", {}, ""),
        ("", {"production": False}, "processing-id-missing"),
        ("T", {}, "training"),
        ("D", {}, "training"),
        ("t", {}, "training"),
        ("T", {"accept_training": True}, ""),
        ("X", {}, "processing-id-unknown"),
    ],
)
def test_what_is_no_production_is_not_used(word: str, source: dict[str, bool], unused: str) -> None:
    for raw in (text(msh(f11=word), PID, obx()), text(msh("ADT^A01", f11=word), "EVN|A01", PID, PV1, obx())):
        found = stated(raw, laboratory(**source))
        results = [one for one in found if one.values]
        assert len(results) == 1
        if unused:
            assert {one.unused for one in found} == {unused}
            assert all(one.movements == () for one in found)
        else:
            assert results[0].unused == ("" if results[0].kind == "ORU^R01" else "unused-kind")


@pytest.mark.parametrize("kind", ["OUL^R40", "MDM^T02", "ORM^O01", "ADT^A05", "ORU^R40", "ACK", "SIU^S12", ""])
def test_values_of_other_kinds_are_seen_and_not_used(kind: str) -> None:
    (found,) = stated(text(msh(kind), PID, obx(), obx("1.0")))
    assert (found.unused, len(found.values)) == ("unused-kind", 2)
    assert found.kind == "^".join(kind.split("^")[:2])


def test_oru_without_an_event_is_the_one_there_was() -> None:
    (found,) = stated(text(msh("ORU", f12="2.1"), PID, obx()))
    assert (found.kind, found.unused) == ("ORU^R01", "")


def test_documents_and_texts_are_values_without_a_number() -> None:
    for kind in ("ED", "RP", "FT", "TX", "CWE"):
        found = lab(obx("^application^pdf^Base64^JVBERi0xLjQK", kind)).value
        assert isinstance(found, Fault)
        assert found.reason == "value-not-numeric"


def test_what_is_put_right_and_what_is_not_read_is_counted() -> None:
    (found,) = stated(text(msh(), PID, obr(), obx("a\nb", "TX"), "NTE|1||haemolysed", "NTE|2||clotted"))
    assert found.warnings == ("segments-joined", "notes-not-read", "notes-not-read")
    assert found.values[0].status is Status.FINAL


POINT_OF_CARE = ["ORU^R30^ORU_R30", "ORU^R31^ORU_R30", "ORU^R32^ORU_R30"]


@pytest.mark.parametrize("kind", [*POINT_OF_CARE, "OUL^R21", "OUL^R22^OUL_R22", "OUL^R23", "OUL^R24^OUL_R24"])
def test_results_of_the_point_of_care_and_of_analysers_are_read_as_those_of_a_laboratory(kind: str) -> None:
    (found,) = stated(text(msh(kind), PID, obx(f5="1"), PV1, "ORC|NW", obr(f3="", f22=""), obx()))
    assert (found.unused, len(found.values), found.subject.visits[0].value) == ("", 2, "V1")
    assert found.values[1].observed_at == lab(obx()).observed_at


def test_a_specimen_stands_before_all_of_its_orders() -> None:
    """OUL^R22: a specimen with what is said of itself, its containers, its orders; then the next one."""
    orders = [
        obr(f2="1", f3="", f7=""),
        "ORC|SC",
        obx(),
        obr(f2="2", f3="", f7=""),
        "ORC|SC|||7",
        obx(),
        obx(f3="777-3^^LN"),
    ]
    venous = [spm("BLDV", "20250303110000+0800"), "SAC||9", obr(f2="3", f3="", f7=""), obx()]
    segments = [spm("BLDA", COLLECTED), obx("1"), "SAC||8", "INV|x", *orders, *venous]
    found = values(msh("OUL^R22^OUL_R22"), PID, PV1, *segments)
    assert [one.specimen for one in found] == ["arterial"] * 4 + ["venous"]
    assert {one.observed_at for one in found[:4]} == {lab(obx()).observed_at} != {found[4].observed_at}
    assert [one.identity[:2] for one in found[1:]] == [("order", "1"), ("order", "2"), ("order", "2"), ("order", "3")]


def test_a_specimen_that_stands_behind_its_order_is_of_that_order() -> None:
    for kind in ("OUL^R22", "OUL^R24", "ORU^R01"):
        found = values(msh(kind), PID, obr(f3="A"), spm("BLDA"), obx(), "ORC|RE", obr(f3="B"), spm("BLDV"), obx())
        assert [(one.specimen, one.identity[1]) for one in found] == [("arterial", "A"), ("venous", "B")]


@pytest.mark.parametrize("role", ["Q", "C", "B", "E", "F", "O", "V", "q"])
def test_what_was_measured_of_a_control_is_no_patients(role: str) -> None:
    specimen = segment("SPM", {1: "1", 2: "QC-1", 4: "BLDA", 11: f"{role}^x^HL70369"})
    (found,) = values(msh("OUL^R22"), PID, specimen, obr(), obx())
    assert (found.status, found.note) == (None, "control-specimen")
    (of_patient,) = values(msh("OUL^R22"), PID, specimen.replace(f"|{role}^", "|P^"), obr(), obx())
    assert of_patient.status is Status.FINAL


def test_without_an_order_number_a_specimens_number_names_the_values() -> None:
    specimen = segment("SPM", {1: "1", 2: "S-17&LAB", 4: "BLDA", 17: COLLECTED})
    first, late = (values(PID, obr(f2="", f3=""), obx(f14=at), specimen)[0] for at in (COLLECTED, FILED))
    assert first.identity == late.identity and first.identity[:2] == ("specimen", "S-17&LAB")


GROUPS = st.lists(
    st.sampled_from([PID, PV1, obr(), obx(), obx("", "", f4="1"), spm(), "ORC|RE", "NTE|1", "MRG|7", "ZBE|1", "OBX"]),
    max_size=25,
)


@given(GROUPS, st.sampled_from(["ORU^R01", "OUL^R24", "ADT^A02", "ADT^A40", "ADT^A34", "OUL^R22"]), st.booleans())
def test_every_value_is_of_one_statement(segments: list[str], kind: str, of_device: bool) -> None:
    """Whatever the order of the segments, and the kind of the message."""
    found = stated(text(msh(kind), *segments), monitor() if of_device else laboratory())
    paths = [one.path for statement in found for one in statement.values]
    assert sorted(paths) == sorted(f"OBX[{n}]" for n in range(1, sum(one[:3] == "OBX" for one in segments) + 1))
    assert len(paths) == len(set(paths))
    assert found
