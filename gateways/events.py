"""Observations and facts as events of the topics: made by the models, and asked whether they would be accepted."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from picustream.gateways.drafts import Draft
from picustream.gateways.patients.answers import Stay
from picustream.models import text
from picustream.models.envelope import Status
from picustream.models.event import ADT, LAB, to_bytes, validate
from picustream.scoring.chart.reading import MOST_OBSERVATIONS
from picustream.scoring.faults import Fault
from picustream.scoring.rules import Rules
from picustream.scoring.validation import InputRecord, Validator

_NOT_ACCEPTED = "not-accepted"
_DIGEST = 4
"""Bytes."""


@dataclass(frozen=True, slots=True)
class OutEvent:
    """An event for Kafka."""

    topic: str
    key: str
    value: bytes
    event_id: str


class Events:
    """Makes the events of one message. A message that is done anew makes the same ones."""

    def __init__(self, rules: Rules, source: str, message: str) -> None:
        self._validator = Validator(rules)
        self._source = source
        self._message = message

    def of_observations(self, stay: Stay, drafts: Sequence[Draft]) -> OutEvent | Fault:
        """One event of observations that have stay, topic, times and specimen in common."""
        filing = drafts[0].filing
        fields: dict[str, Any] = {"patient_id": stay.patient_id, "stay_id": stay.stay_id}
        if filing.recorded_at is not None:
            fields["recorded_at"] = filing.recorded_at
        fields["observed_at"] = filing.observed_at
        if filing.stated:
            return self._made(filing.topic, {**fields, **dict(filing.stated), **_status(drafts[0])}, drafts[0].identity)
        if filing.topic == LAB:
            fields["specimen"] = filing.specimen
        fields["observations"] = [draft.fields for draft in drafts]
        return self._made(filing.topic, fields, self._event_id(filing.topic, fields, drafts[0].number))

    def of_fact(self, fact: Mapping[str, Any], number: int) -> OutEvent | Fault:
        """The event of a fact of a stay."""
        return self._made(ADT, fact, self._event_id(ADT, fact, number))

    def _event_id(self, topic: str, fields: Mapping[str, Any], number: int) -> str:
        """The place in the message, and a digest of the content: with a better map a message makes other events."""
        digest = hashlib.blake2b(f"{topic} {text.encode(dict(fields))}".encode(), digest_size=_DIGEST).hexdigest()
        return f"{self._message}/{number}-{digest}"

    def _made(self, topic: str, fields: Mapping[str, Any], event_id: str) -> OutEvent | Fault:
        try:
            event = validate[topic]({"event_id": event_id, "source": self._source, **fields})
        except ValidationError as error:
            where = "/".join(map(str, error.errors(include_input=False, include_url=False)[0]["loc"]))
            return Fault(_NOT_ACCEPTED, "", f"{topic}: {where}")
        value = to_bytes(event)
        found = self._validator.validate(InputRecord(topic, None, None, event.stay_id.encode(), value))
        if found.accepted is None:
            fault = found.faults[0]
            reason = fault.reason if fault.reason in ("in-the-past", "in-the-future") else _NOT_ACCEPTED
            return Fault(reason, "", f"{topic} {fault.path}: {fault.message}")
        return OutEvent(topic, event.stay_id, value, event_id)


def _status(draft: Draft) -> dict[str, Any]:
    return {} if draft.status is Status.FINAL else {"status": str(draft.status)}


def groups(placed: Iterable[tuple[Stay, Draft]]) -> list[tuple[Stay, list[Draft]]]:
    """Observations that go into one event: alike in all but themselves, no id twice, and no more than an event has."""
    open_groups: dict[tuple[Any, ...], tuple[Stay, list[Draft]]] = {}
    found: list[tuple[Stay, list[Draft]]] = []
    for stay, draft in placed:
        key = (stay.stay_id, draft.filing)
        group = open_groups.get(key)
        if group is None or not _has_room(group[1], draft):
            group = open_groups[key] = (stay, [])
            found.append(group)
        group[1].append(draft)
    return found


def _has_room(drafts: Sequence[Draft], draft: Draft) -> bool:
    if draft.filing.stated or len(drafts) == MOST_OBSERVATIONS:
        return False
    return all(one.identity != draft.identity for one in drafts)
