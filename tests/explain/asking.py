"""Receipts of a stay, on a page and as data, for the tests to read."""

import io
import json
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from rich.console import Console

from picustream.explain import audit, machine
from picustream.explain.chains import Chain, StayScores, collect
from picustream.explain.overview import overview
from picustream.explain.receipt import receipt
from picustream.models import text
from picustream.models.record import ScoreRecord
from picustream.scoring.outputs import Output
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.scores.registry import MODELS, SHIPPED
from picustream.terminal.page import Page
from tests.scoring.build import Stay


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
