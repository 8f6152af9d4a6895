"""The boundary cases of the specification, driven through the real rules as one-day stays."""

import csv
import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests import reference
from tests.paths import VECTORS
from tests.scoring.build import FIRST_DAY, Stay, obs

ORGANS = {
    "resp": "respiratory",
    "renal": "renal",
    "hepatic": "hepatic",
    "cardio": "cardiovascular",
    "haem": "haematologic",
    "neuro": "neurologic",
}
DAYS_A_YEAR = Decimal("365.25")

Row = dict[str, str]


def vectors(*beginnings: str) -> Any:
    """The cases whose id begins so, one test each."""
    with VECTORS.open() as lines:
        rows = [row for row in csv.DictReader(lines) if row["vector_id"].startswith(beginnings)]
    return pytest.mark.parametrize("row", rows, ids=lambda row: row["vector_id"])


def given(row: Row) -> dict[str, Any]:
    """The inputs, numbers as written."""
    return reference.loads(row["inputs_json"])


def expected(row: Row) -> dict[str, Any]:
    return json.loads(row["expected_components_json"])


def measured(inputs: dict[str, Any], name: str, variable: str, unit: str = "") -> list[dict[str, Any]]:
    """An observation of an input, where it is given."""
    return [obs(variable, inputs[name], unit)] if name in inputs else []


def day_of(inputs: dict[str, Any]) -> Stay:
    """A day whose first values are the inputs; a ratio that is given as such is made from parts that give it."""
    stay = Stay().admitted("day 1 00:00", birth_date="2019-06-01", sex="male").discharged("day 2 00:00")
    if "gcs_sedated" in inputs:
        stay = stay.sedation("day 1 01:00", "on")
    values = [
        *measured(inputs, "creatinine_umol_l", "creatinine"),
        *measured(inputs, "creatinine_mg_dl", "creatinine", "mg/dL"),
        *measured(inputs, "bilirubin_umol_l", "bilirubin_total"),
        *measured(inputs, "bilirubin_mg_dl", "bilirubin_total", "mg/dL"),
        *measured(inputs, "platelets", "platelets"),
        *measured(inputs, "gcs", "gcs_total"),
        *measured(inputs, "hr", "heart_rate"),
        *measured(inputs, "map", "map_invasive"),
        *measured(inputs, "cvp", "cvp"),
    ]
    if "par" in inputs:
        values += [obs("heart_rate", 100), obs("map_invasive", 100), obs("cvp", inputs["par"])]
    for value in values:
        stay = stay.vital("day 1 08:00", value)
    if "pf" in inputs:
        stay = stay.gas("day 1 08:00", obs("pao2", inputs["pf"]), obs("fio2", "1.0"))
    if "pao2" in inputs:
        stay = stay.gas("day 1 08:00", obs("pao2", inputs["pao2"]), obs("fio2", inputs["fio2"]))
    return stay


@pytest.mark.proves("M1", "M5", "M6", "M8", "I6")
@vectors("MODS-")
def test_m1_every_organ_gets_the_points_of_its_band(row: Row) -> None:
    """Every value falls into its band, and what is not measured is assumed normal and says so."""
    inputs = given(row)
    record = day_of(inputs).mods(1)
    components = {one["organ"]: one for one in record["components"]}
    points = {short: components[organ]["points"] for short, organ in ORGANS.items()}
    assert points == expected(row)
    assert record["total"] == int(row["expected_total"])
    hidden = {"cardio"} if not ({"par", "cvp"} & inputs.keys()) else set()
    hidden = set(ORGANS) if not inputs else hidden | ({"neuro"} if "gcs_sedated" in inputs else set())
    assert record["measured"] == 6 - len(hidden)
    assert record["assumed"] == len(hidden)
    assert {short for short, organ in ORGANS.items() if components[organ]["basis"] != "measured"} == hidden


def born(inputs: dict[str, Any]) -> str:
    """A birth date so many years, and parts of one, before day 1."""
    years = Decimal(str(inputs["age_years"]))
    today = FIRST_DAY.date()
    if years == int(years):
        return date(today.year - int(years), today.month, today.day).isoformat()
    return (today - timedelta(days=int(years * DAYS_A_YEAR))).isoformat()


