"""The generator makes what real feeds send: nothing that is compared is left out by chance."""

from collections import Counter
from typing import Any

import pytest

from . import accepts, dead_letters
from .generate import Case, case
from .schema import observation_id, observation_status
from .versions import messages, rank

SEEDS = range(120)


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    """Some random stays."""
    return [case(seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def events(cases: list[Case]) -> list[tuple[str, Any]]:
    """All of their events."""
    return [event for made in cases for event in made.events]


def test_every_fault_that_can_be_is_among_its_events(cases: list[Case]) -> None:
    reasons = Counter(
        letter.reason
        for made in cases
        for event in made.events
        for letter in dead_letters(*event, made.until, made.protocol)
    )
    assert reasons.keys() == {
        *("schema", "recorded-at-missing", "duplicate-observation", "in-the-future", "in-the-past"),
        *("unit-missing", "unit-unknown", "unit-mismatch", "implausible"),
        *("value-not-numeric", "word-unknown", "system-unknown"),
    }
    assert min(reasons.values()) >= 3, reasons


def test_versions_are_filed_at_one_moment_with_other_statuses(events: list[tuple[str, Any]]) -> None:
    """Of observations and of facts, so that an order that forgot the status would be noticed."""
    observations: dict[Any, set[tuple[int, str]]] = {}
    facts: dict[Any, set[tuple[int, str]]] = {}
    for message in messages(event for event in events if accepts(*event)):
        body = message.body
        for one in body.get("observations", []):
            key = (body["stay_id"], body["source"], observation_id(body, one), message.filed_at)
            observations.setdefault(key, set()).add((rank(observation_status(body, one)), body["event_id"]))
        if "type" in body:
            key = (body["stay_id"], body["source"], body["type"], body.get("id", body["event_id"]), message.filed_at)
            facts.setdefault(key, set()).add((rank(message.status), body["event_id"]))
    for versions in (observations, facts):
        tied = [one for one in versions.values() if len({status for status, _ in one}) > 1]
        assert len(tied) >= 20
        assert [one for one in tied if max(one)[1] != max(name for _, name in one)], "the greater id always has it"


def test_values_are_on_every_side_and_ventilators_go_without_readings(events: list[tuple[str, Any]]) -> None:
    used = [event for event in events if accepts(*event)]
    sides = Counter(one.get("comparator") for _, body in used for one in body.get("observations", []))
    assert min(sides[side] for side in ("<", "<=", ">", ">=")) >= 30
    alone = [body for topic, body in used if topic == "picu.ventilator.v1" and not body.get("observations")]
    assert {"observations" in body for body in alone} == {True, False}
