"""The sums of a demo: what was shown is what the topics hold."""

import json
from dataclasses import replace
from pathlib import Path

from picustream.demo.sums import Sums, keep
from picustream.eventfiles.files import lines
from picustream.runtime.errors import UserError
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.scores.registry import OUTPUT_TOPICS
from tests.demo.stubs import Stored, stored


def summed(records: list[Stored], shown: dict[str, int], closed: bool = True) -> Sums:
    return Sums({"events": 3, "records": shown, "revisions": 0, "dead_letters": {}, "stays": 1}, records, 5, 8, closed)


def test_the_sums_are_true_when_the_topics_hold_what_was_shown() -> None:
    sums = summed([stored("a"), stored("b")], {"picu.outcome.v1": 2})
    assert sums.lines() == ["read anew          the topics hold just these records, no event_id twice"]
    assert sums.as_json()["topics_hold"] == {"picu.outcome.v1": 2}


def test_a_record_that_was_not_shown_is_reported() -> None:
    sums = summed([stored("a"), stored("b")], {"picu.outcome.v1": 1})
    assert not sums.true
    assert sums.lines()[-1].startswith("read anew          the topics hold something else: picu.outcome.v1 2;")


def test_a_record_that_occurs_twice_is_reported() -> None:
    """I3: the same event_id a second time."""
    sums = summed([stored("a"), stored("a")], {"picu.outcome.v1": 2})
    assert not sums.true
    assert sums.as_json()["repeated_event_ids"] == 1


def test_what_became_of_the_messages_of_a_ward_that_speaks_hl7_is_said() -> None:
    spoken = {"acknowledged": 3049, "sent": 10212, "ignored": 124, "letters": 1}
    sums = replace(summed([], {}), spoken=spoken)
    assert sums.lines()[:2] == [
        "HL7 v2 by MLLP     3,049 messages acknowledged",
        "their values       10,212 sent, 124 ignored, 0 empty, 1 became letters",
    ]
    assert sums.as_json()["hl7"] == spoken
    assert "hl7" not in summed([], {}).as_json()


def test_an_end_before_the_close_is_reported() -> None:
    assert summed([], {}, closed=False).lines()[0] == "ended early        on day 5 of 8"


def test_records_are_kept_as_event_files_one_per_topic(tmp_path: Path) -> None:
    keep([stored("a", MODS), stored("b", MODS), stored("c")], tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        f"{topic}.ndjson" for topic in OUTPUT_TOPICS
    )
    with (tmp_path / "out" / f"{MODS}.ndjson").open("rb") as file:
        read = [json.loads(line.value)["event_id"] for line in lines(file, MODS, _fail)]
    assert read == ["a", "b"]


def _fail(error: UserError) -> None:
    raise error
