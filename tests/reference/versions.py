"""From every event ever sent to what holds now (docs/topics.md#correct-withdraw-restore): observations, facts."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from typing import Any

from .protocol import Protocol, moment
from .reading import Value, value_of
from .schema import MANY_PER_STAY, VALUELESS, WITHDRAWN, observation_id, observation_status, word_of
from .variables import variable_of
from .written import Event, canonical, exact

RANKS = [
    {"registered", "unknown"},
    {"preliminary"},
    {"final"},
    {"amended", "corrected"},
    {"cancelled", "entered-in-error"},
]
"""Of two versions filed at one moment, the one with the higher status wins."""


def rank(status: str) -> int:
    """The place of a status in their order."""
    return next(place for place, statuses in enumerate(RANKS) if status in statuses)


Version = tuple[datetime, int, str, str, str]


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

    def version(self, status: str) -> Version:
        """The later version is the greater: `recorded_at`, `status`, `event_id`, canonical JSON.

        The topic is last: it decides between what is the same byte for byte (docs/topics.md).
        """
        return self.filed_at, rank(status), self.body["event_id"], self._canonical, self.topic

    @cached_property
    def _canonical(self) -> str:
        return canonical(self.body)

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
    """The current version of one observation; `value` is None where it is not usable, and `fault` says why (V1).

    With a `comparator` it stands for all values on that side (V4).
    """

    variable: str
    value: Fraction | None
    comparator: str | None
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
    """The current version of every observation of a known variable, in order V1.

    The versions of (source, id) are compared whatever their code or topic; a current version that means no
    variable, or is not usable, hides those before it.
    """
    filed = [(message, one) for message in stay for one in message.body.get("observations", [])]
    current = _current(
        filed,
        key=lambda pair: (pair[0].body["source"], observation_id(pair[0].body, pair[1])),
        status=lambda pair: observation_status(pair[0].body, pair[1]),
    )
    found = [_observation(message, one, protocol) for message, one in current]
    return sorted((one for one in found if one is not None), key=lambda one: one.order)


def _observation(message: Message, body: dict[str, Any], protocol: Protocol) -> Observation | None:
    variable = variable_of(body, word_of(message.body, "specimen"))
    if variable is None:
        return None
    value: Value = value_of(message.body, body, variable, protocol["use_preliminary"])
    identity = observation_id(message.body, body)
    return Observation(
        variable=variable,
        value=value.number,
        comparator=value.comparator,
        fault=value.reason,
        at=message.at,
        order=(message.at, message.filed_at, message.body["source"], identity),
        event=message.event,
        id=identity,
        original={"value": None if value.number is None else exact(body["value"]), "unit": _unit_sent(body)},
    )


def _unit_sent(body: dict[str, Any]) -> str | None:
    """The unit as it was written; a blank one is none."""
    unit = body.get("unit")
    return unit if unit is not None and unit.strip() else None


def ventilator_events(stay: list[Message]) -> list[VentilatorEvent]:
    """The current version of every ventilator event, by (source, event_id), in order V1; withdrawn ones are gone."""
    sent = [message for message in stay if message.topic == "picu.ventilator.v1"]
    current = [
        VentilatorEvent(
            at=message.at,
            order=(message.at, message.filed_at, *message.event),
            event=message.event,
            support=word_of(message.body, "support"),
            control=word_of(message.body, "control"),
        )
        for (message,) in _current([(message,) for message in sent], lambda only: only[0].event, _event_status)
        if message.status not in WITHDRAWN | VALUELESS
    ]
    return sorted(current, key=lambda event: event.order)


def facts(stay: list[Message]) -> list[Fact]:
    """The current facts, in order V1 with `occurred_at`; withdrawn and valueless ones state nothing."""
    stated = [(message,) for message in stay if "type" in message.body]
    current = [
        Fact(
            type=message.body["type"],
            at=message.at,
            order=(message.at, message.filed_at, message.body["source"], _fact_id(message)),
            body=message.body,
        )
        for (message,) in _current(stated, lambda only: _fact_key(only[0]), _event_status)
        if message.status not in WITHDRAWN | VALUELESS
    ]
    return sorted(current, key=lambda fact: fact.order)


def _fact_id(message: Message) -> str:
    return message.body.get("id") or message.body["event_id"]


def _fact_key(message: Message) -> Hashable:
    kind = message.body["type"]
    return (kind, message.body["source"], _fact_id(message)) if kind in MANY_PER_STAY else kind


Filed = tuple[Any, ...]


def _event_status(only: Filed) -> str:
    return only[0].status


def _current(filed: list[Filed], key: Callable[[Filed], Hashable], status: Callable[[Filed], str]) -> list[Filed]:
    """Of all versions of one thing, the greatest; each entry's first part is the message it came in."""
    versions: dict[Hashable, list[Filed]] = defaultdict(list)
    for entry in filed:
        versions[key(entry)].append(entry)
    return [max(entries, key=lambda entry: entry[0].version(status(entry))) for entries in versions.values()]
