"""Every benchmark that needs no server runs in its smallest form, and prints what it measured."""

import json
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.ward import lines, ward
from picustream.models import text
from picustream.scoring.rules import load_rules
from picustream.scoring.validation import LATEST, InputRecord, Validator


def test_a_ward_is_the_same_each_time_and_every_event_of_it_is_valid() -> None:
    made = list(ward(2, 1, 0.1))
    assert list(lines(iter(made))) == list(lines(ward(2, 1, 0.1)))
    validator = Validator(load_rules())
    values = [(one.topic, text.encode(one.value).encode()) for one in made]
    checked = [validator.validate(InputRecord(topic, None, None, None, value), LATEST) for topic, value in values]
    assert [one.faults for one in checked if one.faults] == []
    assert {one.stay_id for one in checked} == {"B-00000", "B-00001"}


@pytest.mark.parametrize("name", ["replay", "stages", "growth", "held", "startup"])
def test_a_benchmark_runs(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = tmp_path / "figures.json"
    assert main([name, "--tiny", "--json", str(figures)]) == 0
    tables = json.loads(figures.read_text())
    shown = capsys.readouterr().out
    assert tables and all(table["rows"] and f"== {table['title']}" in shown for table in tables)
    measured = [values for table in tables for figures in table["rows"].values() for values in figures.values()]
    assert all(len(values) == 1 for values in measured)
