"""`picustream explain`: what it finds, what it shows as JSON, and how errors are reported."""

import gzip
import io
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from picustream.commands.main import main
from picustream.eventfiles import files
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from tests.explain.asking import WELL_KEPT


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
    """Without a day: every day in a line, and the command for the receipt of one, which works as it is."""
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


def test_i10_unknown_stays_and_days_are_reported_without_the_data_of_others(
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


def test_wrong_use_is_reported_in_two_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
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
    """What can be read is shown; what cannot, or does not follow from its inputs, is reported with exit 1."""
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
