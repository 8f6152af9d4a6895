"""`picustream lint`: a source of which a part measures in another unit than its label, or is read in part."""

import random
from decimal import Decimal

import pytest

from picustream.lint.levels import RANGES, Levels, part_in_another_unit
from picustream.scoring.chart.units import QUANTITIES
from tests.lint.cards import WHOLE, card
from tests.scoring.build import obs


def report(variable: str, unit: str, *values: float) -> list[tuple[int, str]]:
    """What the card says of values of one source."""
    ward = WHOLE
    for number, value in enumerate(values):
        ward = ward.lab(f"day 1 11:{number:02}", obs(variable, value, unit), source="lis")
    return [(one.count, one.message) for one in card(*ward.events).findings if one.code == "unit-suspect"]


@pytest.mark.parametrize(
    ("variable", "label", "right", "wrong", "looks"),
    [
        ("creatinine", "umol/L", (44, 51, 60, 38), (0.51, 0.43, 0.72), "mg/dL or mmol/L"),
        ("creatinine", "umol/L", (44, 51, 60, 38), (4.1, 3.2, 2.8), "mg/dL"),
        ("creatinine", "mg/dL", (0.51, 0.43, 0.72, 0.61), (44, 51, 60), "umol/L"),
        ("bilirubin_total", "umol/L", (12, 8, 31, 17), (0.62, 0.41, 0.93), "mg/dL"),
        ("platelets", "10*9/L", (210, 150, 88, 95), (210_000, 150_000, 88_000), "/uL"),
        ("map_invasive", "mmHg", (61, 55, 58, 70), (8.1, 9.2, 7.4), "kPa"),
    ],
)
def test_a_part_of_the_values_that_looks_like_another_unit_is_reported(
    variable: str, label: str, right: tuple[float, ...], wrong: tuple[float, ...], looks: str
) -> None:
    """The median says nothing, for most are right. No value is in the words, and only those values are counted."""
    [(count, message)] = report(variable, label, *right, *wrong)
    assert count == len(wrong) and f"look like {looks}. Does one of its laboratories" in message
    assert f"this many of {len(right) + len(wrong)} values" in message
    assert not any(f"{value}" in message for value in (*right, *wrong))


@pytest.mark.parametrize(
    ("variable", "label", "values"),
    [
        ("creatinine", "umol/L", (44, 51, 60, 0.5, 0.4)),
        ("creatinine", "umol/L", (44,) * 31 + (0.5, 0.4, 0.6)),
        ("creatinine", "umol/L", (12, 9, 11, 44, 51, 60)),
        ("creatinine", "umol/L", (44, 51, 60, 0.0001, 0.0002, 0.0001)),
        ("platelets", "10*9/L", (1, 1, 1, 40, 55, 61)),
        ("map_invasive", "mmHg", (61, 55, 58, 1, 1, 2)),
    ],
)
def test_few_values_and_artefacts_are_no_finding(variable: str, label: str, values: tuple[float, ...]) -> None:
    """Two, a twelfth of all, a newborn's, what no unit explains, a marrow that makes none, a line that was flushed."""
    assert report(variable, label, *values) == []


@pytest.mark.parametrize("seed", range(20))
def test_what_is_possible_in_its_unit_is_never_a_part_in_another(seed: int) -> None:
    chance = random.Random(seed)
    for variable, possible in RANGES.items():
        for unit, factor in QUANTITIES[variable].factors.items():
            levels = Levels()
            for _ in range(9):
                levels.add(Decimal(chance.uniform(possible.low, possible.high)) / Decimal(factor))
            assert part_in_another_unit(variable, unit, levels) == (0, [])


@pytest.mark.parametrize(("support", "told_of"), [("oxygen", False), ("ecmo", True)])
def test_a_ventilator_whose_support_is_read_is_not_unread(support: str, told_of: bool) -> None:
    """It may send nothing else: a value that no rule asks for beside it changes nothing."""
    other = {"code": "1-0", "value": 5, "unit": "x"}
    ward = WHOLE.vent("day 1 11:00", support, other, source="gw")
    unread = [one.about for one in card(*ward.events).findings if one.code == "feed-unread"]
    assert unread == ["gw"] * told_of
