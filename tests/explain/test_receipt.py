"""What a receipt says: what is missing, how a value came about, and what changed."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from picustream.explain.chains import collect
from tests.explain.asking import (
    WELL_KEPT,
    chain_of,
    chosen,
    data_of,
    faults,
    on_page,
    organ_of,
    records_of,
    said,
    scores_of,
)
from tests.scoring.build import Stay, obs


def test_a_converted_value_is_shown_as_it_was_sent_and_as_it_came_late() -> None:
    """the original with its unit, the factor, when it was taken and when it was known."""
    renal = said(organ_of(on_page(scores_of(WELL_KEPT)), "renal"))
    assert "0 points for creatinine ≤ 100 µmol/L" in renal
    assert "99.892 µmol/L sent as 1.13 mg/dL × 88.40" in renal
    assert "taken 2025-01-01 09:10, filed and counted 11:40 (2 h 30 min later)" in renal
    assert "ward, id e4#creatinine, topic picu.lab.v1" in renal


def test_p3_m5_formulas_are_reported_with_their_numbers() -> None:
    """P1, P3, M5: room air is named as such, and the rate names the three values it is made of."""
    page = said(on_page(scores_of(WELL_KEPT)))
    assert "P/F = PaO2 / FiO2 = 90.00744 / 0.21 ≈ 428.606857 mmHg" in page
    assert "room air, so FiO2 0.21 (P1)" in page
    assert "3 points for 20 < PAR ≤ 30" in page
    assert "PAR = heart rate × CVP / MAP = 150 × 8 / 50 = 24" in page
    assert "(10 min before the CVP)" in page and "(10 min after the CVP)" in page


def test_i6_an_organ_nobody_measured_never_looks_like_a_zero() -> None:
    """I6, M8: an empty mark, no digit and no value; and what the total could be."""
    page = on_page(scores_of(WELL_KEPT))
    row = next(line for line in page.splitlines() if line.startswith("hepatic "))
    assert row.split() == ["hepatic", "?╌╌╌╌", "–", "not", "measured"]
    assert "assumed normal: 0 points counted, could be 0-4" in organ_of(page, "hepatic")
    assert "could be 3 to 15: 3 organs measured, 0 carried forward, 3 assumed" in said(page)
    plain = on_page(scores_of(WELL_KEPT), encoding="ascii")
    assert "hepatic         ?----  -" in plain and "respiratory     0....  428.606857 mmHg" in plain


def test_m6_m9_a_sedated_child_has_no_digit_and_its_charted_score_stays() -> None:
    """M6, M9: sedated counts as assumed, and what was charted is shown."""
    stay = Stay().admitted("day 1").sedation("day 1 01:00", "on").vital("day 1 06:00", gcs_total=7)
    neurologic = said(organ_of(on_page(scores_of(stay)), "neurologic"))
    assert "z╌╌╌╌ assumed normal under sedation: 0 points counted, could be 0-4" in neurologic
    assert "sedation was on when the day's first GCS was charted" in neurologic
    assert "7 sent as 7 {score}" in neurologic
    assert data_of(scores_of(stay))["records"][0]["explained"]["components"]["neurologic"]["band"] is None


def test_m7_what_is_brought_forward_says_from_when_and_how_old_it_is() -> None:
    """M7: the value's own day, its age, and why this day has none; known since the day it was measured."""
    stay = Stay().admitted("day 1").lab("day 1 06:00", platelets=60, recorded="day 1 07:00").discharged("day 3 12:00")
    page = organ_of(on_page(chosen(scores_of(stay), "mods", date(2025, 1, 3))), "haem")
    assert "2▒▒‹‹  2 points for 50 < platelets ≤ 80 10⁹/L" in page
    assert "Carried forward from 2025-01-01 06:00, 66 h before the day ended (M7): no platelet count of" in said(page)
    chain = chain_of(scores_of(stay), "mods", date(2025, 1, 3))
    assert scores_of(stay).first_counted(chain.current.components[4].inputs[0]) == datetime.fromisoformat(
        "2025-01-01T07:00:00+08:00"
    )


def test_m10_a_verbal_score_that_the_protocol_replaced_is_reported() -> None:
    """M10: what counted and what was charted stand side by side."""
    stay = Stay().admitted("day 1").vent("day 1 05:00", "invasive").under(mods={"intubated_verbal": "assume-5"})
    told = on_page(scores_of(stay.vital("day 1 06:00", gcs_eye=2, gcs_verbal=1, gcs_motor=4)))
    assert "GCS = eye + verbal + motor = 2 + 5 + 4 = 11" in told
    assert "5  sent as 1 {score}, counted as 5 (M10)" in told and "Does not add up" not in told


def test_values_that_were_passed_over_are_named_with_the_reason() -> None:
    """Why another value of the day was not used."""
    stay = Stay().admitted("day 1").gas("day 1 06:00", pao2=80).vital("day 1 07:00", cvp=337)
    page = on_page(scores_of(stay.lab("day 1 08:00", platelets=100)))
    assert "Passed over, no FiO2 belongs to it: e2#pao2" in said(organ_of(page, "respiratory"))
    assert "Passed over, outside the range that can be true: e3#cvp" in said(organ_of(page, "cardiovascular"))


