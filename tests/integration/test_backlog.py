"""A history sent in one go, topic after topic: the records and alerts of a replay, and nothing wrong in between."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bench.ward import lines, ward
from picustream.models.event import INPUT_TOPICS, TRIAL
from tests.integration.ending import ON_THE_WAY, run_replay
from tests.integration.realrun import RealRun

pytestmark = [pytest.mark.servers, pytest.mark.proves("I1", "T4")]

LATER = datetime(2026, 7, 1, tzinfo=UTC)
"""Long after all of it: every day is closed, and every follow-up due."""


def history() -> list[str]:
    """A ward of nine, all treated on their second day, which renumbers what was published of them."""
    events = [json.loads(line) for line in lines(ward(9, 3, 0.2))]
    admissions = [one["value"] for one in events if one["value"].get("type") == "admitted"]
    for number, admission in enumerate(admissions):
        at = datetime.fromisoformat(admission["occurred_at"]) + timedelta(hours=30, minutes=number)
        started = {"event_id": f"t{number}", "source": "trial", "type": "treatment_started", "arm": "trial"}
        who = {name: admission[name] for name in ("patient_id", "stay_id")}
        events.append({"topic": TRIAL, "value": {**who, **started, "occurred_at": at.isoformat()}})
    return [json.dumps(one) for one in sorted(events, key=filed_at)]


def filed_at(event: dict[str, Any]) -> datetime:
    value = event["value"]
    return datetime.fromisoformat(value.get("recorded_at") or value.get("observed_at") or value["occurred_at"])


def told(published: Iterable[tuple[str, dict[str, Any]]]) -> Counter[str]:
    """All that was said of stays, and how often: alerts, and records of what is closed. Whether a feed is silent is
    asked of the clock at which its records arrived, and a day that is open has a revision for each of two values that
    were filed at once, whichever topic has the first."""
    bodies = (body for _, body in published if body.get("stay_id") and body.get("status") != "preliminary")
    return Counter(
        json.dumps({name: value for name, value in body.items() if name not in {*ON_THE_WAY}}) for body in bodies
    )


def test_a_history_sent_topic_after_topic_makes_what_a_replay_makes(real_run: RealRun) -> None:
    run = real_run.told_at(history(), LATER)
    for topic in reversed(INPUT_TOPICS):
        replace(run, lines=[line for line in run.lines if json.loads(line)["topic"] == topic]).publish()
    run.drain()
    file = run.bench.folder / "history.ndjson"
    file.write_text("\n".join(run.lines))
    replayed = run_replay(file, run.bench.folder / "replayed", LATER + timedelta(minutes=1))
    published = [(record.topic, json.loads(record.value)) for record in run.bench.records()]
    assert told(published) == told(replayed)
    assert any(body["status"] == "amended" for _, body in published)
    assert {body["name"] for _, body in published if "name" in body} >= {"follow-up-due"}
    assert not any(body.get("name") in ("no-admission", "amended-after-final") for _, body in published)
