"""The reference against worked examples, so that two wrong readings cannot agree unnoticed."""

import csv
import json
import random
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.paths import REAL_DATA, VECTORS, needs_real_data

from . import accepts, apps, bands, current_records, loads, read, replay_clock
from .generate import case, history
from .spoilers import spoiled
from .worked import ADMITTED, LATE, LEFT, adt, charted, mods
from .written import Event, canonical, printed

ORGAN_INPUTS = {
    "resp": ("pf", "1", bands.pf_points),
    "renal": ("creatinine_umol_l", "creatinine_mg_dl", bands.creatinine_points),
    "hepatic": ("bilirubin_umol_l", "bilirubin_mg_dl", bands.bilirubin_points),
    "cardio": ("par", "1", bands.par_points),
    "haem": ("platelets", "1", bands.platelet_points),
    "neuro": ("gcs", "1", bands.gcs_points),
}
PER_MG_DL = {"creatinine_mg_dl": Fraction("88.40"), "bilirubin_mg_dl": Fraction("17.104")}


def vectors(score: str) -> list[dict[str, str]]:
    """The boundary cases of one score."""
    with VECTORS.open() as lines:
        return [row for row in csv.DictReader(lines) if row["score"] == score]


def named(row: dict[str, str]) -> str:
    """A case's id, for the test report."""
    return row["vector_id"]


@pytest.mark.parametrize("row", vectors("MODS"), ids=named)
def test_m1_every_boundary_case_falls_into_its_band(row: dict[str, str]) -> None:
    """M1: bands are open below and closed above, and nothing is rounded first."""
    given = {name: Fraction(str(value)) for name, value in loads(row["inputs_json"]).items() if name != "gcs_sedated"}
    if {"hr", "cvp", "map"} <= given.keys():
        given["par"] = given["hr"] * given["cvp"] / given["map"]
    if {"pao2", "fio2"} <= given.keys():
        given["pf"] = given["pao2"] / given["fio2"]
    if "gcs_sedated" in row["inputs_json"]:
        given["gcs"] = Fraction(15)
    for organ, points in json.loads(row["expected_components_json"]).items():
        si, conventional, rule = ORGAN_INPUTS[organ]
        value = given.get(si, given[conventional] * PER_MG_DL[conventional] if conventional in given else None)
        assert (0 if value is None else rule(value)) == points, organ


@pytest.mark.parametrize("row", vectors("APPS"), ids=named)
def test_a1_every_boundary_case_gets_its_points(row: dict[str, str]) -> None:
    """A1."""
    given = {name: Fraction(str(value)) for name, value in loads(row["inputs_json"]).items()}
    points = {
        "age": apps.age_points(int(given["age_years"])),
        "pf": apps.pf_points(given["pf"]),
        "pplat": apps.plateau_points(given["pplat"], 2),
    }
    assert points == json.loads(row["expected_components_json"])
    assert sum(points.values()) == int(row["expected_total"])


@needs_real_data
def test_real_data_give_the_numbers_of_records_that_were_measured() -> None:
    """653 MODS days and 134 APPS records."""
    events = list(read(REAL_DATA))
    kinds = [key[0] for key in current_records(events, replay_clock(events))]
    assert (kinds.count("mods"), kinds.count("apps")) == (653, 134)


@pytest.mark.parametrize("seed", range(25))
def test_i1_order_and_repetition_change_nothing(seed: int) -> None:
    """I1, of the reference itself; numbers read as written equal those made in Python."""
    made = case(seed)
    events = [event for event in made.events if accepts(*event, clock=made.until)]
    if not events:
        return
    clock = replay_clock(events, made.until)
    shuffled: list[Event] = [(topic, loads(canonical(value))) for topic, value in [*events, *events[::3]]]
    random.Random(seed).shuffle(shuffled)
    assert current_records(shuffled, clock, made.protocol) == current_records(events, clock, made.protocol)


def test_a_history_is_a_function_of_its_seed_and_can_be_written_down() -> None:
    """The generator repeats itself, and canonical JSON loses nothing of it."""
    assert history(7, events=30) == history(7, events=30) != history(8, events=30)
    assert all(canonical(loads(canonical(value))) == canonical(value) for _, value in history(7))


@pytest.mark.parametrize("seed", range(40))
def test_spoiled_events_are_refused(seed: int) -> None:
    """Closed schemas, ids, times with an offset, `recorded_at` with later versions."""
    rng = random.Random(seed)
    sound = [event for event in history(seed, events=20) if accepts(*event)]
    assert not accepts(*spoiled(rng, rng.choice(sound)))