@pytest.mark.proves("A1", "A5", "A6")
@vectors("APPS-")
def test_a1_age_ratio_and_plateau_get_their_points(row: Row) -> None:
    """A ventilated patient's APPS is the sum of three bands."""
    inputs = given(row)
    stay = (
        Stay()
        .admitted("day 1 00:00", birth_date=born(inputs))
        .vent("day 1 08:00", "invasive", obs("peep", 5), obs("plateau_pressure", inputs["pplat"]))
        .gas("day 1 08:00", obs("pao2", inputs["pf"]), obs("fio2", "1.0"))
        .discharged("day 2 00:00")
    )
    found = stay.apps(1)
    assert found is not None
    names = {"age": "age", "pf": "pf", "pplat": "plateau"}
    assert {short: found["components"][name]["points"] for short, name in names.items()} == expected(row)
    assert found["total"] == int(row["expected_total"])


@pytest.mark.proves("A2")
@vectors("ARDS-001", "ARDS-002", "ARDS-003", "ARDS-004", "ARDS-005")
def test_a2_moderate_to_severe_ards_begins_at_a_candidate(row: Row) -> None:
    """At most 200 mmHg with at least 5 cmH2O on an invasive ventilator, and nothing else, begins ARDS."""
    inputs = given(row)
    support = {"IMV": "invasive", "NIV": "non-invasive"}[inputs["support"]]
    stay = (
        Stay()
        .admitted("day 1 00:00")
        .vent("day 1 08:00", support, obs("peep", inputs.get("peep", inputs.get("cpap"))))
        .gas("day 1 08:00", obs("pao2", inputs["pao2"]), obs("fio2", inputs["fio2"]))
        .discharged("day 2 00:00")
    )
    onset = stay.outcome("ards-onset")
    assert onset is not None
    assert onset["reached"] is expected(row)["ms_ards"]


@pytest.mark.proves("P1")
@vectors("ARDS-016", "ARDS-017")
def test_p1_an_fio2_charted_after_the_sample_is_not_its_own(row: Row) -> None:
    """An FiO2 belongs to the samples that come after it."""
    inputs = given(row)
    stay = (
        Stay()
        .admitted("day 1 00:00")
        .vent(f"day 1 {inputs['fio2_time']}", "invasive", obs("fio2", inputs["fio2"]))
        .gas(f"day 1 {inputs['pao2_time']}", obs("pao2", inputs["pao2"]))
        .discharged("day 2 00:00")
    )
    organ = stay.organ(1, "respiratory")
    if expected(row)["pf"] == "valid":
        assert organ["value"].quantize(Decimal("0.01")) == Decimal(row["expected_total"])
    else:
        assert (organ["basis"], organ["reason"]) == ("assumed-normal", "unpaired")


@pytest.mark.proves("E1", "T1")
@vectors("RULE-001", "RULE-002", "RULE-003", "RULE-004", "RULE-005")
def test_e1_age_on_the_day_of_admission(row: Row) -> None:
    """From 28 days old to the day before the 18th birthday; then a year of review."""
    inputs, says = given(row), expected(row)
    stay = Stay().admitted(f"{inputs['admit_local_date']}T12:00+08:00", birth_date=inputs["birth"])
    age = stay.criterion("age")
    assert age["met"] is {"yes": True, "no": False, "review": None}[says["eligible"]]
    if says["eligible"] == "review":
        assert (age["detail"], stay.until(f"{inputs['admit_local_date']}T13:00+08:00").eligibility["state"]) == (
            "age-18-review",
            "review",
        )
    if "age_days" in says:
        assert age["detail"] == f"age-{says['age_days']}-days"


@pytest.mark.proves("T3")
@vectors("RULE-006", "RULE-007", "RULE-008", "RULE-009")
def test_t3_days_are_counted_by_the_calendar(row: Row) -> None:
    """Days since the start of treatment are calendar days, whatever the hours; there is no SDTM day 0."""
    inputs = given(row)
    t0, moment = f"{inputs['t0_local']}", f"{inputs['event_local']}"
    stay = Stay().admitted("2021-05-30T08:00+08:00").treatment(t0).lab(moment, creatinine=60)
    record = stay.mods(moment[:10])
    assert {name: record[name] for name in ("elapsed_day", "sdtm_day", "in_window")} == expected(row)