def test_the_revisions_report_what_changed_and_why() -> None:
    """Each revision with its cause; a withdrawn value leaves nothing behind that could count."""
    stay = Stay().admitted("day 1").lab("day 1 06:00", obs("creatinine", 250, id="c"))
    stay = stay.lab("day 1 06:00", obs("creatinine", 90, id="c"), status="corrected", recorded="day 2 07:00")
    withdrawn = stay.lab("day 1 06:00", obs("creatinine", id="c"), status="entered-in-error", recorded="day 2 08:00")
    told = data_of(scores_of(withdrawn))["revisions"]
    causes = [revision["cause"]["reason"] for revision in told if revision["day"] == "2025-01-01"]
    assert causes == ["observation", "time", "observation-corrected", "observation-entered-in-error"]
    page = said(on_page(scores_of(withdrawn)))
    assert "final, 2025-01-02 06:00: time passed no value changed" in page
    assert "an observation, corrected (e3) renal: 2 points (250 µmol/L) measured → 0 points (90 µmol/L)" in page
    assert "an observation, entered in error (e4) renal: 0 points (90 µmol/L) measured → not measured" in page


@pytest.mark.proves("V4")
def test_v4_a_value_of_which_a_side_is_known_is_shown_with_its_comparator_and_adds_up() -> None:
    """500 umol/L have 3 points, and what is greater has 4."""
    stay = Stay().admitted("day 1").lab("day 1 06:00", obs("creatinine", 450, comparator=">", id="unclear"))
    stay = stay.lab("day 1 07:00", obs("creatinine", 500, comparator=">"))
    record = chain_of(scores_of(stay), "mods", date(2025, 1, 1)).current
    assert faults(record) == []
    page = said(on_page(scores_of(stay)))
    assert "> 500 µmol/L 2025-01-01 07:00 measured" in page
    assert "4 points for creatinine > 500 µmol/L" in page
    assert "creatinine > 500 µmol/L sent as 500 umol/L" in page
    assert "renal: 4 points (> 500 µmol/L) measured" in page
    assert "Passed over, known from one side alone, with more than one band on it (V4): unclear" in page
    renal = record.components[1]
    for forged in ({"points": 3}, {"comparator": None}, {"comparator": "<"}):
        wrong = renal.model_copy(update=forged)
        components = [wrong if one is renal else one for one in record.components]
        assert faults(record.model_copy(update={"components": components})) != []


def test_a_version_that_moves_a_value_in_time_is_reported_as_one() -> None:
    """Not as a change from an observation to the same observation."""
    stay = Stay().admitted("day 1").lab("day 1 06:00", obs("creatinine", 250, id="c"))
    stay = stay.lab("day 1 07:00", obs("creatinine", 250, id="c"), status="corrected", recorded="day 1 09:00")
    page = said(on_page(scores_of(stay)))
    assert "renal: 2 points (250 µmol/L) measured as before, from another version of c" in page


def test_a7_a_missing_part_of_the_apps_is_no_point_and_no_total() -> None:
    """A7: no default; what the total could be instead."""
    stay = Stay().admitted("day 1", birth_date="2020-05-01").vent("day 1 05:00", "invasive", fio2=0.6, peep=8)
    scores = scores_of(stay.gas("day 1 06:00", pao2=80))
    page = said(on_page(chosen(scores, "apps")))
    assert "total 1 + 2 + –: none, for a missing part is never a default (A7); could be 4 to 6" in page
    assert "PLATEAU no points, could be 1-3" in page
    table = on_page(chosen(scores, "apps"), table=True)
    assert "– 4-6   1   2   ?       presumptive" in table
    assert "a child always has 1 point for age" in page


def test_what_a_feed_wrote_gives_no_orders_to_a_terminal() -> None:
    """Records of others are text: neither markup nor escape sequences."""
    record = chain_of(scores_of(WELL_KEPT), "mods", date(2025, 1, 1)).current
    forged = record.model_copy(update={"patient_id": "\x1b[31m[bold]P"})
    assert "patient ?[31m[bold]P" in on_page(collect([forged]))


def test_i7_a_record_that_does_not_add_up_is_reported() -> None:
    """I7: points that do not follow from the inputs are found, whoever wrote them."""
    record = chain_of(scores_of(WELL_KEPT), "mods", date(2025, 1, 1)).current
    renal = record.components[1]
    forged = {"points": renal.model_copy(update={"points": 3}), "value": renal.model_copy(update={"value": Decimal(9)})}
    for part in forged.values():
        components = [part if one is renal else one for one in record.components]
        told = faults(record.model_copy(update={"components": components}))
        assert any("renal" in fault for fault in told)
    for inputs in ([], [renal.inputs[0], renal.inputs[0]], [renal.inputs[0].model_copy(update={"variable": "rumour"})]):
        part = renal.model_copy(update={"inputs": inputs})
        components = [part if one is renal else one for one in record.components]
        told = on_page(collect([record.model_copy(update={"components": components})]))
        assert "Does not add up: renal" in told
    assert faults(record.model_copy(update={"total": 0})) == ["the total is not the sum of the points"]
    assert faults(record) == []


def test_i3_repeats_are_dropped_and_gaps_are_reported() -> None:
    """I3: a revision that stands twice counts once; one that is not here is missed."""
    stay = WELL_KEPT.lab("day 1 12:00", platelets=300)
    told = records_of(stay.outputs)
    assert collect([*told, *told]) == collect(told)
    first_and_last = [record for record in told if record.day == date(2025, 1, 1)]
    page = on_page(collect([first_and_last[0], first_and_last[-1]]))
    assert f"Not here: revision {', '.join(map(str, range(2, len(first_and_last))))}." in page
