"""The command `picustream doctor`: everything that can be checked is, and the exit status is the worst of all."""

import json
from pathlib import Path

import pytest

from picustream.commands.main import main
from picustream.doctor.finding import Finding, ok, skipped, status


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ([ok("a", "well")], 0),
        ([ok("a", "well"), skipped("b", "not here")], 0),
        ([skipped("b", "not here"), Finding("c", "finding", "wrong")], 1),
        ([Finding("c", "finding", "wrong"), Finding("d", "missing", "away")], 3),
    ],
)
def test_the_exit_status_is_the_worst_of_all(findings: list[Finding], expected: int) -> None:
    """0 all well, 1 findings, 3 something is not there; what cannot be checked is no fault."""
    assert status(findings) == expected


def doctor(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, list[str]]]:
    """Exit status, and the levels by check."""
    code = main(["doctor", "--json"])
    out = capsys.readouterr().out
    assert "hunter2" not in out
    levels: dict[str, list[str]] = {}
    for finding in json.loads(out)["findings"]:
        levels.setdefault(finding["check"], []).append(finding["level"])
    return code, levels


def test_with_no_server_there_everything_else_is_checked(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 3; one run shows all that is missing."""
    code, levels = doctor(capsys)
    assert code == 3
    assert levels == {
        "settings": ["ok"],
        "rules": ["ok"],
        "time-zone": ["ok"],
        "schemas": ["ok"],
        "kafka": ["missing"],
        "redis": ["missing"],
        "partitions": ["skipped"],
        "dead-letters": ["skipped"],
    }


def test_for_a_person_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 3
    out = capsys.readouterr().out
    assert "Kafka does not answer" in out and "picustream local up" in out
    assert "hunter2" not in out


def test_a_protocol_that_does_not_load_is_a_finding_and_the_rest_is_checked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PICUSTREAM_PROTOCOL", str(tmp_path / "none.toml"))
    _, levels = doctor(capsys)
    assert (levels["rules"], levels["time-zone"], levels["schemas"]) == (["finding"], ["skipped"], ["ok"])


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("PICUSTREAM_PARTITIONS", "many"),
        ("PICUSTREAM_KAFKA_SECURITY", "SASL_SSL"),
        ("PICUSTREAM_CLOCK_AT", "2025-01-01T00:00:00Z"),
    ],
)
def test_wrong_settings_are_wrong_use(
    variable: str, value: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status 2 in two lines, as every command has it."""
    monkeypatch.setenv(variable, value)
    assert main(["doctor", "--json"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == 2


def test_a_setting_that_is_spelled_wrong_is_a_finding(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody reads it, and the default holds in silence; what is like no setting may be somebody else's."""
    monkeypatch.setenv("PICUSTREAM_LOCAL_JAVA", "/usr/bin/java")
    assert doctor(capsys)[1]["settings"] == ["ok"]
    monkeypatch.setenv("PICUSTREAM_PARTITION", "4")
    main(["doctor", "--json"])
    found = json.loads(capsys.readouterr().out)["findings"][0]
    assert (found["check"], found["level"]) == ("settings", "finding")
    assert "PICUSTREAM_PARTITION " in found["message"]
    assert "PICUSTREAM_PARTITIONS" in found["fix"]
