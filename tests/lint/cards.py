"""Feeds for the report card, and what it says of them."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from picustream.commands.main import main
from picustream.eventfiles import files
from picustream.lint.evaluate import evaluate
from picustream.lint.feed import Feed
from picustream.lint.memory import Memory
from picustream.lint.report import Report
from picustream.models.codemap import parse_codemap
from picustream.scoring.rules import load_rules
from picustream.scoring.validation import LATEST
from tests.scoring.build import Stay

WHOLE = (
    Stay()
    .admitted("day 1 08:00", birth_date="2020-05-01")
    .vital("day 1 09:00", heart_rate=100, cvp=8, map_invasive=60, gcs_total=15)
    .vent("day 1 09:00", "invasive", fio2=0.5, peep=6, plateau_pressure=25)
    .gas("day 1 09:10", pao2=80)
    .lab("day 1 09:20", creatinine=50, bilirubin_total=10, platelets=200, recorded="day 1 10:00")
    .discharged("day 1 12:00")
)
"""Everything that the scores need, once."""


def lines_of(*events: Any) -> bytes:
    """An event file of (topic, value) pairs; bytes stand as they are."""
    written = (
        one if isinstance(one, bytes) else json.dumps({"topic": one[0], "value": one[1]}, default=str).encode()
        for one in events
    )
    return b"".join(line + b"\n" for line in written)


def card(*events: Any, part: bool = False, codemap: Path | None = None) -> Report:
    """The report card of a feed, by a clock that never refuses."""
    rules = load_rules(None, codemap)
    with Memory() as memory:
        feed = Feed(rules, LATEST, memory, ["feed"])
        for line in files.lines(io.BytesIO(lines_of(*events)), "feed", feed.broken):
            feed.take(line)
        return evaluate(feed, rules, memory, part, parse_codemap(codemap.read_bytes()) if codemap else None)


def found(report: Report) -> dict[str, list[str]]:
    """What the findings are about, by code."""
    codes: dict[str, list[str]] = {}
    for one in report.findings:
        codes.setdefault(one.code, []).append(one.about)
    return codes


def source(report: Report, name: str = "ward") -> dict[str, Any]:
    [one] = [one for one in report.as_data()["sources"] if one["source"] == name]
    return one


def source_of(report: Report, topic: str) -> dict[str, Any]:
    [one] = [one for one in report.as_data()["sources"] if one["topic"] == topic]
    return one


def linted(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(["lint", *map(str, arguments)])
    return status, *capsys.readouterr()


def file_of(folder: Path, *events: Any) -> Path:
    path = folder / "feed.ndjson"
    path.write_bytes(lines_of(*events))
    return path


def without(**parts: str) -> list[Any]:
    """The whole feed without the named variables (each sent as an unmapped code)."""
    dropped = set(parts)
    events = []
    for topic, value in WHOLE.events:
        said = [one for one in value.get("observations", []) if one["code"] not in dropped]
        other = [{"code": "0-0", "value": 1, "unit": "x"}]
        events.append((topic, {**value, "observations": said or other} if "observations" in value else value))
    return events
