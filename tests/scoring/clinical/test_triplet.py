"""Heart rate and arterial pressure with a central venous pressure: rule P4."""

from decimal import Decimal
from typing import Any

import pytest

from tests.scoring.build import Stay, obs

WARD = Stay().admitted("day 1 00:00", birth_date="2020-05-01").discharged("day 4 00:00")
CENTRAL = WARD.vital("day 2 10:00", cvp=10)


def rate_adjusted(ward: Stay) -> Any:
    organ = ward.organ(2, "cardiovascular")
    return organ["value"] if organ["basis"] == "measured" else organ["reason"]


def beside(ward: Stay, variable: str, **moments: Any) -> Stay:
    """Values of one variable at moments given as `h0945=120`."""
    for moment, value in moments.items():
        ward = ward.vital(f"day 2 {moment[1:3]}:{moment[3:5]}", obs(variable, value))
    return ward


@pytest.mark.proves("P4")
@pytest.mark.parametrize("variable", ["heart_rate", "map_invasive", "map_noninvasive"])
@pytest.mark.parametrize(("when", "found"), [
    ("day 2 09:00 -1us", False),
    ("day 2 09:00", True),
    ("day 2 09:45", True),
    ("day 2 10:00", True),
    ("day 2 10:15", True),
    ("day 2 10:15 +1us", False),
])  # fmt: skip
def test_p4_neighbours_lie_within_15_minutes_or_in_the_hour_before(variable: str, when: str, found: bool) -> None:
    """15 min either side, else 60 min back, all ends included."""
    other = obs("map_invasive", 100) if variable == "heart_rate" else obs("heart_rate", 100)
    ward = CENTRAL.vital("day 2 10:00", other).vital(when, obs(variable, 100))
    assert rate_adjusted(ward) == (10 if found else "unpaired")


@pytest.mark.proves("P4")
@pytest.mark.parametrize("variable", ["heart_rate", "map_invasive", "map_noninvasive"])
def test_p4_the_nearest_neighbour_is_taken_at_equal_distance_the_earlier(variable: str) -> None:
    """Nearest either side; a tie goes to the earlier, then to the order of observations."""
    ward = CENTRAL.vital("day 2 10:00", obs("map_invasive" if variable == "heart_rate" else "heart_rate", 100))

    def chosen(ward: Stay) -> Decimal:
        return next(one["value"] for one in ward.organ(2, "cardiovascular")["inputs"] if one["variable"] == variable)

    tie = beside(ward, variable, h1010=70, h0950=60)
    assert chosen(tie) == 60
    assert chosen(tie.vital("day 2 10:09", obs(variable, 80))) == 80
    assert chosen(tie.vital("day 2 09:50", obs(variable, 90), source="a")) == 90


@pytest.mark.proves("P4")
def test_p4_beyond_15_minutes_the_latest_before_is_taken() -> None:
    """Nothing within 15 minutes: the latest of the hour before, not the nearest after."""
    ward = beside(beside(CENTRAL, "map_invasive", h1000=100), "heart_rate", h0905=60, h0930=120, h1016=180)
    assert rate_adjusted(ward) == 12


@pytest.mark.proves("P4")
@pytest.mark.parametrize(("invasive", "cuff", "chosen"), [
    ("h1015", "h1000", 50),
    ("h0944", "h1015", 100),
    ("h0944", "h0940", 50),
    ("h0900", "h0944", 50),
    (None, "h0944", 100),
])  # fmt: skip
def test_p4_pressure_is_invasive_before_cuff_first_near_then_before(
    invasive: str | None, cuff: str, chosen: int
) -> None:
    """Invasive within 15 min, cuff within 15 min, invasive of the hour before, cuff of the hour before."""
    ward = beside(beside(CENTRAL, "heart_rate", h1000=100), "map_noninvasive", **{cuff: 100})
    ward = beside(ward, "map_invasive", **({invasive: 50} if invasive else {}))
    assert ward.organ(2, "cardiovascular")["inputs"][2]["value"] == chosen


@pytest.mark.proves("P4", "T1")
def test_p4_neighbours_may_lie_on_the_neighbouring_day() -> None:
    """A CVP at midnight finds its rate before and its pressure after it."""
    ward = WARD.vital("day 2", cvp=10).vital("day 1 23:50", heart_rate=100).vital("day 2 00:10", map_invasive=100)
    assert rate_adjusted(ward) == 10
    ward = WARD.vital("day 2 23:59", cvp=10).vital("day 3 00:10", heart_rate=100, map_invasive=100)
    assert rate_adjusted(ward) == 10


@pytest.mark.proves("P4", "T2")
def test_p4_neighbours_lie_inside_the_stay() -> None:
    """A heart rate from before the admission does not count."""
    ward = Stay().admitted("day 2 09:55").discharged("day 4 00:00").vital("day 2 10:00", cvp=10, map_invasive=100)
    assert rate_adjusted(ward.vital("day 2 09:50", heart_rate=100)) == "unpaired"
    assert rate_adjusted(ward.vital("day 2 09:55", heart_rate=100)) == 10


@pytest.mark.proves("P4", "V1")
def test_p4_an_implausible_neighbour_is_no_neighbour() -> None:
    """A pressure of 801 is an artefact; the next one is used."""
    ward = beside(beside(CENTRAL, "heart_rate", h1000=100), "map_invasive", h1000=801, h0955=50)
    assert rate_adjusted(ward) == 20


@pytest.mark.proves("P4", "M5")
@pytest.mark.parametrize("cvp", ["0", "-2"])
def test_p4_a_cvp_of_zero_or_less_needs_its_triplet_too(cvp: str) -> None:
    """Without rate and pressure a negative CVP is unpaired, not zero points."""
    ward = WARD.vital("day 2 10:00", cvp=cvp)
    assert rate_adjusted(ward) == "unpaired"
    assert rate_adjusted(ward.vital("day 2 10:00", heart_rate=100, map_invasive=50)) == 2 * Decimal(cvp)
