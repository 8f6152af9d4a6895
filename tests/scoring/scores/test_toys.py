"""A seventh organ and a third score come in through the registry alone, and are everywhere the others are."""

import json
from collections.abc import Iterable
from io import StringIO
from typing import Any

import jsonschema
import pytest
from rich.console import Console

from picustream.contract.asyncapi import document
from picustream.contract.schemas import schemas
from picustream.explain import machine
from picustream.explain.audit import faults
from picustream.explain.chains import StayScores, collect
from picustream.explain.overview import overview
from picustream.explain.receipt import receipt
from picustream.lint.components import bits, prospects
from picustream.models import text
from picustream.models.record import ALERT, DEAD_LETTERS
from picustream.models.variable import Variable
from picustream.scoring.outputs import Output
from picustream.scoring.rules import Rules
from picustream.scoring.scores.apps.score import Apps
from picustream.scoring.scores.mods.organs import ORGANS
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.scores.mods.score import Mods
from picustream.scoring.scores.registry import SHIPPED, Registry
from picustream.terminal.page import Page
from tests.scoring.build import Stay
from tests.scoring.histories import SHIPPED as RULES
from tests.scoring.histories import replayed
from tests.scoring.scores.toys.organ import OXYGENATION
from tests.scoring.scores.toys.record import PULSE
from tests.scoring.scores.toys.score import Pulse

TOYS = Registry((Mods((*ORGANS, OXYGENATION)), Apps(), Pulse()), SHIPPED.others)
WITH_TOYS = Rules(RULES.protocol, RULES.codemap, kinds=TOYS)

WARD = (
    Stay()
    .admitted("day 1 08:00", birth_date="2020-05-01")
    .vital("day 1 09:00", spo2=88, heart_rate=130, recorded="day 1 09:05")
    .vital("day 1 10:00", heart_rate=150, recorded="day 1 10:05")
    .lab("day 1 11:00", creatinine=250, recorded="day 1 11:30")
    .vital("day 2 09:00", spo2=96, recorded="day 2 09:05")
    .discharged("day 3 12:00")
)
LATE = WARD.vital("day 1 08:30", spo2=79, heart_rate=170, recorded="day 2 20:00")
"""What was taken first on the first day, and filed when that had closed."""


def outputs_of(stay: Stay) -> list[Output]:
    return replayed(stay.events, WITH_TOYS)


def of(outputs: Iterable[Output], topic: str, day: str) -> list[dict[str, Any]]:
    records = (text.parse(one.value) for one in outputs if one.topic == topic)
    return [record for record in records if record["day"] == day]


def organ(record: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in record["components"] if one["organ"] == name)


def scores(stay: Stay) -> StayScores:
    models = TOYS.models
    return collect(
        (
            models[one.topic].model_validate(text.parse(one.value))
            for one in outputs_of(stay)
            if one.topic in (MODS, PULSE)
        ),  # type: ignore[misc]
        TOYS,
    )


def test_the_organ_is_in_the_record_and_its_totals() -> None:
    record = of(outputs_of(WARD), MODS, "2025-01-01")[-1]
    found = organ(record, "oxygenation")
    assert (found["points"], found["basis"], found["value"]) == (2, "measured", 88)
    assert [one["organ"] for one in record["components"]] == [*(one.name for one in ORGANS), "oxygenation"]
    assert (record["total"], record["measured"], record["range"]) == (4, 2, {"min": 4, "max": 24})


def test_a_late_value_of_the_organ_amends_its_day() -> None:
    revisions = of(outputs_of(LATE), MODS, "2025-01-01")
    assert [one["status"] for one in revisions[-2:]] == ["final", "amended"]
    assert [organ(one, "oxygenation")["points"] for one in revisions[-2:]] == [2, 4]


def test_the_organ_is_carried_forward_and_takes_a_value_with_a_side() -> None:
    """M7, V4: nothing but the organ itself says how."""
    stay = WARD.vital("day 3 09:00", {"system": "urn:picustream:variable", "code": "spo2", "value": 75, "unit": "%",
                                      "comparator": "<"}, recorded="day 3 09:01")  # fmt: skip
    found = organ(of(outputs_of(stay), MODS, "2025-01-03")[-1], "oxygenation")
    assert (found["basis"], found["points"], found["comparator"]) == ("measured", 4, "<")
    earlier = organ(of(outputs_of(WARD), MODS, "2025-01-03")[-1], "oxygenation")
    assert (earlier["basis"], earlier["value"]) == ("carried-forward", 96)


