"""One day of the Marshall score: rules M1-M6."""

from decimal import Decimal
from typing import Any

import pytest

from picustream.scoring.scores.mods.organs import ORGANS
from tests.scoring.build import Record, Stay, obs

WARD = Stay().admitted("day 1 00:00", birth_date="2020-05-01", sex="female").discharged("day 5 00:00")
ONE_VALUE = {"renal": "creatinine", "hepatic": "bilirubin_total", "haematologic": "platelets"}


def said(organ: Record) -> tuple[str, Any, int]:
    return organ["basis"], organ["value"], organ["points"]


# M1. ---------------------------------------------------------------------------------------------------------------

BANDS = {organ.name: organ.bands for organ in ORGANS}
EDGES = {
    "respiratory": [300, 225, 150, 75],
    "renal": [100, 200, 350, 500],
    "hepatic": [20, 60, 120, 240],
    "cardiovascular": [10, 15, 20, 30],
    "haematologic": [120, 80, 50, 20],
    "neurologic": [14, 12, 9, 6],
}
FALLING = {"respiratory", "haematologic", "neurologic"}


@pytest.mark.proves("M1")
@pytest.mark.parametrize("organ", EDGES)
def test_m1_bands_are_open_below_and_closed_above(organ: str) -> None:
    """A value on an edge belongs to the band below the edge, one just above it to the band above."""
    bands = BANDS[organ]
    just = Decimal("1e-20")
    for place, edge in enumerate(EDGES[organ]):
        worse, better = (place + 1, place) if organ in FALLING else (place, place + 1)
        assert (bands.points(Decimal(edge)), bands.points(edge + just)) == (worse, better)


@pytest.mark.proves("M1", "I7")
def test_m1_a_band_reads_as_it_scores() -> None:
    """The band that is shown for a number of points is the one that gives them."""
    assert [str(BANDS["renal"].by_points[points]) for points in range(5)] == [
        "<= 100", "(100, 200]", "(200, 350]", "(350, 500]", "> 500",
    ]  # fmt: skip
    assert [str(BANDS["respiratory"].by_points[points]) for points in range(5)] == [
        "> 300", "(225, 300]", "(150, 225]", "(75, 150]", "<= 75",
    ]  # fmt: skip


# M2, M3. -----------------------------------------------------------------------------------------------------------


@pytest.mark.proves("M2", "M3")
@pytest.mark.parametrize(("organ", "variable"), ONE_VALUE.items())
def test_m2_the_first_value_of_the_day_counts_not_the_worst(organ: str, variable: str) -> None:
    """Later and worse is later; an earlier one that arrives late replaces it."""
    ward = WARD.lab("day 1 10:00", obs(variable, 55)).lab("day 1 11:00", obs(variable, 19))
    ward = ward.lab("day 1 12:00", obs(variable, 600))
    assert ward.organ(1, organ)["value"] == 55
    late = ward.lab("day 1 09:00", obs(variable, 190), recorded="day 1 20:00")
    assert late.organ(1, organ)["value"] == 190


@pytest.mark.proves("M2", "V1")
def test_m2_an_unusable_first_value_is_passed_over() -> None:
    """The first usable value counts."""
    ward = WARD.lab("day 1 09:00", creatinine=9999).lab("day 1 10:00", creatinine=150)
    assert ward.organ(1, "renal")["value"] == 150


@pytest.mark.proves("M2", "T1")
def test_m2_the_first_moment_of_the_day_belongs_to_it() -> None:
    """Midnight to midnight, the last microsecond included."""
    ward = WARD.lab("day 2", creatinine=150).lab("day 3 -1us", creatinine=250, bilirubin_total=50)
    assert (ward.organ(2, "renal")["value"], ward.organ(2, "hepatic")["basis"]) == (150, "measured")


# M4. ---------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("M4", "P1")
def test_m4_the_first_sample_that_can_be_paired_counts() -> None:
    """An earlier unpaired sample is passed over, and named."""
    ward = WARD.gas("day 1 08:00", obs("pao2", 60, id="alone")).gas("day 1 09:00", pao2=80, fio2="0.5")
    organ = ward.gas("day 1 10:00", pao2=50, fio2="1.0").organ(1, "respiratory")
    assert organ["value"] == 160
    assert organ["candidates_rejected"] == [{"id": "alone", "reason": "unpaired"}]


