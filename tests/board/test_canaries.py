"""Words that nobody may see: in every input of the trial, and on no page of a role that may not see them."""

import asyncio
import base64
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from picustream.board.access.audit import Audit
from picustream.board.access.identity import ROLE, SECRET, USER, Proxy
from picustream.board.access.roles import Role, Visitor, may_open
from picustream.board.app import application
from picustream.board.checks import Checks
from picustream.board.pipeline import Pipeline
from picustream.commands.main import main
from picustream.demo.ward import SEED, ward
from picustream.eventfiles.replay import Replay
from picustream.models.event import INPUT_TOPICS
from picustream.models.feeds import SourceMap
from picustream.readmodel.audience import Audience
from picustream.readmodel.database import address
from picustream.runtime.clock import Clock
from picustream.runtime.settings import Settings
from picustream.scoring.rules import load_rules
from picustream.scoring.validation import InputRecord
from tests.board.made import ask
from tests.board.office import ALARMED, Office
from tests.readmodel.filling import Log, fill

SHARED = "s" * 40
ARM = "canaryarm"
PATHS = (
    "/ward", "/stay/S-301", "/stay/S-301?revisions=all", "/desk?tab=all", "/desk?tab=consent", "/desk?tab=follow-up",
    "/desk?tab=log", "/desk?tab=all&as-known-at=2026-03-04T12:00", "/desk/S-301", "/ops",
)  # fmt: skip
TRIAL = ("randomised", "treatment", "elapsed_day", "sdtm_day", "in_window", "consent", "eligible", "enrol")
"""Of what the ward may know nothing."""


@pytest.fixture(scope="module")
def log() -> Log:
    """All that the ward's events make where every trial event names the arm, those that are refused too."""
    replay, log = Replay(load_rules(), ward(SEED).closes), Log()
    for event in ward(SEED).events:
        if event.at > ALARMED:
            break
        value = dict(event.value)
        if event.topic == "picu.trial.v1":
            value["arm"] = ARM
            wrong = {**value, "event_id": f"{value['event_id']}-wrong", "at": "no moment", "occurred_at": "no moment"}
            log.add_all(replay.take([InputRecord(event.topic, 0, None, None, json.dumps(wrong).encode())]))
        log.add_all(replay.take([InputRecord(event.topic, 0, None, None, json.dumps(value).encode())]))
    return log


def test_the_arm_reached_the_engine_and_is_in_letters_of_the_trial_alone(log: Log) -> None:
    holding = set()
    for record in log.records:
        body = json.loads(record.value or b"{}")
        text = json.dumps(body) + base64.b64decode(body.get("payload", "")).decode()
        if ARM in text:
            holding.add(record.topic)
    assert holding == {"picu.dead-letter.trial.v1"}
    assert "picu.trial.v1" in INPUT_TOPICS


@pytest.mark.parametrize("role", sorted(Role))
def test_no_page_of_a_role_has_what_the_role_may_not_see(log: Log, role: Role, tmp_path: Path) -> None:
    everything = Office(address(str(tmp_path / "store.sqlite")), log, ALARMED)
    everything.read()
    bedside = address(str(tmp_path / "ward.sqlite"))
    fill(bedside, log, Audience.WARD, sizes=(500,))
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("ward.sqlite*"))
    assert b"S-301/mods" in kept
    assert not re.search(rb"canaryarm|elapsed_day|sdtm_day|in_window|treatment_started", kept)
    audit = tmp_path / "audit.ndjson"
    ward_board = Office(bedside, log, ALARMED).board()
    board = replace(ward_board, office=everything.board())
    app = application(board, identity=Proxy(SHARED), audit=Audit(audit))
    said = {USER.replace("-", "_"): "ana", ROLE.replace("-", "_"): role.value, SECRET.replace("-", "_"): SHARED}
    seen = []
    for path in PATHS:
        answer = ask(app, path, **said)
        if answer.status == 200:
            seen.append(path)
        assert ARM not in answer.text
        assert SHARED not in answer.text
        if role in (Role.WARD, Role.STATISTICIAN) or path.startswith(("/ward", "/stay")):
            main = answer.text.partition("<main")[2]
            assert not [word for word in TRIAL if word in main.lower()], path
        if role == Role.OPS:
            assert "S-30" not in answer.text.partition("Dead letters")[2]
    visitor = Visitor("ana", frozenset({role}))
    assert bool(seen) == any(may_open(visitor, path) for path in ("/ward", "/desk", "/ops"))
    assert ARM not in audit.read_text()
    assert SHARED not in audit.read_text()


def test_explain_has_nothing_of_the_trial_from_the_wards_read_model(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bedside = tmp_path / "ward.sqlite"
    fill(address(str(bedside)), log, Audience.WARD, sizes=(500,), servers="127.0.0.1:9")
    monkeypatch.setenv("PICUSTREAM_STORE", str(bedside))
    monkeypatch.setenv("PICUSTREAM_KAFKA", "127.0.0.1:9")
    for arguments in ([], ["--day", "2026-03-04"], ["--json"]):
        assert main(["explain", "S-301", *arguments]) == 0
        said = capsys.readouterr()
        assert "S-301" in said.out and ARM not in said.out + said.err
        assert not [word for word in TRIAL if word in said.out.lower()], arguments


def test_no_password_is_in_what_the_operators_page_says_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor in what the doctor finds, which the board runs with its own settings."""
    monkeypatch.setenv("PICUSTREAM_KAFKA", "127.0.0.1:9")
    monkeypatch.setenv("PICUSTREAM_KAFKA_SECURITY", "SASL_PLAINTEXT")
    monkeypatch.setenv("PICUSTREAM_KAFKA_USERNAME", "board")
    monkeypatch.setenv("PICUSTREAM_KAFKA_PASSWORD", SHARED)
    monkeypatch.setenv("PICUSTREAM_REDIS", f"redis://board:{SHARED}@127.0.0.1:9/0")
    pipeline, checks = Pipeline(Settings(), SourceMap(), Clock()), Checks({})
    found = pipeline.ask()
    asyncio.run(checks.check())
    assert len(found.unknown) == 2 and checks().findings
    assert SHARED not in repr((found, checks()))
