"""`import picustream`: what it shows is what the command does, typed, documented, and imported when it is asked for."""

import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

import picustream
from picustream.commands.main import main
from picustream.demo.ward import as_lines, ward
from picustream.models import text
from picustream.models.event import LAB
from picustream.scoring.scores.mods.record import ModsRecord
from picustream.scoring.scores.registry import MODELS
from tests.paths import DOCS, ROOT

PAGE = (DOCS / "python.md").read_text()


def blocks(kind: str, page: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)


def test_the_example_prints_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    exec(blocks("python", PAGE)[0], {})
    assert capsys.readouterr().out == blocks("text", PAGE)[0]


@pytest.mark.parametrize(
    "example", [blocks("python", PAGE)[1], *blocks("python", (ROOT / "README.md").read_text())], ids=["page", "README"]
)
def test_the_examples_of_files_run(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my-events.ndjson").write_text(as_lines(ward().events))
    Path("my-trial.toml").write_bytes((ROOT / "protocols" / "nct04850469.toml").read_bytes())
    Path("my-codes.toml").write_text("")
    exec(example, {"picustream": picustream})
    assert "picu.score.mods.v1" in capsys.readouterr().out


def test_it_gives_the_records_of_the_command(tmp_path: Path) -> None:
    """Every revision, in the same order, and of the same content."""
    events = tmp_path / "events.ndjson"
    events.write_text(as_lines(ward().events[:400]))
    assert main(["replay", str(events), "--out", str(tmp_path / "out")]) == 0
    by_topic: dict[str, list[object]] = {topic: [] for topic in MODELS}
    for topic, record in picustream.replay(picustream.read_events(events)):
        by_topic[topic].append(record)
    for topic, records in by_topic.items():
        written = picustream.read_events(tmp_path / "out" / f"{topic}.ndjson")
        assert records == [MODELS[topic].model_validate(text.parse(value or b"")) for _, value in written]
    assert any(isinstance(record, ModsRecord) for record in by_topic["picu.score.mods.v1"])


def test_what_cannot_be_used_is_a_record_and_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    for value in (b"{", "{", {"event_id": "a"}, None):
        ((topic, record),) = picustream.replay([(LAB, value)])
        assert (topic, record.model_dump()["topic"]) == ("picu.dead-letter.v1", LAB)
    with pytest.raises(picustream.NotAnInput):
        list(picustream.replay([("picu.score.mods.v1", b"{}")]))
    with pytest.raises(ValueError, match="offset"):
        list(picustream.replay([], until=datetime(2025, 3, 1)))
    with pytest.raises(picustream.UserError, match="cannot be read"):
        list(picustream.read_events(tmp_path / "none.ndjson"))
    with pytest.raises(picustream.RulesError):
        picustream.load_rules(tmp_path / "none.toml")


def test_all_that_it_shows_is_there_and_explained() -> None:
    assert dir(picustream) == sorted(picustream.__all__)
    for name in set(picustream.__all__) - {"__version__"}:
        assert getattr(picustream, name).__doc__, name
    assert not hasattr(picustream, "forecast")


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    """The command starts as fast as without it."""
    code = "import sys, picustream; print([m for m in sys.modules if m.startswith(('picustream.', 'pydantic'))])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
