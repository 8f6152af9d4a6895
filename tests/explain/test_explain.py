"""Receipts: whoever reads one can work every point out again, sees what is missing, and sees nobody else."""

import gzip
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from picustream.commands.main import main
from picustream.eventfiles import files
from picustream.eventfiles.replay import run
from picustream.explain import audit, machine
from picustream.explain.chains import Chain, StayScores, collect
from picustream.explain.overview import overview
from picustream.explain.receipt import receipt
from picustream.models import text
from picustream.models.record import ScoreRecord
from picustream.scoring.outputs import Output
from picustream.scoring.rules import load_rules
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.scores.registry import MODELS, SHIPPED
from picustream.scoring.validation import InputRecord
from picustream.terminal.page import Page
from tests.paths import REAL_DATA, needs_real_data
from tests.reference.generate import case
from tests.scoring.build import Stay, obs
from tests.scoring.histories import replayed, rules_for

EDGES = {
    "respiratory": (75, 150, 225, 300),
    "renal": (100, 200, 350, 500),
    "hepatic": (20, 60, 120, 240),
    "cardiovascular": (10, 15, 20, 30),
    "haematologic": (20, 50, 80, 120),
    "neurologic": (6, 9, 12, 14),
}
"""Marshall's table, written down once more: the ends of the bands, closed above."""
LOW_IS_BAD = ("respiratory", "haematologic", "neurologic")


# What a person with a pencil does. -----------------------------------------------------------------------------------


def mods_points(organ: str, value: Fraction) -> int:
    above = sum(value > edge for edge in EDGES[organ])
    return 4 - above if organ in LOW_IS_BAD else above


def apps_points(name: str, value: Fraction) -> int:
    if name == "age":
        return 1 if value < 47 else 2 if value <= 66 else 3
    if name == "pf":
        return 1 if value > 158 else 2 if value >= 105 else 3
    return 1 if value < 27 else 2 if value <= 30 else 3


def canonical(one: dict[str, Any], explained: dict[str, Any]) -> Fraction:
    """An input from its value as sent and the factor that the receipt names."""
    assert one["id"] == explained["id"]
    if one["variable"] == "support":
        assert one["value"] == "room-air"
        return Fraction("0.21")
    exact = Fraction(one["original"]["value"]) * Fraction(explained["factor"])
    if one["variable"] == "fio2" and Fraction("0.20") <= exact < Fraction("0.21"):
        return Fraction("0.21")
    if one["variable"] == "gcs_verbal" and exact == 1 and one["value"] == 5:
        return Fraction(5)
    return exact


def ages_by_hand(birth: str, onset_at: str) -> set[int]:
    """Completed years on the local day of the onset, for the first and the last day that the birth date allows."""
    year, month, day = (int(part) for part in onset_at[:10].split("-"))
    first, last = (f"{birth}{rest[len(birth) - 4 :]}" for rest in ("-01-01", "-12-31"))
    born = [[int(part) for part in one.split("-")] for one in (first, last)]
    return {year - one[0] - ([month, day] < one[1:]) for one in born}


def by_hand(part: dict[str, Any], explained: dict[str, Any]) -> Fraction:
    """The value of an organ or component, in fractions, from nothing but the receipt."""
    values = [canonical(*pair) for pair in zip(part["inputs"], explained["inputs"], strict=True)]
    names = [one["variable"] for one in part["inputs"]]
    if "pao2" in names:
        return values[0] / values[1]
    if "cvp" in names:
        return values[1] * values[0] / values[2]
    return sum(values, Fraction(0))


def close(value: Fraction, printed: Any) -> bool:
    return abs(value - Fraction(printed)) <= Fraction(1, 2_000_000)


def check_mods(record: dict[str, Any]) -> int:
    """How many organs of a receipt were worked out by hand; each, the total and the range have to agree."""
    done, points, measured = 0, [], []
    for part in record["components"]:
        explained = record["explained"]["components"][part["organ"]]
        if part["basis"] in ("measured", "carried-forward"):
            value = by_hand(part, explained)
            assert close(value, part["value"]), (record["event_id"], part["organ"])
            assert mods_points(part["organ"], value) == part["points"], (record["event_id"], part["organ"])
            points.append(mods_points(part["organ"], value))
            done += 1
        else:
            assert part["points"] == 0 and explained["band"] is None
            points.append(0)
        if part["basis"] == "measured":
            measured.append(part["points"])
    assert record["total"] == sum(points)
    least, most = sum(measured), sum(measured) + 4 * (6 - len(measured))
    assert record["explained"]["possible_total"] == record["range"] == {"min": least, "max": most}
    return done


