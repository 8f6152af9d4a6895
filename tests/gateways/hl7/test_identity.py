"""What names a value through its versions."""

from tests.gateways.hl7.texts import (
    COLLECTED,
    PID,
    device,
    lab,
    laboratory,
    monitor,
    msh,
    obr,
    obx,
    segment,
    value,
    values,
)

READ = "20250303100000+0800"


def same(one: str, other: str, *, f3: str = "88132^LIS") -> bool:
    return lab(one).identity == lab(other, f3=f3).identity


def test_a_result_is_named_by_its_order_its_code_and_its_number() -> None:
    assert same(obx(), obx("1.70", f11="C", f14=READ))
    assert same(obx(), obx(f3="2160-0^Kreatinin^LOINC"))
    assert not same(obx(), obx(f4="2"))
    assert not same(obx(f4="1^1"), obx(f4="1^2"))
    assert not same(obx(), obx(f3="777-3^Platelets^LN"))
    assert not same(obx(), obx(f3="2160-0^Creatinine^99LAB"))
    assert not same(obx(), obx(), f3="88133^LIS")


def test_where_the_order_is_named() -> None:
    """OBR-3, else ORC-3, else the placer's number; else the time makes the difference."""
    orc = segment("ORC", {1: "RE", 2: "P7", 3: "F7"})
    assert value(PID, orc, obr(), obx()).identity[:2] == ("order", "88132^LIS")
    assert value(PID, orc, obr(f3=""), obx()).identity[:2] == ("order", "F7")
    assert value(PID, obr(f3=""), obx()).identity[:2] == ("order", "PL1^HIS")
    assert value(PID, orc, obx()).identity[:2] == ("order", "F7")
    nameless = [value(PID, obr(f2="", f3="", f7=at), obx()).identity for at in (COLLECTED, READ, COLLECTED)]
    assert nameless[0][0] == "time" and nameless[0] == nameless[2] != nameless[1]


def test_each_order_has_its_own_orc() -> None:
    """Also where the one before had none, or no OBR."""
    one, other = (segment("ORC", {1: "RE", 3: number}) for number in ("F1", "F2"))
    nameless = obr(f2="", f3="")
    assert [found.identity[:2] for found in values(nameless, obx(f14=READ), one, nameless, obx(), other, obx())] == [
        ("time", "2160-0"), ("order", "F1"), ("order", "F2")
    ]  # fmt: skip
    assert [found.identity[1] for found in values(one, obx(), other, obx())] == ["F1", "F2"]


def test_the_control_id_of_the_message_names_nothing() -> None:
    assert value(msh(f10="1"), PID, obr(), obx()) == value(msh(f10="2"), PID, obr(), obx())


def test_obx_21_names_it_where_the_source_says_that_it_is_stable() -> None:
    source = laboratory(stable_ids=True)
    assert lab(obx(f21="O-1^LIS"), source).identity == ("obx21", "O-1^LIS")
    assert lab(obx(f21="O-1^LIS")).identity == lab(obx(), source).identity


def test_a_reading_is_named_by_its_device_and_its_time() -> None:
    def identity(at: str = READ, **other: str) -> tuple[str, ...]:
        return device(obx(f14=at, **{"f18": "00A0^^00A0^EUI-64"} | other)).identity

    assert identity() == identity(at="202503030200+0000") != identity(at="20250303100001+0800")
    assert len({identity(), identity(f4="1.1.1.2"), identity(f18="00A1"), identity(f3="HR")}) == 4


def test_the_device_is_that_of_the_row_that_holds_the_value() -> None:
    rows = [obx("", "", f4="1", f18="MDS-1"), obx("", "", f4="1.1", f18=""), obx(f4="1.1.1.1", f14=READ)]
    assert [one.device for one in values(PID, obr(f10="D9"), *rows, source=monitor())] == ["MDS-1"] * 3
    for name in ("1", "1.1", "1.1.1"):
        held = values(
            PID, obr(f10="D9"), obx("", "", f4=name, f18="ROW"), obx(f4="1.1.1.1", f14=READ), source=monitor()
        )
        assert [one.device for one in held] == ["ROW", "ROW"]
    assert device(obx(f14=READ)).device == ""
    assert value(PID, obr(f10="D9"), obx(f14=READ), source=monitor()).device == "D9"
    assert lab(obx(), f10="7^Collector").device == ""
    assert lab(obx(f18="ANALYSER-2")).device == "ANALYSER-2"
