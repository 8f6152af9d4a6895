"""Receipts: from every point back to what was observed, as it was written (invariant I7)."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from picustream.models import text
from picustream.models.text import printed
from picustream.models.variable import Variable
from picustream.scoring.chart.units import canonical_value
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.organs import ORGANS
from picustream.scoring.scores.mods.record import MODS
from tests.reference.generate import case
from tests.reference.written import printed as reference_printed
from tests.scoring.build import Record, Stay, at, obs
from tests.scoring.histories import SEEDS, SHIPPED, replayed, rules_for, shuffled

WARD = Stay().admitted("day 1 00:00", birth_date="2020-05-01", sex="female").discharged("day 3 00:00")


def inputs(component: Record) -> list[tuple[str, Any]]:
    return [(one["variable"], one["value"]) for one in component["inputs"]]


@pytest.mark.proves("I7")
def test_i7_an_input_has_where_it_came_from_and_what_was_there() -> None:
    """Value and unit as written beside the canonical ones, both times, source, id and topic."""
    ward = WARD.lab("day 1 08:00", obs("creatinine", "1.50", "mg/dL", id="c-7"), source="lis", recorded="day 1 09:30")
    found = ward.organ(1, "renal")["inputs"]
    assert found == [{
        "variable": "creatinine", "value": Decimal("132.6"), "comparator": None, "unit": "umol/L",
        "original": {"value": Decimal("1.50"), "unit": "mg/dL"},
        "observed_at": at("day 1 08:00").isoformat(), "recorded_at": at("day 1 09:30").isoformat(),
        "source": "lis", "id": "c-7", "topic": "picu.lab.v1",
    }]  # fmt: skip
    assert str(found[0]["original"]["value"]) == "1.50"


@pytest.mark.proves("I7")
def test_i7_an_unknown_filing_time_and_a_default_id_are_published_as_such() -> None:
    """Nothing is made up: no filing time, the id of event and code."""
    found = WARD.lab("day 1 08:00", obs("fio2", 40, None), creatinine=60, event_id="r1").organ(1, "renal")["inputs"]
    assert (found[0]["recorded_at"], found[0]["id"]) == (None, "r1#creatinine")
    gas = WARD.gas("day 1 08:00", obs("fio2", 40, None), pao2=80).organ(1, "respiratory")["inputs"]
    assert gas[1]["original"] == {"value": 40, "unit": None}


@pytest.mark.proves("I7", "P1", "P4", "M6")
def test_i7_every_value_that_took_part_is_named_in_the_rules_order() -> None:
    """A ratio by its two, a triplet by its three, a score in parts by its three."""
    ward = WARD.gas("day 1 08:00", pao2=80, fio2="0.5").vital("day 1 08:00", map_noninvasive=60, heart_rate=120, cvp=8)
    ward = ward.vital("day 1 08:00", gcs_motor=4, gcs_verbal=3, gcs_eye=2)
    assert inputs(ward.organ(1, "respiratory")) == [("pao2", 80), ("fio2", Decimal("0.5"))]
    assert inputs(ward.organ(1, "cardiovascular")) == [("cvp", 8), ("heart_rate", 120), ("map_noninvasive", 60)]
    assert inputs(ward.organ(1, "neurologic")) == [("gcs_eye", 2), ("gcs_verbal", 3), ("gcs_motor", 4)]


@pytest.mark.proves("I7", "P1")
def test_i7_room_air_is_shown_by_the_event_that_says_so() -> None:
    """0.21 does not come from nowhere."""
    ward = WARD.vent("day 1 07:00", "room-air", event_id="v1").gas("day 1 08:00", pao2=63)
    shown = ward.organ(1, "respiratory")["inputs"][1]
    assert (shown["variable"], shown["value"], shown["id"], shown["original"]) == ("support", "room-air", "v1", None)


@pytest.mark.proves("I7", "I6")
@pytest.mark.parametrize(("organ", "ward", "reason"), [
    ("renal", WARD, "not-measured"),
    ("cardiovascular", WARD, "no-cvp"),
    ("neurologic", WARD, "not-measured"),
    ("respiratory", WARD.gas("day 1 08:00", pao2=80), "unpaired"),
    ("cardiovascular", WARD.vital("day 1 08:00", cvp=8), "unpaired"),
    ("neurologic", WARD.vital("day 1 08:00", gcs_eye=3), "unpaired"),
    ("renal", WARD.lab("day 1 08:00", creatinine=5000), "implausible"),
    ("cardiovascular", WARD.vital("day 1 08:00", cvp=337), "implausible"),
    ("renal", WARD.lab("day 1 08:00", creatinine=60, status="cancelled", recorded="day 1 09:00"), "withdrawn"),
    ("renal", WARD.lab("day 1 08:00", creatinine=60, status="cancelled", recorded="day 1 09:00")
     .lab("day 1 10:00", creatinine=5000), "implausible"),
    ("respiratory", WARD.gas("day 1 08:00", pao2=800).gas("day 1 09:00", pao2=80), "unpaired"),
    ("neurologic", WARD.sedation("day 1 00:00", "on").vital("day 1 08:00", gcs_total=3), "sedated"),
])  # fmt: skip
def test_i7_what_was_not_measured_says_why(organ: str, ward: Stay, reason: str) -> None:
    """The reason that helps most to fix it."""
    component = ward.organ(1, organ)
    assert component["reason"] == reason
    assert component["points"] == 0


@pytest.mark.proves("I7")
def test_i7_what_is_measured_has_no_reason_not_to_be() -> None:
    """A reason only where something is missing; what was carried says why nothing is of today."""
    ward = WARD.lab("day 1 08:00", creatinine=60).lab("day 2 08:00", creatinine=9999)
    assert [ward.organ(day, "renal")["reason"] for day in (1, 2)] == [None, "implausible"]


@pytest.mark.proves("I7")
def test_i7_candidates_that_were_passed_over_are_named_with_their_reason() -> None:
    """Those before the value that was taken, in their order; not those after it."""
    ward = (
        WARD.gas("day 1 06:00", obs("pao2", 900, id="high"))
        .gas("day 1 07:00", obs("pao2", 80, id="alone"))
        .gas("day 1 08:00", obs("pao2", 80, "furlong", id="odd"))
        .gas("day 1 09:00", obs("pao2", 80, id="gone"), status="cancelled", recorded="day 1 09:30")
        .gas("day 1 10:00", obs("pao2", 80, id="taken"), fio2="0.5")
        .gas("day 1 11:00", obs("pao2", 900, id="later"))
    )
    assert ward.organ(1, "respiratory")["candidates_rejected"] == [
        {"id": "high", "reason": "implausible"},
        {"id": "alone", "reason": "unpaired"},
        {"id": "odd", "reason": "unit-unknown"},
        {"id": "gone", "reason": "withdrawn"},
    ]


@pytest.mark.proves("I7", "I9")
def test_i7_at_most_eight_candidates_are_named() -> None:
    """The first eight of the day."""
    ward = WARD
    for hour in range(10):
        ward = ward.gas(f"day 1 0{hour}:00", obs("pao2", 80, id=f"g{hour}"))
    named = [one["id"] for one in ward.organ(1, "respiratory")["candidates_rejected"]]
    assert named == [f"g{hour}" for hour in range(8)]


@pytest.mark.proves("I7", "A7")
def test_i7_the_age_points_depend_on_the_birth_date_as_it_was_given() -> None:
    """Month precision stays month precision."""
    ward = Stay().admitted("day 1 00:00", birth_date="2020-05", event_id="a1").discharged("day 3 00:00")
    ward = ward.vent("day 1 08:00", "invasive", obs("peep", 8)).gas("day 1 08:00", pao2=80, fio2="0.5")
    record = ward.apps(1)
    assert record is not None
    shown = record["components"]["age"]["inputs"][0]
    assert (shown["variable"], shown["value"], shown["id"]) == ("birth_date", "2020-05", "a1")


def exact(one: Record) -> Fraction:
    """An input's value from what the feed wrote, unless the protocol replaced it (M10)."""
    original, variable = one["original"], Variable(one["variable"])
    value = canonical_value(variable, original["value"], original["unit"], SHIPPED.codemap)
    if variable is Variable.GCS_VERBAL and one["value"] != value:
        assert (value, one["value"]) == (1, 5)
        value = one["value"]
    assert one["value"] == printed(value)
    return Fraction(value)


