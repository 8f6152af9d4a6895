"""Contract 1.2 and 1.3: from every event ever sent to what holds now - observations, ventilator events, facts."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from typing import Any

from .door import MANY_PER_STAY, VALUELESS, WITHDRAWN, observation_id, observation_status
from .protocol import Protocol, moment
from .variables import ImplausibleError, WrongUnitError, canonical_value, variable_of
from .written import Event, canonical, exact


@dataclass(frozen=True)
class Message:
    """An accepted event with its two times and its place among versions."""

    topic: str
    body: dict[str, Any]

    @cached_property
    def at(self) -> datetime:
        """The clinical time: `observed_at` or `occurred_at`."""
        return moment(self.body.get("observed_at") or self.body["occurred_at"])

    @cached_property
    def filed_at(self) -> datetime:
        """`recorded_at`, or else the clinical time."""
        return moment(self.body["recorded_at"]) if "recorded_at" in self.body else self.at

    @cached_property
    def version(self) -> tuple[datetime, str, str]:
        """The later version is the greater: `recorded_at`, then `event_id`, then canonical JSON (docs/topics.md)."""
        return self.filed_at, self.body["event_id"], canonical(self.body)

    @property
    def event(self) -> tuple[str, str]:
        """What event this is, through its versions."""
        return self.body["source"], self.body["event_id"]

    @property
    def status(self) -> str:
        """The event's status, `final` unless it says otherwise."""
        return self.body.get("status", "final")


Order = tuple[datetime, datetime, str, str]


@dataclass(frozen=True)
class Observation:
    """The current version of one observation; `value` is None where it is not usable, and `fault` says why (V1)."""

    variable: str
    value: Fraction | None
    fault: str | None
    at: datetime
    order: Order
    event: tuple[str, str]
    id: str
    original: dict[str, Any]

    @property
    def source(self) -> str:
        """The publishing feed."""
        return self.event[0]


@dataclass(frozen=True)
class VentilatorEvent:
    """The current version of a ventilator event: what it says of `support` and `control`."""

    at: datetime
    order: Order
    event: tuple[str, str]
    support: str
    control: str


@dataclass(frozen=True)
class Fact:
    """The current version of a fact that states something."""

    type: str
    at: datetime
    order: Order
    body: dict[str, Any]


def messages(events: Iterable[Event]) -> list[Message]:
    """Events as messages, in the order given."""
    return [Message(topic, body) for topic, body in events]


def observations(stay: list[Message], protocol: Protocol) -> list[Observation]:
    """Contract 1.2 and V1: the current version of every observation of a known variable, in order V1.

    The versions of (source, id) are compared whatever their code or topic; a current version that means no
    variable, or is not usable, hides those before it.
    """
    filed = [(message, one) for message in stay for one in message.body.get("observations", [])]
    current = _current(filed, lambda pair: (pair[0].body["source"], observation_id(pair[0].body, pair[1])))
    found = [_observation(message, one, protocol) for message, one in current]
    return sorted((one for one in found if one is not None), key=lambda one: one.order)


def _observation(message: Message, body: dict[str, Any], protocol: Protocol) -> Observation | None:
    variable = variable_of(body, message.body.get("specimen", "unknown"))
    if variable is None:
        return None
    value, fault = _value(variable, body, observation_status(message.body, body), protocol)
    identity = observation_id(message.body, body)
    return Observation(
        variable=variable,
        value=value,
        fault=fault,
        at=message.at,
        order=(message.at, message.filed_at, message.body["source"], identity),
        event=message.event,
        id=identity,
        original={"value": exact(body["value"]) if "value" in body else None, "unit": body.get("unit")},
    )


def _value(variable: str, body: dict[str, Any], status: str, protocol: Protocol) -> tuple[Fraction | None, str | None]:
    if status in WITHDRAWN:
        return None, "withdrawn"
    if status in VALUELESS or (status == "preliminary" and not protocol["use_preliminary"]):
        return None, "valueless"
    try:
        return canonical_value(variable, body["value"], body.get("unit")), None
    except ImplausibleError:
        return None, "implausible"
    except WrongUnitError:
        return None, "unit"


def ventilator_events(stay: list[Message]) -> list[VentilatorEvent]:
    """The current version of every ventilator event, by (source, event_id), in order V1; withdrawn ones are gone."""
    sent = [message for message in stay if message.topic == "picu.ventilator.v1"]
    current = [
        VentilatorEvent(
            at=message.at,
            order=(message.at, message.filed_at, *message.event),
            event=message.event,
            support=message.body.get("support", "unknown"),
            control=message.body.get("control", "unknown"),
        )
        for (message,) in _current([(message,) for message in sent], lambda only: only[0].event)
        if message.status not in WITHDRAWN | VALUELESS
    ]
    return sorted(current, key=lambda event: event.order)


def facts(stay: list[Message]) -> list[Fact]:
    """Contract 1.3: the current facts, in order V1 with `occurred_at`; withdrawn and valueless ones state nothing."""
    stated = [(message,) for message in stay if "type" in message.body]
    current = [
        Fact(
            type=message.body["type"],
            at=message.at,
            order=(message.at, message.filed_at, message.body["source"], _fact_id(message)),
            body=message.body,
        )
        for (message,) in _current(stated, lambda only: _fact_key(only[0]))
        if message.status not in WITHDRAWN | VALUELESS
    ]
    return sorted(current, key=lambda fact: fact.order)


def _fact_id(message: Message) -> str:
    return message.body.get("id") or message.body["event_id"]


def _fact_key(message: Message) -> Hashable:
    kind = message.body["type"]
    return (kind, message.body["source"], _fact_id(message)) if kind in MANY_PER_STAY else kind


def _current(filed: list[tuple[Any, ...]], key: Callable[[tuple[Any, ...]], Hashable]) -> list[tuple[Any, ...]]:
    """Of all versions of one thing, the greatest; each entry's first part is the message it came in."""
    versions: dict[Hashable, list[tuple[Any, ...]]] = defaultdict(list)
    for entry in filed:
        versions[key(entry)].append(entry)
    return [max(entries, key=lambda entry: entry[0].version) for entries in versions.values()]