def check_apps(record: dict[str, Any]) -> int:
    done, total = 0, 0
    for name, part in record["components"].items():
        if part["points"] is None:
            assert record["total"] is None and part["reason"]
            continue
        if name == "age":
            values = {Fraction(age) for age in ages_by_hand(part["inputs"][0]["value"], record["onset_at"])}
        else:
            values = {by_hand(part, record["explained"]["components"][name])}
        assert part["value"] is None or any(close(value, part["value"]) for value in values), (record["event_id"], name)
        assert {apps_points(name, value) for value in values} == {part["points"]}, (record["event_id"], name)
        total, done = total + part["points"], done + 1
    assert record["total"] in (None, total)
    return done


# How it is asked for. ------------------------------------------------------------------------------------------------


def records_of(outputs: Iterable[Output]) -> list[ScoreRecord]:
    return [
        MODELS[output.topic].model_validate(text.parse(output.value))  # type: ignore[misc]
        for output in outputs
        if output.topic in (MODS, APPS)
    ]


def scores_of(stay: Stay) -> StayScores:
    return collect(records_of(stay.outputs))


def chosen(scores: StayScores, kind: str, day: date | None = None) -> StayScores:
    """The daily records of one kind, of one day or all."""
    of_days = [chain for chain in scores.chains if chain.score.kind == kind and chain.current.day is not None]
    return StayScores(tuple(chain for chain in of_days if day is None or chain.day == day))


def chain_of(scores: StayScores, kind: str, day: date) -> Chain:
    [chain] = chosen(scores, kind, day).chains
    return chain


def faults(record: ScoreRecord) -> list[str]:
    return audit.faults(SHIPPED.score_named(record.score).description, record)


def on_page(scores: StayScores, width: int = 80, encoding: str = "utf-8", table: bool = False) -> str:
    """The receipts of all days, or the table of them, as they stand on a terminal without colour."""
    raw = io.BytesIO()
    console = Console(file=io.TextIOWrapper(raw, encoding), width=width, highlight=False, color_system=None)
    page = Page(console)
    if table:
        overview(page, scores)
    for chain in [] if table else scores.chains:
        receipt(page, chain, scores.first_counted)  # type: ignore[arg-type]
    page.print()
    console.file.flush()
    return raw.getvalue().decode(encoding)


def data_of(scores: StayScores) -> dict[str, Any]:
    stay_id = scores.chains[0].current.stay_id
    told: dict[str, Any] = json.loads(machine.as_json(stay_id, scores, scores.first_counted), parse_float=Decimal)
    return told


def said(page: str) -> str:
    """The words of a page without its line breaks."""
    return re.sub(r"\s+", " ", page)


def organ_of(page: str, organ: str) -> str:
    """The paragraph of one organ."""
    return next(part for part in re.split(r"\n\s*\n", page) if part.startswith(organ.upper()))


@pytest.fixture(scope="module")
def real() -> dict[str, StayScores]:
    """The scores of every stay of the real data."""
    with REAL_DATA.open("rb") as file:
        lines = files.lines(file, REAL_DATA.name)
        input_records = (InputRecord(line.topic, None, line.number, None, line.value) for line in lines)
        told = records_of(run(load_rules(), input_records))
    by_stay: dict[str, list[ScoreRecord]] = defaultdict(list)
    for record in told:
        by_stay[record.stay_id].append(record)
    return {stay_id: collect(records) for stay_id, records in by_stay.items()}


@needs_real_data
def test_i7_every_point_of_the_real_data_follows_from_its_receipt(real: dict[str, StayScores]) -> None:
    """I7: values as sent, factors and formulas of the receipts give all points again, in fractions and by hand."""
    days = episodes = organs = parts = 0
    for scores in real.values():
        for record in data_of(scores)["records"]:
            assert not record["explained"]["does_not_add_up"], record["event_id"]
            if record["score"] == "MODS":
                days, organs = days + 1, organs + check_mods(record)
            elif record["components"]:
                episodes, parts = episodes + 1, parts + check_apps(record)
    assert (days, episodes) == (653, 134)
    assert organs > 2000 and parts > 250


@needs_real_data
def test_i7_the_sentences_of_the_real_receipts_are_true(real: dict[str, StayScores]) -> None:
    """I7: every formula on paper, worked out as it stands there, gives the value beside it, and it is in the band."""
    sentences = 0
    for scores in list(real.values())[::3]:
        page = on_page(scores, width=100)
        assert "Does not add up" not in page and "does not follow" not in page
        for paragraph in re.split(r"\n\s*\n", page):
            for numbers, result in re.findall(r"^  (?:P/F|PAR|GCS) = [^=]+ = (.+?) [=≈] (\S+)", paragraph, re.M):
                value = eval(re.sub(r"([\d.]+)", r"Fraction('\1')", numbers.replace("×", "*")))
                assert close(value, result)
                band = re.search(r"for ([\d.]+ [<≤] )?\S+ ([<≤>]) ([\d.]+)", paragraph)
                if band is not None and band[2] == "≤":
                    assert value <= int(band[3])
                sentences += 1
    assert sentences > 300


