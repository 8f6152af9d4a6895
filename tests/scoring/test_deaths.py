"""A death that is sent in words of its own is refused, and the dead letter says how a death is sent."""

import json
from typing import Any

import pytest

from picustream.models.event import ADT, TRIAL
from picustream.scoring.validation import InputRecord, Validator
from tests.scoring.histories import SHIPPED

FACT = {
    "event_id": "died-7",
    "source": "exp",
    "patient_id": "P-dead",
    "stay_id": "S-death-20",
    "occurred_at": "2025-03-03T08:00:00+08:00",
}
HOW = "of a child who died send the type `died`, with the time of death"


@pytest.mark.parametrize(
    "said",
    [
        {"type": "discharged", "destination": "expired"},
        {"type": "discharged", "destination": " Expired "},
        {"type": "discharged", "destination": "Died in hospital"},
        {"type": "discharged", "destination": "死亡"},
        {"type": "discharged", "destination": "20"},
        {"type": "discharged", "destination": 41},
        {"type": "discharged", "destination": "unknown", "disposition": "EXPIRED"},
        {"type": "discharged", "destination": "unknown", "expired": True},
        {"type": "discharged", "destination": "unknown", "death_time": "2025-03-03"},
        {"type": "vital_status", "alive": "deceased"},
        {"type": "expired"},
        {"type": "died "},
        {"type": "Death"},
    ],
)
def test_a_death_in_other_words_is_answered_with_how_to_send_it(said: dict[str, Any]) -> None:
    assert message_of(ADT, said).endswith(HOW)


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        (ADT, {"type": "discharged", "destination": "hospice"}),
        (ADT, {"type": "discharged"}),
        (ADT, {"type": "moved", "bed": "exp", "unit": "dead", "x": 1}),
        (ADT, {"type": "admitted", "sex": "expecting"}),
        (ADT, {"type": "died", "cause": "expired"}),
        (TRIAL, {"type": "consent", "decision": "died"}),
    ],
)
def test_what_names_no_death_is_answered_with_nothing_of_one(topic: str, said: dict[str, Any]) -> None:
    """Ids, units and beds are names, in which a word means nothing; a `died` with another fault is sent rightly."""
    assert "died" not in message_of(topic, said)


def message_of(topic: str, said: dict[str, Any]) -> str:
    """The message of the one fault."""
    raw = json.dumps(FACT | said).encode()
    [fault] = Validator(SHIPPED).validate(InputRecord(topic, None, None, None, raw)).faults
    assert fault.reason == "schema"
    return fault.message