def test_t2_a_stay_that_ends_at_midnight_has_no_record_for_the_day_that_begins_there() -> None:
    """T2."""
    days = [key[2] for key in current_records([ADMITTED, LEFT], LATE) if key[0] == "mods"]
    assert days == ["2025-01-01", "2025-01-02", "2025-01-03"]


def test_v2_kilopascals_are_converted_exactly() -> None:
    """V2: 12.0 kPa at 40 % is 225.0186 mmHg: one point, not two."""
    gas = charted("lab", "2025-01-01T08:00:00+08:00", {"pao2": (12.0, "kPa"), "fio2": (40, "%")}, specimen="arterial")
    found = mods([ADMITTED, LEFT, gas], "2025-01-01")["respiratory"]
    assert (found["points"], found["value"]) == (1, Decimal("225.0186"))


@pytest.mark.parametrize(("minutes", "paired"), [(0, True), (240, True), (241, False)])
def test_p1_fio2_is_looked_for_4_hours_back(minutes: int, paired: bool) -> None:
    """P1: at most 4 h old, both ends included."""
    gas = charted("lab", "2025-01-01T08:00:00+08:00", {"pao2": (80, "mmHg")}, specimen="arterial")
    earlier = datetime.fromisoformat("2025-01-01T08:00:00+08:00") - timedelta(minutes=minutes)
    fio2 = charted("ventilator", earlier.isoformat(), {"fio2": (0.4, "1")})
    assert (mods([ADMITTED, LEFT, gas, fio2], "2025-01-01")["respiratory"]["basis"] == "measured") is paired


def test_p1_a_change_of_support_unpairs_and_room_air_is_concluded() -> None:
    """P1: extubated to room air after the FiO2: 0.21, not the old FiO2; back on the ventilator: unpaired."""
    gas = charted("lab", "2025-01-01T08:00:00+08:00", {"pao2": (63, "mmHg")}, specimen="arterial")
    before = charted("ventilator", "2025-01-01T06:00:00+08:00", {"fio2": (0.4, "1")}, support="invasive")
    out = charted("ventilator", "2025-01-01T07:00:00+08:00", {"peep": (0, "cmH2O")}, support="room-air")
    back = charted("ventilator", "2025-01-01T07:30:00+08:00", {"peep": (5, "cmH2O")}, support="invasive")
    found = mods([ADMITTED, LEFT, gas, before, out], "2025-01-01")["respiratory"]
    assert (found["value"], found["points"]) == (300, 1)
    found = mods([ADMITTED, LEFT, gas, before, out, back], "2025-01-01")["respiratory"]
    assert (found["basis"], found["reason"]) == ("assumed-normal", "unpaired")


def test_m6_m9_a_sedated_first_score_counts_as_15_and_is_not_carried() -> None:
    """M6, M9."""
    sleep = adt("sedation", "2024-12-31T00:00:00+08:00", state="on")
    score = charted("vital", "2025-01-01T08:00:00+08:00", {"gcs_total": (6, "{score}")})
    first = mods([ADMITTED, LEFT, sleep, score], "2025-01-01")
    assert first["neurologic"]["basis"] == "assumed-normal-sedated"
    assert (first["total"], first["assumed"], first["range"]) == (0, 6, {"min": 0, "max": 24})
    assert first["neurologic"]["inputs"][0]["value"] == 6
    assert mods([ADMITTED, LEFT, sleep, score], "2025-01-02")["neurologic"]["basis"] == "assumed-normal"


def test_m7_carried_values_age_to_the_midnight_that_ends_the_day() -> None:
    """M7."""
    value = charted("lab", "2025-01-01T06:00:00+08:00", {"creatinine": (250, "umol/L")})
    found = mods([ADMITTED, LEFT, value], "2025-01-02")["renal"]
    assert (found["basis"], found["points"], found["age_hours"]) == ("carried-forward", 2, 42)
    limited = mods([ADMITTED, LEFT, value], "2025-01-02", {"carry_forward_hours": 41})["renal"]
    assert limited["basis"] == "assumed-normal"