def test_the_score_is_published_amended_and_withdrawn() -> None:
    revisions = of(outputs_of(LATE), PULSE, "2025-01-01")
    assert [(one["revision"], one["status"], one["total"]) for one in revisions] == [(1, "final", 1), (2, "amended", 2)]
    moved = LATE.admitted("day 2 08:00", event_id="e1", status="amended", recorded="day 2 21:00")
    last = of(outputs_of(moved), PULSE, "2025-01-01")[-1]
    assert (last["status"], last["total"], last["pulse"]) == ("entered-in-error", None, None)


def test_an_amended_score_is_an_alert() -> None:
    alerts = [text.parse(one.value) for one in outputs_of(LATE) if one.topic == ALERT]
    amended = {one["alert_id"].rpartition("amended-after-final/")[2] for one in alerts}
    assert "pulse/2025-01-01" in amended


@pytest.mark.parametrize("until", range(1, len(LATE.events) + 1))
def test_any_order_ends_in_the_same_records(until: int) -> None:
    """I1: the event at one place comes first."""
    order = [until, *(place for place in range(1, len(LATE.events) + 1) if place != until)]
    ends = []
    for stay in (LATE, LATE.arriving(*order)):
        last: dict[tuple[str, str], Any] = {}
        for one in outputs_of(stay):
            if one.topic in (MODS, PULSE):
                record = text.parse(one.value)
                last[one.topic, record["day"]] = (record["total"], record.get("components"), record.get("pulse"))
        ends.append(last)
    assert ends[0] == ends[1]


def test_explain_shows_both_and_finds_no_fault() -> None:
    console = Console(file=StringIO(), width=100)
    page = Page(console)
    found = scores(LATE)
    overview(page, found)
    for chain in found.chains:
        receipt(page, chain, found.first_counted)
        assert faults(chain.score.description, chain.current) == []
    page.print()
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    sentences = (
        "OXYGENATION",
        "4 points for SpO2 ≤ 80 %",
        "the day's first saturation (M1, M3)",
        "PULSE of 2025-01-01",
        "2 points for pulse > 160 /min",
        "total 2 of 2",
        "satur",
    )
    for sentence in sentences:
        assert sentence in shown
    data = json.loads(machine.as_json("S", found, found.first_counted))
    assert {record["score"] for record in data["records"]} == {"MODS", "PULSE"}


def test_a_forged_point_does_not_add_up() -> None:
    [chain] = [one for one in scores(LATE).of_day(scores(LATE).chains[0].day).chains if one.score.kind == "pulse"]
    pulse = chain.score.description.parts(chain.current)["pulse"]
    forged = chain.current.model_copy(update={"pulse": pulse.model_copy(update={"points": 0})})
    assert faults(chain.score.description, forged) == ["pulse: the points do not follow from the inputs"]


def test_lint_says_what_they_need() -> None:
    found = {(one.component.of, one.component.name): one for one in prospects([bits([Variable.HEART_RATE])], TOYS)}
    assert found["PULSE", "pulse"].stays == 1
    assert found["MODS", "oxygenation"].stays == 0
    assert [need.name for need in found["MODS", "oxygenation"].missing] == ["saturation"]


def test_the_schemas_and_the_interface_have_them() -> None:
    outputs, made = outputs_of(LATE), schemas(TOYS)
    for one in outputs:
        if one.topic not in (ALERT, *DEAD_LETTERS):
            jsonschema.validate(json.loads(one.value), made[one.topic])
    assert "oxygenation" in json.dumps(made[MODS])
    assert "oxygenation" not in json.dumps(schemas()[MODS])
    assert any(channel["address"] == PULSE for channel in document(TOYS)["channels"].values())


def test_the_shipped_scores_are_as_they_are_without_them() -> None:
    def plain(rules: Rules) -> list[bytes]:
        return [one.value for one in replayed(LATE.events, rules) if one.topic not in (MODS, PULSE, ALERT)]

    assert plain(WITH_TOYS) == plain(RULES)
