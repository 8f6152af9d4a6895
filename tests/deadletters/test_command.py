"""`picustream deadletters`: what was refused is counted and shown (docs/topics.md)."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from picustream.commands.main import main
from picustream.deadletters.page import original
from picustream.models.event import LAB
from picustream.models.record import DEAD_LETTER
from tests.deadletters.refusals import event


def run(capsys: pytest.CaptureFixture[str], *arguments: Any) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main(["deadletters", *map(str, arguments)])
    return status, *capsys.readouterr()


def groups(capsys: pytest.CaptureFixture[str], *arguments: Any) -> list[dict[str, Any]]:
    status, out, _ = run(capsys, "list", "--json", *arguments)
    assert status == 0
    return json.loads(out)["groups"]


def test_dead_letters_of_one_fault_are_one_group(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The place in the list of observations makes no two; topic, source, reason, code and unit do."""
    first, *others = groups(capsys, "--file", folder)
    assert (first["topic"], first["source"], first["reason"], first["count"]) == (LAB, "lis", "unit-unknown", 2)
    assert (first["path"], first["observed"]) == ("/observations/*/unit", "creatinine in micromol")
    assert first["example"] == f"dead/{LAB}/3/40/0"
    assert {(one["source"], one["reason"], one["count"]) for one in others} == {
        ("poct", "implausible", 1), (None, "not-json", 1),
    }  # fmt: skip


def test_dead_letters_are_chosen_by_reason_source_and_time(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = {
        ("--reason", "implausible"): ["implausible"],
        ("--source", "lis"): ["unit-unknown"],
        ("--since", "2025-01-15T00:00:00+08:00"): ["not-json"],
        ("--source", "lis", "--reason", "implausible"): [],
    }
    for options, reasons in chosen.items():
        assert [one["reason"] for one in groups(capsys, "--file", folder, *options)] == reasons, options


def test_a_dead_letter_that_was_sent_again_is_marked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    by_reason = {one["reason"]: one["resubmitted"] for one in groups(capsys, "--file", folder)}
    assert by_reason == {"not-json": 1, "implausible": 0, "unit-unknown": 0}
    assert "1 of these sent again and refused again" in run(capsys, "list", "--file", folder)[1]


def test_no_value_of_an_event_is_listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """I10: sums and lines hold codes, units and paths, and nothing that was measured."""
    for options in ((), ("--json",), ("--all-lines",), ("--all-lines", "--json")):
        _, out, _ = run(capsys, "list", "--file", folder, *options)
        assert "5000" not in out and '"payload":' not in out and "patient" not in out, options


def test_all_lines_are_one_per_dead_letter(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "list", "--file", folder, "--all-lines")
    lines = out.splitlines()
    assert len(lines) == 4 and lines[-1].endswith("not-json - refused-again")
    _, out, _ = run(capsys, "list", "--file", folder, "--all-lines", "--json")
    assert [json.loads(line)["event_id"] for line in out.splitlines()] == [line.split()[1] for line in lines]


def test_no_dead_letters_are_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / f"{DEAD_LETTER}.ndjson").touch()
    assert run(capsys, "list", "--file", tmp_path) == (0, "No dead letters.\n", "")


def test_wrong_use_is_reported_in_two_lines(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = [
        ("list", "--reason", "bad"), ("list", "--since", "yesterday"), ("resubmit",), ("resubmit", "dead/x", "--all"),
        ("resubmit", "--all", "--fixed-by", folder / "nowhere.toml"), ("lsit",),
    ]  # fmt: skip
    for arguments in wrong:
        status, out, err = run(capsys, *arguments)
        assert (status, out, len(err.splitlines())) == (2, "", 2), arguments


def test_one_dead_letter_is_shown_with_its_event_and_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "show", f"dead/{LAB}/3/40/0", "--file", folder)
    assert status == 0
    for words in ("unit-unknown", "/observations/0/unit", "partition 3, offset 40", "It may hold a patient's data"):
        assert words in out
    shown = out[out.index("\n{") :]
    assert json.loads(shown) == json.loads(event())


def test_as_data_a_dead_letter_has_its_event_as_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "show", f"dead/{LAB}/3/40/0", "--file", folder, "--json")
    data = json.loads(out)
    assert (status, data["original"]) == (0, event().decode())
    assert base64.b64decode(data["payload"]) == event()


def test_a_dead_letter_that_is_not_there_is_a_finding(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "show", "dead/nothing", "--file", folder)
    assert (status, out) == (1, "")
    assert "dead/nothing" in err and "--all-lines" in err


@pytest.mark.parametrize(
    ("payload", "lines"),
    [
        (b'{"a":1.50,"b":[],"c":[1e400,"\xc3\xa4"]}', ["{", '  "a": 1.50,', '  "b": [],', '  "c": [', "    1e400,"]),
        (b"{no\njson\xff", ["{no", "json\\xff"]),
        (b'{"a":1,"a":2}', ['{"a":1,"a":2}']),
        (b"x" * 200_007, ["x" * 200_000, "... 7 characters more"]),
        (b"", []),
    ],
)
def test_the_event_is_set_in_with_its_numbers_as_written_or_shown_as_it_stands(
    payload: bytes, lines: list[str]
) -> None:
    assert original(payload)[: len(lines)] == lines


def test_a_broken_dead_letter_is_reported_and_the_rest_is_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / f"{DEAD_LETTER}.ndjson"
    path.write_bytes(path.read_bytes() + b'{"topic":"%s","value":{}}\n' % DEAD_LETTER.encode())
    status, out, err = run(capsys, "list", "--file", path)
    assert status == 1 and "4 open dead letters" in out
    assert f"{path}:5: no dead letter" in err
