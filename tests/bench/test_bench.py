"""Every benchmark that needs no server runs in its smallest form, and prints what it measured."""

import json
from pathlib import Path
from xml.dom import minidom

import pytest

from bench import page
from bench.__main__ import main
from bench.table import Column, Table
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


NAMES = ["replay", "stages", "pauses", "batches", "growth", "held", "startup", "store", "pages", "hl7"]


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_runs(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = tmp_path / "figures.json"
    assert main([name, "--tiny", "--json", str(figures)]) == 0
    tables = json.loads(figures.read_text())
    shown = capsys.readouterr().out
    assert tables and all(table["rows"] and f"== {table['title']}" in shown for table in tables)
    measured = [values for table in tables for figures in table["rows"].values() for values in figures.values()]
    assert all(len(values) == 1 for values in measured)


def test_figures_that_were_kept_are_written_into_the_page_with_pictures(tmp_path: Path) -> None:
    """Of a table without figures the place stays as it is; written again the page is the same."""
    document, figures = tmp_path / "page.md", tmp_path / "figures.json"
    (tmp_path / "images").mkdir()
    document.write_text("Before.\n<!-- figures: held -->\n<!-- end -->\n<!-- figures: other -->\n<!-- end -->\n")
    table = Table("held", "stays held", [Column("ms", 1)], "ms", "10 stays")
    for figure in (1.0, 3.0, 2.0):
        table.add("10 stays", {"ms": figure})
        table.add("99 stays", {"ms": 2 * figure})
    page.keep(figures, [table])
    for _ in range(2):
        page.write(page.kept(figures), document)
        written = document.read_text()
    assert "| 99 stays | 4.0 (2.0 - 6.0) | 2.00 (2.00 - 2.00) |" in written
    assert written.endswith("<!-- figures: other -->\n<!-- end -->\n")
    assert minidom.parse(str(tmp_path / "images" / "held.svg")).getElementsByTagName("circle").length == 2
