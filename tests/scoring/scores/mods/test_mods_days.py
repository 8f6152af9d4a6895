"""The daily Marshall score from day to day: what is carried, assumed, marked and counted (M7-M11)."""

from decimal import Decimal

import pytest

from picustream.scoring.scores.mods.record import MODS
from tests.scoring.build import Stay
from tests.scoring.scores.mods.test_mods import EDGES, WARD, said


@pytest.mark.proves("M7", "M8")
def test_m7_a_day_without_a_value_carries_the_last_measured_one() -> None:
    """Not carried from a carried one: age and time are those of the measurement."""
    ward = WARD.lab("day 1 06:00", creatinine=250)
    carried = ward.organ(3, "renal")
    assert said(carried) == ("carried-forward", 250, 2)
    assert carried["age_hours"] == 66
    assert carried["reason"] == "not-measured"
    assert carried["inputs"] == ward.organ(1, "renal")["inputs"]


@pytest.mark.proves("M7")
def test_m7_the_most_recent_measured_day_is_carried() -> None:
    """A newer measured day replaces an older one, and a late one in between reaches the days after it."""
    ward = WARD.lab("day 1 06:00", creatinine=250).lab("day 3 06:00", creatinine=60)
    assert [ward.organ(day, "renal")["value"] for day in (1, 2, 3, 4)] == [250, 250, 60, 60]
    late = ward.lab("day 2 06:00", creatinine=550, recorded="day 9 06:00")
    assert [late.organ(day, "renal")["value"] for day in (1, 2, 3, 4)] == [250, 550, 60, 60]


@pytest.mark.proves("M7", "I6")
def test_m7_before_the_first_measurement_normal_is_assumed() -> None:
    """Nothing is carried backward."""
    ward = WARD.lab("day 2 06:00", creatinine=250)
    assert said(ward.organ(1, "renal")) == ("assumed-normal", None, 0)


@pytest.mark.proves("M7")
@pytest.mark.parametrize(("limit", "basis"), [("42", "carried-forward"), ("41.9999", "assumed-normal")])
def test_m7_a_limit_of_age_is_a_parameter(limit: str, basis: str) -> None:
    """Measured at 06:00, 42 h old at the end of the next day: exactly the limit is still carried."""
    ward = WARD.lab("day 1 06:00", creatinine=250).under(mods={"carry_forward_hours": Decimal(limit)})
    assert ward.organ(2, "renal")["basis"] == basis


@pytest.mark.proves("M7")
@pytest.mark.parametrize("organ", ["respiratory", "cardiovascular", "neurologic"])
def test_m7_of_ratios_the_result_is_carried_not_its_parts(organ: str) -> None:
    """Parts of the next day do not mix with those of yesterday."""
    ward = WARD.gas("day 1 08:00", pao2=80, fio2="0.5").vital("day 1 08:00", cvp=8, heart_rate=120, map_invasive=60)
    ward = ward.vital("day 1 08:00", gcs_eye=2, gcs_verbal=3, gcs_motor=4)
    tomorrow = ward.vent("day 2 08:00", "invasive", fio2=1).vital("day 2 08:00", heart_rate=60, gcs_motor=6)
    assert tomorrow.organ(2, organ)["value"] == ward.organ(1, organ)["value"]
    assert tomorrow.organ(2, organ)["basis"] == "carried-forward"


@pytest.mark.proves("M8", "M9", "I6")
def test_m8_measured_carried_and_assumed_are_counted_apart() -> None:
    """The range says what the total could be: 0 at least and 4 at most for whatever was not measured that day."""
    ward = WARD.lab("day 1 06:00", creatinine=250, bilirubin_total=250).lab("day 2 06:00", platelets=60)
    ward = ward.sedation("day 2 00:00", "on").vital("day 2 06:00", gcs_total=3)
    record = ward.mods(2)
    assert (record["measured"], record["carried"], record["assumed"]) == (1, 2, 3)
    assert record["total"] == 2 + 4 + 2
    assert record["range"] == {"min": 2, "max": 2 + 5 * 4}


