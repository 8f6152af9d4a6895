"""Leaves of a field, and that what a field means is the same however often it was asked."""

from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.hl7.cells import Cell, alike
from picustream.gateways.hl7.escapes import Separators
from picustream.gateways.hl7.message import read
from tests.gateways.hl7.texts import laboratory, msh, obr, obx, pid, stated, text

SEPARATORS = [Separators(), Separators("|", "!", "@", "%", "*"), Separators(subcomponent="")]
WRITTEN = st.text("ab9^~&\\!@*F. é测", max_size=12)


@given(WRITTEN, st.sampled_from(SEPARATORS), st.integers(1, 4), st.integers(1, 3))
def test_a_leaf_is_what_stands_between_its_separators(
    written: str, separators: Separators, component: int, subcomponent: int
) -> None:
    for one in Cell(written.replace("\\", "").replace("%", ""), separators, "utf_8").repetitions():
        parts = one.written.split(separators.component)
        part = parts[component - 1] if component <= len(parts) else ""
        leaves = part.split(separators.subcomponent) if separators.subcomponent else [part]
        expected = leaves[subcomponent - 1] if subcomponent <= len(leaves) else ""
        assert one.text(component, subcomponent) == expected
        assert one.components == (len(parts) if one.written else 0)


@given(st.lists(WRITTEN, max_size=8))
def test_repetitions_put_together_are_the_field(parts: list[str]) -> None:
    written = "~".join(part.replace("~", "") for part in parts)
    assert "~".join(one.written for one in Cell(written, Separators(), "ascii").repetitions()) == written


def test_only_short_fields_are_kept() -> None:
    asked: list[str] = []

    @alike
    def meant(cell: Cell, more: str) -> str:
        asked.append(cell.written)
        return cell.written + more

    for written in ("short", "long" * 1000):
        cell = Cell(written, Separators(), "ascii")
        assert [meant(cell, "!"), meant(cell, "!"), meant(cell, "?")] == [f"{written}!", f"{written}!", f"{written}?"]
    assert asked == ["short", "short", *["long" * 1000] * 3]


def test_the_path_of_a_fault_is_that_of_its_own_row() -> None:
    (found,) = stated(text(msh(), pid(), obr(), obx("1,5"), obx("7"), obx("1,5")), laboratory())
    assert [getattr(one.value, "path", None) for one in found.values] == ["OBX[1]-5", None, "OBX[3]-5"]


def test_fields_of_other_separators_are_not_taken_for_the_same() -> None:
    usual, other = (read(f"MSH|{marks}|A\rOBX|1||a^b!c".encode()).first("OBX") for marks in ("^~\\&", "!@%*"))
    assert usual is not None and other is not None
    assert [usual.cell(3).text(), other.cell(3).text()] == ["a", "a^b"]
