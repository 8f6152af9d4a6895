"""`picustream fhir`: what is printed, and how what is wrong is reported."""

import json
from pathlib import Path

import pytest

from picustream.commands.main import main
from picustream.eventfiles import files
from picustream.gateways.outgoing.resources import resource_of
from picustream.scoring.trial.records import ELIGIBILITY
from tests.gateways.outgoing.records import stored
from tests.gateways.outgoing.test_resources import unexpected

SEED = 5


@pytest.fixture
def records(tmp_path: Path) -> Path:
    path = tmp_path / "records.ndjson"
    path.write_bytes(b"".join(files.record_line(one.topic, one.value) for one in stored(SEED)))
    return path


def exported(capsysbinary: pytest.CaptureFixture[bytes], *arguments: object) -> tuple[int, list[bytes], bytes]:
    status = main(["fhir", "export", *map(str, arguments)])
    out, err = capsysbinary.readouterr()
    return status, out.splitlines(), err


def test_a_resource_for_each_record_in_force(records: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    newest = {one.where.rpartition("/r")[0]: one for one in stored(SEED)}
    resources = [resource_of(one, unexpected) for one in newest.values()]
    status, lines, err = exported(capsysbinary, "--file", records)
    assert (status, err) == (0, b"")
    assert lines == [one.body for one in resources if one]
    assert len(lines) > 20


def test_without_eligibility_there_are_scores_alone(records: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert any(one.topic == ELIGIBILITY for one in stored(SEED))
    _, lines, _ = exported(capsysbinary, "--file", records, "--scores-only")
    assert {json.loads(line)["resourceType"] for line in lines} == {"Observation"}


def test_a_broken_record_is_reported_and_the_others_go_out(
    records: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    _, before, _ = exported(capsysbinary, "--file", records)
    broken = files.record_line(ELIGIBILITY, b'{"event_id":"S-9/eligibility/r1","revision":1,"stay_id":"S-9"}')
    records.write_bytes(broken + records.read_bytes())
    status, lines, err = exported(capsysbinary, "--file", records)
    assert (status, lines) == (1, before)
    assert b"records.ndjson:1" in err and b"S-9" not in err


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("ftp://fhir.example/r4", "no base"),
        ("http://fhir.example/r4", "not encrypted"),
        ("https://user:pass-word@fhir.example/r4", "PICUSTREAM_FHIR_TOKEN"),
        ("https://fhir.example/r4?x=1", "no base"),
    ],
)
def test_an_address_that_should_not_be_used_is_not(
    url: str, word: str, records: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    status = main(["fhir", "push", url, "--file", str(records), "--state", str(tmp_path / "state")])
    err = capsys.readouterr().err
    assert status == 2 and word in err and "pass-word" not in err


def test_a_server_that_is_away_is_status_3(records: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    command = ["fhir", "push", "http://127.0.0.1:9/r4", "--patience", "0", "--state", str(tmp_path / "state")]
    assert main([*command, "--file", str(records)]) == 3
    assert "does not take resources" in capsys.readouterr().err