@pytest.mark.proves("M9", "M7")
def test_m9_a_sedated_score_is_not_carried_forward() -> None:
    """What was assumed yesterday is not known today; the last measured one is, over any number of sedated days."""
    sedated = WARD.sedation("day 2 00:00", "on").vital("day 2 06:00", gcs_total=3)
    assert sedated.organ(3, "neurologic")["basis"] == "assumed-normal"
    known = sedated.vital("day 1 06:00", gcs_total=8)
    assert said(known.organ(2, "neurologic")) == ("assumed-normal-sedated", 15, 0)
    assert said(known.organ(3, "neurologic")) == ("carried-forward", 8, 3)


# M10, M11. ---------------------------------------------------------------------------------------------------------

INTUBATED = WARD.vent("day 1 09:00", "invasive")


@pytest.mark.proves("M10")
@pytest.mark.parametrize(("said_of", "marked"), [
    ({"gcs_eye": 4, "gcs_verbal": 1, "gcs_motor": 6}, True),
    ({"gcs_eye": 4, "gcs_verbal": 2, "gcs_motor": 6}, False),
    ({"gcs_total": 11}, True),
])  # fmt: skip
def test_m10_an_untestable_verbal_score_is_marked(said_of: dict[str, int], marked: bool) -> None:
    """Intubated with verbal 1, or with a total alone: a caveat, and the points as charted."""
    record = INTUBATED.vital("day 1 10:00", **said_of).mods(1)
    assert ("intubated-verbal" in record["caveats"]) is marked
    assert record["components"][5]["value"] == sum(said_of.values())
    free = WARD.vital("day 1 10:00", **said_of).mods(1)
    assert "intubated-verbal" not in free["caveats"]


@pytest.mark.proves("M10", "M7")
def test_m10_the_caveat_is_of_the_day_on_which_the_score_was_taken() -> None:
    """Tomorrow's carried score does not repeat the caveat."""
    ward = INTUBATED.vital("day 1 10:00", gcs_total=11)
    assert ["intubated-verbal" in ward.mods(day)["caveats"] for day in (1, 2)] == [True, False]


@pytest.mark.proves("M10", "I7")
def test_m10_a_verbal_5_may_be_assumed_by_protocol() -> None:
    """Only an intubated verbal 1 is replaced; it is measured, with the charted 1 as original."""
    assume = {"mods": {"intubated_verbal": "assume-5"}}
    organ = INTUBATED.vital("day 1 10:00", gcs_eye=4, gcs_verbal=1, gcs_motor=6).under(**assume).organ(1, "neurologic")
    assert said(organ) == ("measured", 15, 0)
    verbal = organ["inputs"][1]
    assert (verbal["value"], verbal["original"]["value"]) == (5, 1)
    total = INTUBATED.vital("day 1 10:00", gcs_total=11).under(**assume)
    assert said(total.organ(1, "neurologic")) == ("measured", 11, 2)
    free = WARD.vital("day 1 10:00", gcs_eye=4, gcs_verbal=1, gcs_motor=6).under(**assume)
    assert said(free.organ(1, "neurologic")) == ("measured", 11, 2)


@pytest.mark.proves("M11")
@pytest.mark.parametrize(("born", "days"), [
    ("2007-01-03", [True, True, False]),
    ("2007-01", [True, True, True]),
    ("2007", [True, True, True]),
    ("2006", [False, False, False]),
    (None, [True, True, True]),
])  # fmt: skip
def test_m11_a_score_of_a_child_says_that_it_comes_from_adults(born: str | None, days: list[bool]) -> None:
    """Until the 18th birthday, and wherever the age may be under 18."""
    ward = Stay().admitted("day 1 00:00", **({"birth_date": born} if born else {})).discharged("day 4 00:00")
    assert ["adult-derived-score" in ward.mods(day)["caveats"] for day in (1, 2, 3)] == days


@pytest.mark.proves("M8", "I7")
def test_m8_a_record_names_its_organs_in_one_order() -> None:
    """Six components, always the same order, each with its unit where it has a value."""
    record = WARD.lab("day 1 06:00", creatinine=250).mods(1)
    assert [one["organ"] for one in record["components"]] == list(EDGES)
    assert [one["unit"] for one in record["components"]] == [None, "umol/L", None, None, None, None]
    assert WARD.revisions(MODS)[0]["score"] == "MODS"
