"""The interface as an AsyncAPI 3.0 document, made from the models: channels, keys, headers, who sends and who reads.

`python -m picustream.contract.asyncapi docs/asyncapi.json` writes it; a test compares the committed one with the
models.
The messages themselves are the JSON Schemas beside it (`schemas.py`).
"""

import sys
from pathlib import Path
from typing import Any

from picustream import __version__
from picustream.contract.schemas import generated, written
from picustream.models.desk import DESK
from picustream.models.event import ADT, INPUT_TOPICS, LAB, TRIAL, VENTILATOR, VITAL
from picustream.models.record import ALERT, DEAD_LETTER, DEAD_LETTER_TRIAL, DEAD_LETTERS
from picustream.scoring.scores.registry import SHIPPED, Registry

Document = dict[str, Any]

_INPUTS = {
    LAB: "Laboratory and blood-gas results, from the laboratory system.",
    VITAL: "Monitor values and nursing observations, from the monitoring feed and the charting system.",
    VENTILATOR: "Ventilator settings and readings, from the ventilator gateway.",
    ADT: "Admission, discharge, death, follow-up and sedation, from the hospital information system.",
    TRIAL: "Consent, start of treatment, ARDS assessment and data collection, from the trial office. "
    "The arm is secret from the ward: an access list of its own.",
}
_OUTPUTS = {
    ALERT: "Alerts for operations and for the trial office, fired once and resolved once.",
    DEAD_LETTER: "What could not be used, with the reason and the original bytes.",
    DEAD_LETTER_TRIAL: "The same for the trial topic, whose events name the arm: an access list of its own.",
}
_DESK = {
    DESK: "What people enter at the board: screening decisions, notes, acknowledged alerts, signed data sets. No "
    "worker reads it, and it is of no consequence for a score.",
}


def carries(kinds: Registry) -> dict[str, str]:
    """What each topic is for."""
    return _INPUTS | {kind.topic: kind.summary for kind in kinds} | _OUTPUTS | _DESK


def document(kinds: Registry = SHIPPED) -> Document:
    """The whole interface."""
    topics = carries(kinds)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "picustream",
            "version": __version__,
            "description": "Event streams of a paediatric intensive care unit in, trial endpoints out. Meanings, units "
            "and what becomes of late, corrected and withdrawn data: docs/topics.md. Research use only.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {_short(topic): _channel(topic, meaning) for topic, meaning in topics.items()},
        "operations": {_operation(topic): _operated(topic, meaning) for topic, meaning in topics.items()},
        "components": {"messageTraits": {"cloudEvent": {"headers": _cloud_event()}}},
    }


def _short(topic: str) -> str:
    """`picu.score.mods.v1` is `scoreMods` in the document."""
    first, *rest = topic.removeprefix("picu.").removesuffix(".v1").replace("-", ".").split(".")
    return first + "".join(word.capitalize() for word in rest)


def _channel(topic: str, meaning: str) -> Document:
    message: Document = {
        "name": topic,
        "summary": meaning,
        "payload": {"$ref": f"./schemas/{topic}.json"},
        "bindings": {"kafka": {"key": {"type": "string", "description": _key_of(topic)}}},
    }
    if topic not in (*INPUT_TOPICS, DESK):
        message["traits"] = [{"$ref": "#/components/messageTraits/cloudEvent"}]
    return {
        "address": topic,
        "description": meaning,
        "messages": {_short(topic): message},
        "bindings": {"kafka": {"topic": topic, "topicConfiguration": {"cleanup.policy": ["delete"]}}},
    }


def _key_of(topic: str) -> str:
    if topic in INPUT_TOPICS:
        return "The stay_id, in UTF-8; partitioned by murmur2, as Kafka's Java clients do by default."
    if topic in DEAD_LETTERS:
        return "As the refused record was keyed; where it had no key the event's stay_id, and none if that is unknown."
    if topic in (ALERT, DESK):
        return "The stay_id, in UTF-8; none where it is about no stay."
    return "The stay_id, in UTF-8."


def _action(topic: str) -> str:
    return "receive" if topic in INPUT_TOPICS else "send"


def _operation(topic: str) -> str:
    name = _short(topic)
    return f"{_action(topic)}{name[0].upper()}{name[1:]}"


def _operated(topic: str, meaning: str) -> Document:
    channel = f"#/channels/{_short(topic)}"
    return {
        "action": _action(topic),
        "summary": meaning,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{_short(topic)}"}],
    }


def _cloud_event() -> Document:
    """CloudEvents 1.0 in binary mode, as `scoring/outputs.py` writes it."""
    described = {
        "ce_specversion": "1.0",
        "ce_id": "The event_id of the record.",
        "ce_type": "The topic.",
        "ce_source": "picustream",
        "ce_subject": "The stay_id; of an alert that is of no stay its alert_id; left out where none is known.",
        "ce_time": "The record's effective_at, of a dead letter its first_seen_at.",
        "content-type": "application/json",
    }
    return {
        "type": "object",
        "required": [name for name in described if name != "ce_subject"],
        "properties": {name: {"type": "string", "description": meaning} for name, meaning in described.items()},
    }


def main(arguments: list[str]) -> int:
    """Writes the document into a file; the exit status."""
    return generated(arguments, "Name one file: python -m picustream.contract.asyncapi docs/asyncapi.json", _write)


def _write(file: Path) -> None:
    file.write_text(written(document()), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