@pytest.mark.proves("M4")
@pytest.mark.parametrize("support", ["invasive", "non-invasive", "high-flow", "oxygen", "unknown"])
def test_m4_the_mode_of_ventilation_does_not_matter(support: str) -> None:
    """A P/F counts whatever helps the child to breathe."""
    ward = WARD.vent("day 1 08:00", support, obs("fio2", "0.5"), obs("peep", 0)).gas("day 1 08:30", pao2=80)
    assert ward.organ(1, "respiratory")["value"] == 160


# M5. ---------------------------------------------------------------------------------------------------------------


@pytest.mark.proves("M5", "P4")
def test_m5_the_first_cvp_with_a_whole_triplet_counts() -> None:
    """The pressure-adjusted rate of 10 o'clock, not the product of three first values."""
    ward = WARD.vital("day 1 02:00", cvp=20).vital("day 1 04:00", heart_rate=200).vital("day 1 06:00", map_invasive=40)
    ward = ward.vital("day 1 10:00", cvp=8, heart_rate=120, map_invasive=60)
    assert said(ward.organ(1, "cardiovascular")) == ("measured", 16, 2)


@pytest.mark.proves("M5")
@pytest.mark.parametrize(("cvp", "rate", "points"), [("0", 0, 0), ("-2", -4, 0), ("5", 10, 0), ("5.01", "10.02", 1)])
def test_m5_a_cvp_of_zero_or_less_gives_no_points(cvp: str, rate: Any, points: int) -> None:
    """A negative rate is 0 points, and measured."""
    ward = WARD.vital("day 1 10:00", cvp=cvp, heart_rate=120, map_invasive=60)
    assert said(ward.organ(1, "cardiovascular")) == ("measured", Decimal(rate), points)
    assert ward.organ(1, "cardiovascular")["unit"] == "1"


@pytest.mark.proves("M5", "M8", "I6")
def test_m5_a_cvp_is_never_invented() -> None:
    """Heart rate and pressure alone give an infant no points."""
    organ = WARD.vital("day 1 10:00", heart_rate=150, map_invasive=50).organ(1, "cardiovascular")
    assert said(organ) == ("assumed-normal", None, 0)
    assert organ["reason"] == "no-cvp"


# M6. ---------------------------------------------------------------------------------------------------------------

PARTS = WARD.vital("day 1 10:00", gcs_eye=2)


@pytest.mark.proves("M6")
def test_m6_the_first_score_counts_as_total_or_in_parts() -> None:
    """Whichever comes first; at equal times the total."""
    parts = obs("gcs_eye", 2), obs("gcs_verbal", 2), obs("gcs_motor", 4)
    both = WARD.vital("day 1 10:00", *parts).vital("day 1 10:00", obs("gcs_total", 12, id="z"))
    assert both.organ(1, "neurologic")["value"] == 12
    assert (
        WARD.vital("day 1 10:00 -1us", *parts).vital("day 1 10:00", gcs_total=12).organ(1, "neurologic")["value"] == 8
    )


@pytest.mark.proves("M6")
@pytest.mark.parametrize("part", ["gcs_verbal", "gcs_motor"])
@pytest.mark.parametrize(("when", "whole"), [
    ("day 1 09:45 -1us", False),
    ("day 1 09:45", True),
    ("day 1 10:15", True),
    ("day 1 10:15 +1us", False),
])  # fmt: skip
def test_m6_parts_belong_together_within_15_minutes(part: str, when: str, whole: bool) -> None:
    """Verbal and motor within 15 min of the eye value, both ends included; two parts are no score."""
    other = "gcs_motor" if part == "gcs_verbal" else "gcs_verbal"
    organ = PARTS.vital("day 1 10:00", obs(other, 4)).vital(when, obs(part, 3)).organ(1, "neurologic")
    assert said(organ) == (("measured", 9, 3) if whole else ("assumed-normal", None, 0))
    assert organ["reason"] == (None if whole else "unpaired")