def test_v1_a_later_version_that_is_not_usable_hides_the_older_one() -> None:
    """V1."""
    topic, value = charted("lab", "2025-01-01T06:00:00+08:00", {"creatinine": (250, "umol/L")})
    worse = json.loads(json.dumps(value)) | {"recorded_at": "2025-01-01T09:00:00+08:00", "status": "corrected"}
    worse["observations"][0]["unit"] = "furlong"
    assert mods([ADMITTED, (topic, worse), LEFT, (topic, value)], "2025-01-01")["renal"]["basis"] == "assumed-normal"


def test_t1_days_of_23_and_25_hours_are_one_day() -> None:
    """T1, on both nights on which New York changes its clocks."""
    for day, length in (("2025-03-09", 23), ("2025-11-02", 25)):
        stay = [adt("admitted", f"{day}T12:00:00Z"), adt("discharged", f"{day}T20:00:00Z", destination="home")]
        window = mods(stay, day, {"timezone": "America/New_York"})["window"]
        assert window["end"] - window["start"] == timedelta(hours=length)


AGES = [("2021-03-01", "2021-03-28", False), ("2021-03-01", "2021-03-29", True), ("2003-05-10", "2021-05-09", True)]
AGES += [("2003-05-10", "2021-05-10", None), ("2002-05-10", "2021-05-10", False), ("2004-02-29", "2022-02-28", True)]
AGES += [("2004-02-29", "2022-03-01", None), ("2021-03", "2021-03-30", None), ("2003-06", "2021-05-10", True)]


@pytest.mark.parametrize(("birth", "admitted", "met"), AGES)
def test_e1_age_at_the_admission(birth: str, admitted: str, met: bool | None) -> None:
    """E1."""
    stay = [adt("admitted", f"{admitted}T12:00:00+08:00", birth_date=birth)]
    criteria = current_records(stay, replay_clock(stay))["eligibility", "S"]["criteria"]
    assert next(one["met"] for one in criteria if one["criterion"] == "age") is met


@pytest.mark.parametrize(
    ("ending", "met"),
    [
        (adt("discharged", "2025-01-03T00:00:00+08:00", destination="ward"), False),
        (adt("discharged", "2025-01-03T00:00:00.000001+08:00", destination="ward"), True),
        (adt("discharged", "2025-01-02T00:00:00+08:00", destination="other-icu"), True),
        (adt("died", "2025-01-02T00:00:00+08:00"), True),
    ],
)
def test_e2_48_hours_are_included(ending: Event, met: bool) -> None:
    """E2."""
    criteria = current_records([ADMITTED, ending], LATE)["eligibility", "S"]["criteria"]
    assert next(one["met"] for one in criteria if one["criterion"] == "stay-48h") is met


@pytest.mark.parametrize(
    ("news", "reached"),
    [
        (adt("died", "2025-02-01T22:00:00+08:00"), True),
        (adt("died", "2025-02-02T01:00:00+08:00"), False),
        (adt("vital_status", "2025-02-01T12:00:00+08:00", alive=True), None),
        (adt("vital_status", "2025-02-02T12:00:00+08:00", alive=True), False),
        (adt("vital_status", "2025-02-02T12:00:00+08:00", alive=False), None),
        (adt("vital_status", "2025-02-01T12:00:00+08:00", alive=False), True),
    ],
)
def test_o3_unknown_is_never_alive(news: Event, reached: bool | None) -> None:
    """O3: discharged on 4 January, so 1 February is day 28."""
    assert current_records([ADMITTED, LEFT, news], LATE)["outcome", "S", "death-28d"]["reached"] is reached


def test_a3_a_new_episode_needs_24_hours_and_a_better_pair_in_between() -> None:
    """A2, A3."""

    def gas(at: str, pao2: int) -> Event:
        values = {"pao2": (pao2, "mmHg"), "fio2": (0.5, "1"), "peep": (5, "cmH2O")}
        return charted("ventilator", at, values, support="invasive")

    stay = adt("discharged", "2025-01-09T00:00:00+08:00", destination="ward")
    worse, again = gas("2025-01-01T08:00:00+08:00", 100), gas("2025-01-02T08:00:00+08:00", 60)
    better = gas("2025-01-01T20:00:00+08:00", 101)
    for between, onsets in (([], 1), ([better], 2)):
        records = current_records([ADMITTED, stay, worse, again, *between], LATE)
        assert len([key for key in records if key[:3] == ("apps", "S", "at-24h")]) == onsets


def test_v2_what_is_printed_is_rounded_half_even() -> None:
    """V2."""
    assert printed(Fraction("0.0000005")) == 0
    assert printed(Fraction("0.0000015")) == Decimal("0.000002")
