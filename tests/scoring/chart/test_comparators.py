"""Values of which only a side is known, as `<10`: usable where every such value gives the same points (rule V4)."""

from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.models.record import Comparator
from picustream.models.variable import Variable
from picustream.scoring.chart.units import QUANTITIES
from picustream.scoring.scores.mods.organs import ORGANS, Organ
from picustream.scoring.scores.registry import SHIPPED as KINDS
from tests.scoring.build import Record, Stay, obs

WARD = Stay().admitted("day 1 00:00", birth_date="2020-05-01", sex="female").discharged("day 5 00:00")
SIDES = ("<", "<=", ">=", ">")


def platelets(value: Any, comparator: str, unit: str = "10*9/L") -> Record:
    """The haematologic component of a day with this value alone."""
    return WARD.lab("day 1 09:00", obs("platelets", value, unit, comparator=comparator)).organ(1, "haematologic")


SIDED = [organ for organ in ORGANS if organ.one_value is not None]


@pytest.mark.proves("V4", "I7")
@pytest.mark.parametrize(("value", "comparator", "points"), [
    (10, "<", 4), (20, "<", 4), (20, "<=", 4), (120, ">", 0), ("120.1", ">=", 0), (2000, ">=", 0), (0, "<=", 4),
])  # fmt: skip
def test_v4_a_side_whose_every_value_gives_the_same_points_is_measured(
    value: Any, comparator: str, points: int
) -> None:
    """The number is in the record, and with it, in component and input, on which side of it the true value is."""
    found = platelets(value, comparator)
    assert (found["basis"], found["points"], found["value"]) == ("measured", points, Decimal(str(value)))
    assert (found["comparator"], found["inputs"][0]["comparator"]) == (comparator, comparator)


@pytest.mark.proves("V4", "M8")
@pytest.mark.parametrize(("value", "comparator"), [(21, "<"), (120, ">="), (80, ">"), (0, "<"), (2000, ">"), (50, "<")])
def test_v4_a_side_with_several_points_or_no_value_is_not_measured(value: Any, comparator: str) -> None:
    """It is named with its reason, and makes no dead letter."""
    ward = WARD.lab("day 1 09:00", obs("platelets", value, id="p1", comparator=comparator))
    found = ward.organ(1, "haematologic")
    assert (found["basis"], found["reason"], found["comparator"]) == ("assumed-normal", "not-measured", None)
    assert found["candidates_rejected"] == [{"id": "p1", "reason": "comparator"}]
    assert ward.dead_letters == []


@pytest.mark.proves("V4", "V2")
def test_v4_above_an_edge_the_points_are_not_those_of_the_number() -> None:
    """500 itself is worth 3 points; whatever is above it 4."""
    found = WARD.lab("day 1 09:00", obs("creatinine", 500, comparator=">")).organ(1, "renal")
    assert (found["value"], found["points"]) == (500, 4)


@pytest.mark.proves("V4")
def test_v4_the_number_is_converted_as_any_other() -> None:
    """`< 0.3 mg/dL` of bilirubin is below 5.1312 umol/L."""
    found = WARD.lab("day 1 09:00", obs("bilirubin_total", "0.3", "mg/dL", comparator="<")).organ(1, "hepatic")
    assert (found["points"], found["value"], found["comparator"]) == (0, Decimal("5.1312"), "<")


@pytest.mark.proves("V4", "M7")
def test_v4_it_is_carried_forward_with_its_side() -> None:
    """Like any other measured value."""
    ward = WARD.lab("day 1 09:00", obs("platelets", 10, comparator="<"))
    found = ward.organ(2, "haematologic")
    assert (found["basis"], found["points"], found["comparator"]) == ("carried-forward", 4, "<")


@pytest.mark.proves("V4", "M2")
def test_v4_an_unusable_side_is_passed_over_and_hides_its_older_version() -> None:
    """The next usable value of the day counts; a correction with an uncertain side leaves none."""
    ward = WARD.lab("day 1 09:00", obs("platelets", 60, comparator="<")).lab("day 1 10:00", platelets=70)
    assert ward.organ(1, "haematologic")["value"] == 70
    first = WARD.lab("day 1 09:00", obs("platelets", 70, id="p"), recorded="day 1 09:10")
    later = first.lab("day 1 09:00", obs("platelets", 60, id="p", comparator="<"), recorded="day 1 09:20")
    assert later.organ(1, "haematologic")["basis"] == "assumed-normal"


@pytest.mark.proves("V4", "M5", "M4", "M6")
@pytest.mark.parametrize("variable", sorted(set(Variable) - {organ.one_value for organ in SIDED}))
def test_v4_of_no_other_variable_a_side_can_be_used(variable: Variable) -> None:
    """Whatever is made of two values needs both of them exactly."""
    quantity = QUANTITIES[variable]
    assert not any(
        KINDS.is_certain(variable, number, side) for number, side in product((quantity.low, quantity.high), SIDES)
    )


@pytest.mark.proves("V4")
@pytest.mark.parametrize(("said", "reason", "part"), [
    (obs("platelets", 10, comparator="~"), "word-unknown", "comparator"),
    (obs("platelets", 10, comparator="ad"), "word-unknown", "comparator"),
    (obs("platelets", 10, "furlong", comparator="<"), "unit-unknown", "unit"),
    (obs("platelets", 2001, comparator="<"), "implausible", "value"),
    (obs("platelets", 2001, "furlong", comparator="~"), "word-unknown", "comparator"),
])  # fmt: skip
def test_v4_of_several_faults_one_is_named(said: dict[str, Any], reason: str, part: str) -> None:
    """Value, comparator, unit, range."""
    letters = WARD.lab("day 1 09:00", said).dead_letters
    assert [(one["reason"], one["path"]) for one in letters] == [(reason, f"/observations/0/{part}")]


@pytest.mark.proves("V4")
@pytest.mark.parametrize("status", ["registered", "unknown", "cancelled", "entered-in-error"])
def test_v4_the_comparator_of_what_does_not_count_is_not_evaluated(status: str) -> None:
    said = obs("platelets", 10, comparator="~")
    assert WARD.lab("day 1 09:00", said, status=status, recorded="day 1 10:00").dead_letters == []


@pytest.mark.proves("V4", "V2")
@given(st.sampled_from(SIDED), st.sampled_from(SIDES), st.decimals(0, 600, places=1), st.data())
def test_v4_certain_means_that_every_value_on_that_side_agrees(
    organ: Organ, side: Comparator, value: Decimal, data: Any
) -> None:
    """Against values drawn on that side of the number, in the range of the variable."""
    assert organ.one_value is not None
    quantity = QUANTITIES[organ.one_value]
    points = organ.points(value, side)
    low, high = (quantity.low, value) if side in ("<", "<=") else (value, quantity.high)
    inside = [
        one for one in data.draw(st.lists(st.decimals(low, high, places=2), min_size=1)) if _lies(one, side, value)
    ]
    seen = {organ.bands.points(one) for one in inside}
    if points is not None:
        assert seen <= {points}
    elif inside:
        tiny = Decimal("0.01")
        edges = [band.high for band in organ.bands.by_points.values() if band.high and low <= band.high <= high]
        around = [one for edge in (low, high, *edges) for one in (edge - tiny, Decimal(edge), edge + tiny)]
        given = {organ.bands.points(one) for one in around if low <= one <= high and _lies(one, side, value)}
        assert len(given | seen) > 1


def _lies(one: Decimal, side: str, value: Decimal) -> bool:
    return {"<": one < value, "<=": one <= value, ">=": one >= value, ">": one > value}[side]