@needs_real_data
@pytest.mark.parametrize("width", [60, 80, 160])
def test_no_line_of_a_real_receipt_is_wider_than_the_terminal(real: dict[str, StayScores], width: int) -> None:
    """A wide terminal gets no lines that nobody can read, a narrow one none that it breaks."""
    for scores in list(real.values())[::9]:
        for page in (on_page(scores, width), on_page(scores, width, table=True)):
            assert max(map(len, page.splitlines())) <= min(width, 100)
            assert not any(line.endswith(" ") for line in page.splitlines())


@pytest.mark.parametrize("seed", range(12))
def test_i7_receipts_of_random_stays_add_up(seed: int) -> None:
    """I7: whatever the protocol, the zone, the corrections: every revision told follows from its own inputs."""
    history = case(seed)
    records = records_of(replayed(history.events, rules_for(history.protocol), history.until))
    assert [fault for record in records for fault in faults(record)] == []
    for stay_id in {record.stay_id for record in records}:
        assert "Does not add up" not in on_page(collect(r for r in records if r.stay_id == stay_id))


# What a receipt says. ------------------------------------------------------------------------------------------------

WELL_KEPT = (
    Stay()
    .admitted("day 1 08:00", birth_date="2020-05-01")
    .vent("day 1 08:30", "room-air")
    .gas("day 1 09:00", pao2=("12.0", "kPa"))
    .lab("day 1 09:10", creatinine=("1.13", "mg/dL"), recorded="day 1 11:40")
    .vital("day 1 10:00", cvp=8)
    .vital("day 1 09:50", heart_rate=150)
    .vital("day 1 10:10", map_noninvasive=50)
)


def test_a_converted_value_is_shown_as_it_was_sent_and_as_it_came_late() -> None:
    """Item 8 of the outcome: the original with its unit, the factor, when it was taken and when it was known."""
    renal = said(organ_of(on_page(scores_of(WELL_KEPT)), "renal"))
    assert "0 points for creatinine ≤ 100 µmol/L" in renal
    assert "99.892 µmol/L sent as 1.13 mg/dL × 88.40" in renal
    assert "taken 2025-01-01 09:10, filed and counted 11:40 (2 h 30 min later)" in renal
    assert "ward, id e4#creatinine, topic picu.lab.v1" in renal


def test_p3_m5_formulas_are_told_with_their_numbers() -> None:
    """P1, P3, M5: room air is told as such, and the rate names the three values it is made of."""
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
    """M6, M9: sedated counts as assumed, and what was charted stands there."""
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


def test_m10_a_verbal_score_that_the_protocol_replaced_is_told() -> None:
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


def test_the_revisions_tell_what_changed_and_why() -> None:
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


def test_a_version_that_moves_a_value_in_time_is_told_as_one() -> None:
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


def test_i7_a_record_that_does_not_add_up_is_told() -> None:
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


def test_i3_repeats_are_dropped_and_gaps_are_told() -> None:
    """I3: a revision that stands twice counts once; one that is not here is missed."""
    stay = WELL_KEPT.lab("day 1 12:00", platelets=300)
    told = records_of(stay.outputs)
    assert collect([*told, *told]) == collect(told)
    first_and_last = [record for record in told if record.day == date(2025, 1, 1)]
    page = on_page(collect([first_and_last[0], first_and_last[-1]]))
    assert f"Not here: revision {', '.join(map(str, range(2, len(first_and_last))))}." in page


# The command. --------------------------------------------------------------------------------------------------------


@cache
def written() -> tuple[bytes, ...]:
    """The output lines of two stays; the second one is somebody else's."""
    outputs = WELL_KEPT.discharged("day 4 12:00").outputs
    lines = [files.record_line(output.topic, output.value) for output in outputs]
    other = [line.replace(b'"S"', b'"S-other"').replace(b'"P"', b'"P-other"') for line in lines]
    return (*lines, *other)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a replay of two stays leaves behind."""
    monkeypatch.setenv("COLUMNS", "80")
    for topic in (MODS, APPS):
        part = [line for line in written() if json.loads(line)["topic"] == topic]
        (tmp_path / f"{topic}.ndjson").write_bytes(b"".join(part))
    return tmp_path


def explained(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main(["explain", *map(str, arguments)])
    return status, *capsys.readouterr()


def test_a_table_of_all_days_says_how_to_see_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a day: every day in a line, and the command for the receipt of one, which works as it stands there."""
    status, out, err = explained(capsys, "S", "--file", folder)
    assert (status, err) == (0, "")
    days = [line for line in out.splitlines() if line.startswith("2025-01-0")]
    assert [line[:10] for line in days] == ["2025-01-01", "2025-01-02", "2025-01-03", "2025-01-04"]
    command = out.splitlines()[-1].split()
    assert command[:2] == ["picustream", "explain"]
    status, out, _ = explained(capsys, *command[2:])
    assert status == 0 and out.startswith("MODS of 2025-01-04")


