"""Observations and facts as events of the topics: made by the models, and asked whether they would be accepted."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from picustream.gateways.drafts import Draft, Filing
from picustream.gateways.patients.answers import Stay
from picustream.gateways.patients.controls import Peak
from picustream.models import text
from picustream.models.envelope import NO_STATEMENT, Status
from picustream.models.event import ADT, LAB, VENTILATOR, to_bytes, validate
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


@dataclass(slots=True)
class Group:
    """What goes into one event."""

    stay: Stay
    filing: Filing
    mode: Draft | None = None
    """What states support and control in it; or sedation, which is a fact of its own."""
    drafts: list[Draft] = field(default_factory=list)
    """Its observations."""
    _ids: set[str] = field(default_factory=set)

    def precedence(self) -> tuple[bool, bool]:
        """Of several modes of a moment one that says which control there is goes first."""
        assert self.mode is not None
        return self.mode.status in NO_STATEMENT, not self.mode.control

    def takes(self, draft: Draft) -> bool:
        """Whether there is room for one more. A mode that says nothing of the control leaves peaks to one that does."""
        if self.mode is not None and (
            self.mode.status in NO_STATEMENT or (draft.is_peak and self.mode.control is None)
        ):
            return False
        return len(self.drafts) < MOST_OBSERVATIONS and draft.identity not in self._ids

    def take(self, draft: Draft) -> None:
        """One more."""
        self.drafts.append(draft)
        self._ids.add(draft.identity)


class Events:
    """Makes the events of one message. A message that is done anew makes the same ones."""

    def __init__(self, rules: Rules, source: str, message: str) -> None:
        self._validator = Validator(rules)
        self._source = source
        self._message = message

    def of_group(self, group: Group, control_of: Callable[[Group, str], str] | None = None) -> OutEvent | Fault:
        """One event. `control_of`: what is known of the ventilator beside it; it changes no id: it may come later."""
        mode, filing = group.mode, group.filing
        if mode is not None and filing.topic == ADT:
            return self.of_fact(_sedation(group.stay, mode), mode.number)
        fields = _envelope(group.stay, filing.observed_at, filing.recorded_at)
        if filing.topic == LAB:
            fields["specimen"] = filing.specimen
        if mode is not None:
            fields |= {**dict(filing.stated), **_status(mode)}
        if group.drafts:
            fields["observations"] = [_observation(draft, mode) for draft in group.drafts]
        if mode is not None:
            return self._made(filing.topic, fields, f"{mode.identity}/{group.stay.stay_id}")
        event_id = self._event_id(filing.topic, fields, group.drafts[0].number)
        control = control_of(group, event_id) if control_of is not None else ""
        return self._made(filing.topic, fields | ({"control": control} if control else {}), event_id)

    def of_peak(self, stay: Stay, before: Peak, now: Peak) -> OutEvent | Fault:
        """A later version of which control an event states; without one what it stated is withdrawn."""
        fields = _envelope(stay, now.at, now.filed) | {"control": now.control or before.control}
        if not now.control:
            fields["status"] = str(Status.ENTERED_IN_ERROR)
        return self._made(VENTILATOR, fields, now.event_id)

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


def _envelope(stay: Stay, observed_at: datetime, recorded_at: datetime | None) -> dict[str, Any]:
    fields: dict[str, Any] = {"patient_id": stay.patient_id, "stay_id": stay.stay_id}
    if recorded_at is not None:
        fields["recorded_at"] = recorded_at
    return fields | {"observed_at": observed_at}


def _sedation(stay: Stay, draft: Draft) -> Mapping[str, Any]:
    envelope = _envelope(stay, draft.filing.observed_at, draft.filing.recorded_at)
    fields = {"type": "sedation", "occurred_at": envelope.pop("observed_at"), "id": draft.identity}
    return envelope | fields | dict(draft.filing.stated) | _status(draft)


def _status(draft: Draft) -> dict[str, Any]:
    return {} if draft.status is Status.FINAL else {"status": str(draft.status)}


def _observation(draft: Draft, mode: Draft | None) -> Mapping[str, Any]:
    """What says nothing of its status has that of the event, which is the mode's."""
    if mode is None or mode.status is Status.FINAL:
        return draft.fields
    return {**draft.fields, "status": str(draft.status)}


def groups(placed: Sequence[tuple[Stay, Draft]]) -> list[Group]:
    """What goes into one event: alike in all but itself, no id twice, and no more than an event has; a mode of
    ventilation with the values of its moment."""
    found = [Group(stay, draft.filing, draft) for stay, draft in placed if draft.filing.stated]
    with_mode: dict[tuple[str, Filing], Group] = {}
    for group in sorted(found, key=Group.precedence):
        with_mode.setdefault((group.stay.stay_id, group.filing._replace(stated=())), group)
    latest: dict[tuple[str, Filing], Group] = {}
    for stay, draft in placed:
        if draft.filing.stated:
            continue
        key = stay.stay_id, draft.filing
        candidates = [groups[key] for groups in (with_mode, latest) if key in groups]
        taking = [group for group in candidates if group.takes(draft)]
        if not taking:
            taking = [Group(stay, draft.filing)]
            latest[key] = taking[0]
            found.append(taking[0])
        taking[0].take(draft)
    return found