@pytest.mark.proves("E2")
@vectors("RULE-010", "RULE-011")
def test_e2_discharge_within_48_hours_excludes(row: Row) -> None:
    """Exactly 48 hours still count as within 48 hours, and death is not discharge."""
    inputs = given(row)
    stay = Stay().admitted(inputs["admit"])
    stay = stay.discharged(inputs["live_discharge"]) if "live_discharge" in inputs else stay.died(inputs["death"])
    assert stay.criterion("stay-48h")["met"] is not expected(row)["excluded_48h"]


@pytest.mark.proves("O3")
@vectors("RULE-012", "RULE-013", "RULE-014")
def test_o3_death_within_28_days_of_discharge(row: Row) -> None:
    """28 calendar days after the day of discharge a death still counts, on the 29th it does not."""
    inputs, says = given(row), expected(row)
    stay = Stay().admitted("2021-06-01T08:00+08:00")
    if "picu_discharge" in inputs:
        stay = stay.discharged(inputs["picu_discharge"]).died(inputs["death"])
    else:
        stay = stay.died(inputs["death_in_picu"])
    death = stay.outcome("death-28d")
    assert death is not None
    assert death["reached"] is says["primary_death"]
    inside = stay.outcome("death-in-picu")
    assert inside is not None
    assert inside["reached"] is (says.get("component") == "in_picu")


WARD = Stay().admitted("day 1 00:00").discharged("day 2 00:00")


@pytest.mark.proves("V2", "P3")
@vectors("RULE-015")
def test_v2_kilopascals_and_percent_do_not_move_a_band(row: Row) -> None:
    """10 kPa at 50 % is just above 150 mmHg: two points, not three."""
    inputs = given(row)
    values = obs("pao2", inputs["pao2_kpa"], "kPa"), obs("fio2", inputs["fio2_percent"], "%")
    organ = WARD.gas("day 1 08:00", *values).organ(1, "respiratory")
    assert (organ["value"], organ["points"]) == (Decimal("150.0124"), 2)
    assert organ["value"].quantize(Decimal("0.001")) == Decimal(row["expected_total"])


@pytest.mark.proves("V2", "P4")
@vectors("RULE-016")
def test_v2_a_column_of_water_is_not_one_of_mercury(row: Row) -> None:
    """12 cmH2O of CVP are 8.8 mmHg: two points, not three."""
    inputs = given(row)
    values = obs("heart_rate", inputs["hr"]), obs("map_invasive", inputs["map"])
    organ = WARD.vital("day 1 08:00", *values, obs("cvp", inputs["cvp_cmh2o"], "cm[H2O]")).organ(1, "cardiovascular")
    assert (organ["value"].quantize(Decimal("0.01")), organ["points"]) == (Decimal(row["expected_total"]), 2)
    assert organ["inputs"][0]["value"] == Decimal("8.826708")


@pytest.mark.proves("V2", "M3")
@vectors("RULE-017")
def test_v2_creatinine_is_converted_with_88_40(row: Row) -> None:
    """1.131 mg/dL stay below 100 umol/L; with 88.42 they would not."""
    organ = WARD.lab("day 1 08:00", obs("creatinine", given(row)["creatinine_mg_dl"], "mg/dL")).organ(1, "renal")
    assert (organ["value"], organ["points"]) == (Decimal("99.9804"), 0)


@pytest.mark.proves("V1", "P1")
@vectors("RULE-018")
def test_v1_an_oxygen_flow_is_not_a_fraction(row: Row) -> None:
    """A number that is neither a fraction nor a percentage is no FiO2."""
    stay = WARD.gas("day 1 08:00", obs("pao2", 80), obs("fio2", given(row)["fio2_value"], None))
    assert [letter["reason"] for letter in stay.dead_letters] == ["implausible"]
    assert stay.organ(1, "respiratory")["reason"] == "unpaired"