@pytest.mark.parametrize("spread", ["folder", "files", "gzip", "one after the other"])
def test_records_are_found_however_they_are_given(
    spread: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder, gzipped or not, some files after one option, or an option for each."""
    paths = sorted(folder.glob("*.ndjson"))
    given: Sequence[object] = {
        "folder": ["--file", folder],
        "files": ["--file", *paths],
        "gzip": ["--file", folder],
        "one after the other": [word for path in paths for word in ("--file", path)],
    }[spread]
    if spread == "gzip":
        for path in paths:
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
            path.unlink()
    status, out, _ = explained(capsys, "S", *given, "--day", "2025-01-01")
    assert status == 0 and "Worked out again" in out


def test_json_is_one_object_with_records_and_revisions(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Data where a person would read, with the band and the way to the value."""
    status, out, _ = explained(capsys, "S", "--file", folder, "--day", "2025-01-01", "--score", "mods", "--json")
    told = json.loads(out)
    assert status == 0 and [record["day"] for record in told["records"]] == ["2025-01-01"]
    parts = told["records"][0]["explained"]["components"]
    assert (parts["cardiovascular"]["band"], parts["renal"]["band"]) == ("(20, 30]", "<= 100")
    assert parts["cardiovascular"]["computed_by"] == "heart rate × CVP / MAP = 150 × 8 / 50 = 24"
    assert [revision["revision"] for revision in told["revisions"]] == list(range(1, len(told["revisions"]) + 1))


def test_i10_unknown_stays_and_days_are_told_without_the_data_of_others(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """I10: exit 1 with the days there are; never another stay or patient."""
    asked = [("--day", "2025-01-09"), ("--score", "apps"), ("--day", "2025-01-09", "--score", "mods")]
    told = [explained(capsys, "S", "--file", folder, *more) for more in asked]
    told.append(explained(capsys, "S-nobody", "--file", folder))
    assert [status for status, _, _ in told] == [1, 1, 1, 1]
    assert "No MODS or APPS of 2025-01-09; days: 2025-01-01 to 2025-01-04." in told[0][2]
    assert "No MODS of 2025-01-09" in told[2][2]
    for _, out, err in [*told, explained(capsys, "S", "--file", folder)]:
        assert "other" not in out + err
        assert len(err.splitlines()) <= 2


def test_wrong_use_is_told_in_two_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """2 for wrong use, 1 for a file without records, a line or two, no traceback."""
    empty = folder / "empty"
    empty.mkdir()
    text_file = folder / "notes.txt"
    text_file.write_text("not\nan\nevent file\n")
    wrong = {
        ("S", "--file", folder / "nowhere"): 2,
        ("S", "--file", empty): 2,
        ("S", "--file", text_file): 1,
        ("S", "--file", folder, "--day", "yesterday"): 2,
        ("S", "--file", folder, "--score", "sofa"): 2,
        (): 2,
    }
    for arguments, status in wrong.items():
        found, out, err = explained(capsys, *arguments)
        assert (found, out) == (status, ""), arguments
        assert 1 <= len(err.splitlines()) <= 2 and "Traceback" not in err


def test_records_that_cannot_be_read_or_do_not_add_up_are_findings(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What can be read is shown; what cannot, or does not follow from its inputs, is told with exit 1."""
    path = folder / f"{MODS}.ndjson"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, lines[0].replace(b'"total":', b'"sum":'), b"{broken\n"]))
    status, out, err = explained(capsys, "S", "--file", path)
    assert status == 1 and "2025-01-04" in out
    assert f"{path}:{len(lines) + 1}: no score record" in err and "(1 more that cannot be read)" in err
    path.write_bytes(b"".join(line.replace(b'"total":3', b'"total":2') for line in lines))
    status, out, err = explained(capsys, "S", "--file", path, "--day", "2025-01-04")
    assert status == 1 and "Does not add up: the total is not the sum of the points." in out
    assert "these records do not add up: S/mods/2025-01-04/" in err


def test_standard_input_is_a_file_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`picustream replay FILE | picustream explain STAY --file -`."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"".join(written()))))
    status, out, _ = explained(capsys, "S", "--file", "-", "--score", "mods")
    assert status == 0 and "2025-01-04" in out
