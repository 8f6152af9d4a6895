"""docs/asyncapi.json: made from the models, whole, and true of the records that go out."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from picustream.contract.asyncapi import document, main
from picustream.contract.schemas import written
from picustream.models.desk import DESK
from picustream.scoring.outputs import HEAD_HEADER
from picustream.scoring.scores.registry import OUTPUT_TOPICS
from picustream.streams.kafka.topics import ALL, configuration
from tests.paths import DOCS
from tests.scoring.build import Stay


def references(part: Any) -> Iterator[str]:
    """Every `$ref` below a part of the document."""
    if isinstance(part, dict):
        yield from ([part["$ref"]] if "$ref" in part else [])
        part = list(part.values())
    for inner in part if isinstance(part, list) else []:
        yield from references(inner)


def resolved(reference: str) -> Any:
    """What a reference leads to."""
    file, _, pointer = reference.partition("#")
    found = json.loads((DOCS / file).read_text()) if file else document()
    for step in pointer.split("/")[1:]:
        found = found[step]
    return found


def test_the_committed_document_is_the_models_own() -> None:
    """`python -m picustream.contract.asyncapi docs/asyncapi.json` changes nothing."""
    assert (DOCS / "asyncapi.json").read_text() == written(document())


def test_every_topic_is_there_and_every_reference_leads_somewhere() -> None:
    """Eleven channels with their schema and configuration; the product reads the inputs and sends the outputs."""
    channels = {channel["address"]: channel for channel in document()["channels"].values()}
    assert channels.keys() == set(ALL)
    for topic, channel in channels.items():
        told = channel["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"]
        assert ",".join(told) == configuration(topic)["cleanup.policy"]
    sent = {
        resolved(one["channel"]["$ref"])["address"]
        for one in document()["operations"].values()
        if one["action"] == "send"
    }
    assert sent == {*OUTPUT_TOPICS, DESK}
    found = list(references(document()))
    assert len(found) > len(ALL)
    assert all(resolved(reference) for reference in found)


def test_the_headers_are_those_that_a_record_carries() -> None:
    """`picustream_head` is for picustream alone."""
    headers = document()["components"]["messageTraits"]["cloudEvent"]["headers"]
    [first, *_] = Stay().admitted("day 1 08:00").until("day 1 09:00").outputs
    assert list(headers["properties"]) == [name for name, _ in first.headers if name != HEAD_HEADER]


def test_a_wrong_use_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No file, an option, a folder in the way: a line on standard error and the status for it."""
    assert [main([]), main(["--help"]), main([str(tmp_path)]), main([str(tmp_path / "new.json")])] == [2, 2, 3, 0]
    assert len(capsys.readouterr().err.splitlines()) == 3
