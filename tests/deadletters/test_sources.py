"""Refused trial events name the arm: their dead letters have a topic of their own, and the general one has nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.commands.main import main
from picustream.deadletters.sources import topic_of
from picustream.eventfiles.replay import Replay
from picustream.models.event import INPUT_TOPICS, LAB, TRIAL
from picustream.models.record import DEAD_LETTER, DEAD_LETTER_TRIAL, DEAD_LETTERS
from picustream.scoring.rules import load_rules
from picustream.scoring.validation import InputRecord

ARM = "arm-of-the-test"
RULES = load_rules()


def treatment(**fields: Any) -> dict[str, Any]:
    """A start of treatment whose arm is no arm."""
    envelope = {"event_id": "t-1", "source": "office", "patient_id": "P", "stay_id": "S-1"}
    return {**envelope, "type": "treatment_started", "arm": ARM, "occurred_at": "2025-01-01T08:00:00Z", **fields}


def outputs(*input_records: InputRecord) -> list[Any]:
    replay = Replay(RULES)
    return [*replay.take(input_records), *replay.end()]


ODD = st.none() | st.booleans() | st.integers() | st.text("aZ09:-", max_size=8) | st.just([{}])
BROKEN = st.binary(max_size=40) | st.dictionaries(st.sampled_from(sorted(treatment())), ODD).map(
    lambda some: json.dumps(treatment() | some).encode()
)


@pytest.mark.proves("I10")
@given(BROKEN, st.none() | st.sampled_from([b"S-1", b"S-2", b"\xff"]))
def test_i10_nothing_of_a_refused_trial_event_is_on_the_general_topic(value: bytes, key: bytes | None) -> None:
    """Whatever is wrong with it: only its own topic has a dead letter, and no other output carries its arm."""
    made = outputs(InputRecord(TRIAL, 0, 7, key, value), InputRecord(LAB, 0, 8, None, b"{}"))
    dead_letters = [output for output in made if output.topic in DEAD_LETTERS]
    assert {output.topic for output in dead_letters if "dead/picu.trial.v1" in output.event_id} == {DEAD_LETTER_TRIAL}
    assert [output.event_id for output in dead_letters if output.topic == DEAD_LETTER] == ["dead/picu.lab.v1/0/8/0"]
    for output in made:
        shown = repr((output.key, output.value, output.headers))
        assert output.topic == DEAD_LETTER_TRIAL or (TRIAL not in shown and ARM not in shown)


@pytest.mark.parametrize("topic", INPUT_TOPICS)
def test_a_dead_letters_id_has_its_topic(topic: str) -> None:
    [dead_letter] = [one for one in outputs(InputRecord(topic, 3, 9, None, b"[]")) if one.topic in DEAD_LETTERS]
    assert topic_of(dead_letter.event_id) == dead_letter.topic == (DEAD_LETTER_TRIAL if topic == TRIAL else DEAD_LETTER)


def test_dead_letters_of_both_topics_are_listed_and_shown_from_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, folder = tmp_path / "events.ndjson", tmp_path / "out"
    lines = [{"topic": TRIAL, "value": treatment()}, {"topic": LAB, "value": {}}]
    file.write_text("\n".join(map(json.dumps, lines)))
    assert main(["replay", str(file), "--out", str(folder)]) == 0
    assert "2 dead letters" in capsys.readouterr().err
    assert ARM not in (folder / f"{DEAD_LETTER}.ndjson").read_text()
    assert main(["deadletters", "list", "--all-lines", "--json", "--file", str(folder)]) == 0
    ids = [json.loads(line)["event_id"] for line in capsys.readouterr().out.splitlines()]
    assert len(ids) == 2
    for event_id in ids:
        assert main(["deadletters", "show", event_id, "--file", str(folder)]) == 0
        assert (ARM in capsys.readouterr().out) is event_id.startswith(f"dead/{TRIAL}/")
