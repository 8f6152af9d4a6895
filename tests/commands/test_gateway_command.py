"""`picustream gateway convert` and `key`: what is printed, and the exit status."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from picustream.commands.main import main
from tests.gateways.texts import admission, obx, results, together

Run = Callable[..., tuple[int, bytes, bytes]]


@pytest.fixture
def run(capsysbinary: pytest.CaptureFixture[bytes]) -> Run:
    def convert(*arguments: object) -> tuple[int, bytes, bytes]:
        status = main(["gateway", "convert", *map(str, arguments)])
        out, err = capsysbinary.readouterr()
        return status, out, err

    return convert


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.hl7"
    path.write_bytes(together([admission(), results(obx(), obx("2951-2^Sodium^LN", number=2))]))
    return path


def test_the_output_is_an_event_file_that_replay_takes(run: Run, good: Path, tmp_path: Path) -> None:
    status, out, err = run(good, "--demo")
    assert status == 0 and b"2 messages, 2 events, 0 letters" in err
    events = tmp_path / "events.ndjson"
    events.write_bytes(out)
    assert [json.loads(line)["topic"] for line in out.splitlines()] == ["picu.adt.v1", "picu.lab.v1"]
    assert main(["replay", str(events), "--out", str(tmp_path / "out")]) == 0
    assert not (tmp_path / "out" / "picu.dead-letter.v1.ndjson").read_bytes()
    assert (tmp_path / "out" / "picu.score.mods.v1.ndjson").read_bytes()


def test_the_account_is_one_object_on_standard_error(run: Run, good: Path) -> None:
    status, _, err = run(good, "--demo", "--json")
    account = json.loads(err)
    assert status == 0 and account["messages"] == 2
    assert account["values"] == {"seen": 2, "sent": 1, "ignored": 1, "empty": 0, "letters": 0}
    assert account["ignored_by"] == {"http://loinc.org 2951-2": 1}


def test_letters_are_rows_of_a_file_and_the_status_says_that_there_are_some(run: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.hl7"
    bad.write_bytes(results(obx(), obx(value="1,5", number=2)))
    letters = tmp_path / "letters.ndjson"
    status, out, _ = run(bad, "--demo", "--letters", letters)
    rows = [json.loads(line) for line in letters.read_text().splitlines()]
    assert (status, out) == (1, b"") and sorted(row["reason"] for row in rows) == ["decimal-comma", "no-stay"]


def test_several_files_are_one_hospital(run: Run, tmp_path: Path) -> None:
    first, second = tmp_path / "results.hl7", tmp_path / "adt.hl7"
    first.write_bytes(results(obx()))
    second.write_bytes(admission())
    status, out, _ = run(first, second, "--demo")
    assert status == 0 and len(out.splitlines()) == 2


def test_standard_input_is_a_file(run: Run, good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(good.read_bytes())))
    status, out, _ = run("-", "--demo")
    assert status == 0 and len(out.splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.hl7", "--demo"], b"none.hl7"),
        (["-", "-", "--demo"], b"once"),
        (["-", "--demo", "--config", "site.toml"], b"exclude"),
        (["-", "--config", "none.toml"], b"none.toml"),
        (["-", "--demo", "--source", "lis"], b"lis"),
    ],
)
def test_wrong_use_is_status_2_and_says_what_to_do(run: Run, arguments: list[Any], words: bytes) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, b"") and words in err


def test_without_a_site_the_pseudonyms_are_of_no_other_run(run: Run, good: Path) -> None:
    (one, first, err), (other, second, _) = run(good), run(good)
    assert one == other == 0 and b"No site is named" in err
    assert first != second and len(first.splitlines()) == len(second.splitlines()) == 2


def test_a_key_is_made_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "site.key"
    assert main(["gateway", "key", str(path)]) == 0
    assert "fingerprint" in (said := capsys.readouterr().out) and path.read_text().strip() not in said
    assert main(["gateway", "key", str(path)]) == 2
