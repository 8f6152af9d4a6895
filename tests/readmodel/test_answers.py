"""Commands that answer from the read model say the same as from the records themselves, and from where."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from picustream.commands.main import main
from picustream.models.record import ALERT, DEAD_LETTER_TRIAL
from picustream.readmodel.answers import FRESH, Answers, look
from picustream.readmodel.audience import Audience
from picustream.readmodel.database import Address, address
from picustream.readmodel.reading import ReadModel
from picustream.runtime.settings import Settings
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.trial.records import ELIGIBILITY
from tests.readmodel.filling import Log, fill, writer
from tests.readmodel.test_reading import histories

Run = Callable[..., tuple[int, str, str]]
NOWHERE = "127.0.0.1:9"
"""An address at which no Kafka is: what is answered comes from the read model."""


@pytest.fixture
def store(tmp_path: Path) -> Address:
    where = address(str(tmp_path / "store.sqlite"))
    fill(where, histories(), servers=NOWHERE)
    return where


@pytest.fixture
def run(store: Address, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.setenv("PICUSTREAM_STORE", str(store))
    monkeypatch.setenv("PICUSTREAM_KAFKA", NOWHERE)

    def ran(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(list(arguments))
        return status, *capsys.readouterr()

    return ran


@pytest.fixture
def files(tmp_path: Path) -> str:
    """The same records as event files."""
    folder = tmp_path / "out"
    folder.mkdir()
    for record in histories().records:
        with (folder / f"{record.topic}.ndjson").open("ab") as file:
            file.write(b'{"topic":"%s","value":%s}\n' % (record.topic.encode(), record.value or b"null"))
    return str(folder)


def test_explain_says_the_same_as_from_the_records(run: Run, files: str, store: Address) -> None:
    for stay in ReadModel.at(store).stays():
        status, out, err = run("explain", stay, "--json")
        assert (status, out) == run("explain", stay, "--json", "--file", files)[:2] and out
        assert err.startswith("From the read model, as of 20")


def test_alerts_say_the_same_as_from_the_records(run: Run, files: str) -> None:
    for options in ([], ["--all"], ["--audience", "trial-office"]):
        status, out, err = run("alerts", "--json", *options)
        wanted = run("alerts", "--json", *options, files)
        assert status == wanted[0] and err.startswith("From the read model")
        found, expected = (json.loads(text)["alerts"] for text in (out, wanted[1]))
        assert [{**one, "seconds": 0} for one in found] == [{**one, "seconds": 0} for one in expected] != []


def test_dead_letters_are_the_same_as_from_the_records(run: Run, files: str) -> None:
    for options in (["--all-lines"], ["--reason", "schema"], []):
        status, out, err = run("deadletters", "list", "--json", "--letters-only", *options)
        assert (status, out) == run("deadletters", "list", "--json", "--file", files, *options)[:2]
        assert err.startswith("From the read model")


def test_dead_letters_are_listed_without_kafka_which_is_searched_for_what_is_open(run: Run) -> None:
    """What was sent again shows in the inputs alone, so the list says that it has not looked there."""
    status, out, err = run("deadletters", "list", "--json")
    assert status == 0 and json.loads(out)["letters"] > 0
    assert "is not searched for, so it may be listed as open. --open searches the input topics." in err
    status, _, err = run("deadletters", "list", "--json", "--open")
    assert status == 3 and "Kafka does not answer" in err
    status, out, _ = run("deadletters", "list", "--json", "--open", "--letters-only")
    assert status == 0 and json.loads(out)["letters"] > 0


def test_a_read_model_without_dead_letters_is_not_said_to_have_answered(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = address(str(tmp_path / "statistician.sqlite"))
    fill(where, histories(), Audience.STATISTICIAN, servers=NOWHERE)
    monkeypatch.setenv("PICUSTREAM_STORE", str(where))
    status, _, err = run("deadletters", "list")
    assert status == 3 and "From Kafka: the read model is for statistician." in err and "as of" not in err


OF_THE_TRIAL = re.compile(r"treatment|consent|arm|randomis|study day|in the analysis window", re.IGNORECASE)
HIDDEN = ("elapsed_day", "sdtm_day", "in_window")


def test_explain_says_from_the_wards_read_model_what_the_ward_may_know(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: Address
) -> None:
    """The same points by the same values, and nothing of the trial: not when, not why, not how often."""
    stays = ReadModel.at(store).stays()
    known = {stay: json.loads(run("explain", stay, "--json")[1]) for stay in stays}
    assert any(one["elapsed_day"] for found in known.values() for one in found["records"])
    ward = address(str(tmp_path / "ward.sqlite"))
    fill(ward, histories(), Audience.WARD, servers=NOWHERE)
    monkeypatch.setenv("PICUSTREAM_STORE", str(ward))
    same = ("score", "day", "total", "components", "patient_id", "emitted_at")
    for stay in stays:
        status, out, err = run("explain", stay, "--json")
        found = json.loads(out)
        assert status == 0 and err.startswith("From the ward's read model, without what the ward may not know, as of")
        assert not [name for one in found["records"] for name in HIDDEN if name in one]
        assert [
            one["explained"]["does_not_add_up"] for one in found["records"] if one["explained"]["does_not_add_up"]
        ] == []
        for one, other in zip(found["records"], known[stay]["records"], strict=True):
            assert [one[name] for name in same[:-1]] == [other[name] for name in same[:-1]]
            assert one["emitted_at"] <= other["emitted_at"]
        for arguments in ([], ["--day", found["records"][0]["day"]]):
            status, out, _ = run("explain", stay, *arguments)
            assert status == 0 and not OF_THE_TRIAL.findall(out) and stay in out
        assert not OF_THE_TRIAL.findall(json.dumps([one["cause"] for one in found["revisions"]]))
    assert run("alerts")[0] == 3


def test_kafka_is_asked_where_it_is_wanted(run: Run) -> None:
    for command in (["explain", "S-1"], ["alerts"], ["deadletters", "list"]):
        status, _, err = run(*command, "--from-kafka")
        assert status == 3 and "Kafka does not answer" in err and "read model" not in err


def test_operations_are_told_which_dead_letters_they_do_not_see(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = address(str(tmp_path / "ops.sqlite"))
    fill(where, histories(), Audience.OPS, servers=NOWHERE)
    monkeypatch.setenv("PICUSTREAM_STORE", str(where))
    status, out, err = run("deadletters", "list", "--json", "--letters-only")
    assert status == 0 and f"Without {DEAD_LETTER_TRIAL}: it is not in this read model." in err and json.loads(out)


def settings(where: Address, kafka: str = NOWHERE) -> Settings:
    return Settings(store=str(where.url.render_as_string(False) if not where.is_file else where.path), kafka=kafka)


def test_a_read_model_that_is_old_unfinished_or_of_another_kafka_is_not_asked(tmp_path: Path) -> None:
    log = histories()
    where = address(str(tmp_path / "store.sqlite"))
    assert "No read model can be read" in str(look(settings(where), [MODS]))
    with writer(where, log, servers=NOWHERE):
        assert look(settings(where), [MODS]) == "the read model is not whole yet."
    fill(where, log, servers=NOWHERE)
    found = look(settings(where), [MODS, ALERT])
    assert isinstance(found, Answers) and found.topics == Audience.EVERYTHING.topics
    assert look(settings(where, "127.0.0.1:10"), [MODS]) == "the read model follows another one."
    long_ago = datetime.now(UTC) - FRESH - timedelta(seconds=2)
    old = address(str(tmp_path / "old.sqlite"))
    fill(old, Log(), servers=NOWHERE, known_until=long_ago)
    assert "is its follower at work?" in str(look(settings(old), [MODS]))
    for audience, topic in ((Audience.STATISTICIAN, ALERT), (Audience.WARD, ELIGIBILITY)):
        other = address(str(tmp_path / f"{audience}.sqlite"))
        fill(other, log, audience, servers=NOWHERE)
        assert look(settings(other), [topic]) == f"the read model is for {audience}."


def test_without_a_read_model_nothing_is_said_of_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("PICUSTREAM_STORE", raising=False)
    monkeypatch.setenv("PICUSTREAM_KAFKA", NOWHERE)
    assert main(["alerts"]) == 3 and "read model" not in capsys.readouterr().err


def test_store_status_says_what_is_there(run: Run, store: Address) -> None:
    status, out, err = run("store", "status", "--json")
    found = json.loads(out)
    assert (status, found["lag"], found["holes"], found["audience"]) == (0, 0, [], "everything") and err == ""
    revisions = sum(record.topic == MODS for record in histories().records)
    assert next(one for one in found["topics"] if one["topic"] == MODS)["rows"] == revisions
    status, out, _ = run("store", "status")
    assert status == 0 and f"{MODS:26} {revisions:12,} rows" in out and "complete up to" in out
    assert run("store", "status", "--store", str(store.path.with_name("none")))[0] == 3
