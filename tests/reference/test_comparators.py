"""The reference on values with a comparator, with expectations worked out by hand (V4)."""

import pytest

from . import dead_letters
from .bands import one_value_points
from .worked import ADMITTED, AT, DAY, LEFT, charted, creatinine, lab, mods, renal
from .written import exact

SIDES = [
    ("platelets", "<", "10", 4),
    ("platelets", "<", "20", 4),
    ("platelets", "<=", "20", 4),
    ("platelets", "<", "20.1", None),
    ("platelets", ">", "120", 0),
    ("platelets", ">=", "120", None),
    ("platelets", ">=", "120.001", 0),
    ("platelets", "<", "0", None),  # no value is possible
    ("platelets", "<=", "0", 4),
    ("platelets", ">", "2000", None),
    ("platelets", ">=", "2000", 0),
    ("platelets", ">", "19", None),
    ("creatinine", "<", "100", 0),
    ("creatinine", "<=", "100", 0),
    ("creatinine", "<", "100.0001", None),
    ("creatinine", ">", "500", 4),
    ("creatinine", ">=", "500", None),
    ("creatinine", ">", "100", None),
    ("bilirubin_total", "<=", "20", 0),
    ("bilirubin_total", ">", "240", 4),
    ("bilirubin_total", ">", "239.9", None),
]


@pytest.mark.parametrize(("variable", "comparator", "number", "points"), SIDES)
def test_v4_a_side_counts_where_all_its_values_give_the_same_points(
    variable: str, comparator: str, number: str, points: int | None
) -> None:
    assert one_value_points(variable, exact(number), comparator) == points


def test_v4_it_is_measured_shows_its_comparator_and_is_carried() -> None:
    event = lab(creatinine(5.66, unit="mg/dL", comparator=">"))  # 500.344 umol/L
    for day, basis in ((DAY, "measured"), ("2025-01-02", "carried-forward")):
        found = mods([ADMITTED, LEFT, event], day)["renal"]
        assert (found["basis"], found["points"], found["comparator"]) == (basis, 4, ">")
        assert (float(found["value"]), found["inputs"][0]["comparator"]) == (500.344, ">")


def test_v4_an_undecided_side_is_passed_over_for_the_next_value_and_is_no_dead_letter() -> None:
    unclear = lab(creatinine(450, comparator=">", id="unclear"))
    assert dead_letters(*unclear) == []
    next_one = charted("lab", f"{DAY}T10:00:00+08:00", {"creatinine": (300, "umol/L")})
    found = renal(unclear, next_one)
    assert (found["points"], found["candidates_rejected"]) == (2, [{"id": "unclear", "reason": "comparator"}])
    assert renal(unclear)["reason"] == "not-measured"


@pytest.mark.parametrize(("topic", "name"), [("lab", "pao2"), ("ventilator", "fio2")])
def test_v4_no_gas_is_paired_by_a_value_with_a_comparator(topic: str, name: str) -> None:
    gas = charted("lab", AT, {"pao2": (80, "mmHg")}, specimen="arterial")
    air = charted("ventilator", AT, {"fio2": (0.4, "1")})
    assert mods([ADMITTED, LEFT, gas, air], DAY)["respiratory"]["points"] == 2
    for event in (gas, air):
        if event[0] == f"picu.{topic}.v1":
            event[1]["observations"][0]["comparator"] = ">="
    assert mods([ADMITTED, LEFT, gas, air], DAY)["respiratory"]["basis"] == "assumed-normal"