@pytest.mark.proves("M6")
def test_m6_the_nearest_part_is_taken_at_equal_distance_the_earlier() -> None:
    """Either side of the eye value."""
    ward = PARTS.vital("day 1 10:00", gcs_motor=4).vital("day 1 10:10", gcs_verbal=5).vital("day 1 09:50", gcs_verbal=3)
    assert ward.organ(1, "neurologic")["value"] == 9
    assert ward.vital("day 1 10:09", gcs_verbal=4).organ(1, "neurologic")["value"] == 10


@pytest.mark.proves("M6", "T1")
def test_m6_parts_may_lie_on_the_neighbouring_day() -> None:
    """The time of the score is the eye value's."""
    ward = WARD.vital("day 2", gcs_eye=2).vital("day 1 23:50", gcs_verbal=3).vital("day 2 00:10", gcs_motor=4)
    assert [ward.organ(day, "neurologic")["basis"] for day in (1, 2)] == ["assumed-normal", "measured"]


@pytest.mark.proves("M6")
def test_m6_an_eye_value_without_its_parts_gives_way_to_the_next() -> None:
    """Each eye value in order is tried."""
    ward = PARTS.vital("day 1 12:00", gcs_eye=4, gcs_verbal=5, gcs_motor=6)
    assert ward.organ(1, "neurologic")["value"] == 15


@pytest.mark.proves("M6", "M9")
@pytest.mark.parametrize(("began", "sedated"), [("day 1 10:00", True), ("day 1 10:00 +1us", False)])
def test_m6_under_sedation_a_score_counts_as_15(began: str, sedated: bool) -> None:
    """From the very moment it is on; the charted value stays in the inputs."""
    organ = WARD.sedation(began, "on").vital("day 1 10:00", gcs_total=6).organ(1, "neurologic")
    assert said(organ) == (("assumed-normal-sedated", 15, 0) if sedated else ("measured", 6, 4))
    assert organ["inputs"][0]["value"] == 6
    assert organ["reason"] == ("sedated" if sedated else None)


@pytest.mark.proves("M6")
def test_m6_sedation_ends_when_it_is_off() -> None:
    """The latest state at or before the score holds."""
    ward = WARD.sedation("day 1 08:00", "on").sedation("day 1 10:00", "off").vital("day 1 10:00", gcs_total=6)
    assert said(ward.organ(1, "neurologic")) == ("measured", 6, 4)


@pytest.mark.proves("M6")
@pytest.mark.parametrize(("altered", "basis"), [
    (True, "measured"), (False, "assumed-normal-sedated"), (None, "assumed-normal-sedated"),
])  # fmt: skip
def test_m6_an_intrinsic_alteration_is_scored_though_sedated(altered: bool | None, basis: str) -> None:
    """Where the brain itself is ill, the charted score counts."""
    more = {} if altered is None else {"intrinsic_alteration": altered}
    assert (
        WARD.sedation("day 1 08:00", "on", **more).vital("day 1 10:00", gcs_total=6).organ(1, "neurologic")["basis"]
        == basis
    )


@pytest.mark.proves("M6")
@pytest.mark.parametrize(("first", "then", "basis"), [
    (True, False, "assumed-normal-sedated"), (False, True, "measured"),
])  # fmt: skip
def test_m6_the_latest_word_on_sedation_holds_whole(first: bool, then: bool, basis: str) -> None:
    """An intrinsic alteration that an earlier event named, or did not yet name, says nothing any more."""
    ward = WARD.sedation("day 1 08:00", "on", intrinsic_alteration=first)
    ward = ward.sedation("day 1 09:00", "on", intrinsic_alteration=then).vital("day 1 10:00", gcs_total=6)
    assert ward.organ(1, "neurologic")["basis"] == basis


@pytest.mark.proves("M6")
def test_m6_a_sedated_first_score_is_still_the_first() -> None:
    """An unsedated score later in the day does not replace it."""
    ward = WARD.sedation("day 1 08:00", "on").vital("day 1 10:00", gcs_total=6).sedation("day 1 12:00", "off")
    assert ward.vital("day 1 14:00", gcs_total=11).organ(1, "neurologic")["basis"] == "assumed-normal-sedated"