def by_hand(component: Record) -> Fraction:
    """An organ's value from its inputs alone, exactly."""
    values = [exact(one) for one in component["inputs"] if one["variable"] != "support"]
    if component["organ"] == "respiratory":
        return values[0] / (values[1] if len(values) == 2 else Fraction("0.21"))
    if component["organ"] == "cardiovascular":
        return values[0] * values[1] / values[2]
    return sum(values, Fraction(0))


BESIDE = {"<": Fraction(-1, 10**9), ">": Fraction(1, 10**9)}
"""From a number to a value on the side of it that a comparator names (V4)."""


def check(component: Record) -> None:
    """Value and points of a component follow from its receipt."""
    if component["basis"] not in ("measured", "carried-forward"):
        assert component["points"] == 0
        assert component["reason"] is not None
        return
    value = by_hand(component)
    assert reference_printed(value) == component["value"]
    value += BESIDE.get(component.get("comparator"), 0)
    [bands] = [organ.bands for organ in ORGANS if organ.name == component["organ"]]
    assert component["points"] == bands.points(value)


@pytest.mark.proves("I7", "I6", "M8")
@pytest.mark.parametrize("seed", range(min(SEEDS, 500)))
def test_i7_every_point_can_be_recomputed_from_its_receipt(seed: int) -> None:
    """Of any record of a random history: values from originals, ratios from values, points from bands, totals."""
    made = case(seed)
    for output in replayed(shuffled(made.events, seed), rules_for(made.protocol), made.until):
        record = text.parse(output.value) if output.topic in (MODS, APPS) else {}
        if not record.get("components"):
            continue
        if output.topic == APPS:
            points = [component["points"] for component in record["components"].values()]
            assert record["total"] == (None if None in points else sum(points))
            continue
        assert record["total"] == sum(component["points"] for component in record["components"])
        for component in record["components"]:
            check(component)


@pytest.mark.proves("I7", "M2")
@pytest.mark.parametrize(("observed", "filed", "passed_over"), [
    ("day 1 08:30", "day 1 08:40", True),
    ("day 1 08:30", "day 1 12:00", True),
    ("day 1 09:00", "day 1 09:10", True),
    ("day 1 09:00 +1us", "day 1 09:10", False),
])  # fmt: skip
def test_i7_what_was_observed_up_to_the_chosen_value_was_passed_over(
    observed: str, filed: str, passed_over: bool
) -> None:
    """By the clinical time, that of the chosen value included, whenever it was filed."""
    ward = Stay().admitted("day 1 08:00").discharged("day 2 08:00").lab("day 1 09:00", creatinine=60)
    organ = ward.lab(observed, obs("creatinine", 4421, id="bad"), recorded=filed).organ(1, "renal")
    assert (organ["value"], [one["id"] for one in organ["candidates_rejected"]]) == (60, ["bad"] * passed_over)
