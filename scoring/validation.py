"""Validation: from the bytes of a record to an accepted event, or to faults that an integration engineer can act on.

No input makes it raise, and nothing is dropped in silence: each fault becomes a dead letter. Messages say what is wrong
and what to do; no value of the event is copied into them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from pydantic import ValidationError

from picustream.models import text
from picustream.models.envelope import NEEDS_FILING_TIME, NO_STATEMENT, id_of
from picustream.models.event import ADT, MAX_EVENT_BYTES, OBSERVATION_TOPICS, TRIAL, Event, validate
from picustream.models.fact import ArdsAssessed, FactEvent
from picustream.models.message import Message, decode
from picustream.models.observation import ObservationEvent
from picustream.scoring import hints
from picustream.scoring.chart.reading import Accepted, Reading, fact_read
from picustream.scoring.deaths import SEND_DIED, tells_of_death
from picustream.scoring.faults import Fault, Whole
from picustream.scoring.rules import Rules

LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""Beyond this a time is a typing error, whatever the clock says."""


@dataclass(slots=True)  # never changed; frozen, it would take three times as long to make
class InputRecord:
    """One record of an input topic."""

    topic: str
    partition: int | None
    offset: int | None
    key: bytes | None
    value: bytes | None
    resubmitted: bool = False
    """Whether it was refused once and sent again."""
    misrouted: bool = False
    """Whether it first arrived on a partition that its key does not belong to."""
    arrived_at: datetime | None = None
    """When the broker received it; None without a broker, or where that is not known."""
    fault: Fault | None = None
    """Why it is refused unread: nobody can read it, or it has made the program fail."""
    whole: Whole | None = None
    """The size of the whole of which `value` is the head; None: `value` is whole."""
    message: Message | None = None
    """The value as `models/message.py` reads it, where whoever read the record had to; None: it is not read yet."""


@dataclass(slots=True)  # never changed, likewise
class ValidatedInput:
    """An input record, validated: an event with faults of single observations, or one fault of the whole."""

    input_record: InputRecord
    accepted: Accepted | None
    faults: tuple[Fault, ...]
    ignored: tuple[str, ...] = ()
    """Unmapped codes."""
    source: str = ""
    """The feed, or the topic where the record names none."""
    refused: int = 0
    """How many observations were refused with the whole event; one where they cannot be counted."""

    @property
    def stay_id(self) -> str | None:
        """The stay of an accepted event."""
        return self.accepted.filed.stay_id if self.accepted else None

    @property
    def filed_at(self) -> datetime | None:
        """When an accepted event was filed, by which versions are ordered and the record clock advances."""
        return self.accepted.filed.filed_at if self.accepted else None


class _Refused(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.reason)
        self.fault = fault


class Validator:
    """Validates input records by the rules' units, codes and protocol."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._earliest = rules.protocol.time.earliest

    def validate(self, record: InputRecord, latest: datetime = LATEST) -> ValidatedInput:
        """Validates an input record; a time after `latest` is in the future (T6)."""
        if record.fault is not None:
            return refuse(record, record.fault)
        try:
            accepted = self._accepted(record, min(latest, LATEST))
        except _Refused as refused:
            return refuse(record, refused.fault)
        reading = accepted.reading
        faults = _not_used(reading) if reading.unusable or reading.unknown_words else ()
        return ValidatedInput(record, accepted, faults, reading.ignored, accepted.filed.source)

    def _accepted(self, record: InputRecord, latest: datetime) -> Accepted:
        topic, written, reader = record.topic, _decoded(record.value, record.whole), self._rules.reader
        if topic in OBSERVATION_TOPICS:
            message = record.message or decode(topic, written)
            try:
                accepted = reader.read(topic, message, written)
            except (ValueError, ArithmeticError):
                event = cast(ObservationEvent, _event(topic, written))
                _check_key(record.key, event.stay_id)
                _check_observations(event)
                accepted = reader.read_model(topic, event, written)
        else:
            fact = cast(FactEvent, _event(topic, written))
            _check_key(record.key, fact.stay_id)
            _check_filing_time(fact)
            accepted = fact_read(topic, fact, written)
        _check_key(record.key, accepted.filed.stay_id)
        self._check_times(accepted, latest)
        return accepted

    def _check_times(self, accepted: Accepted, latest: datetime) -> None:
        """T6: one wrong year must not close every day, and an empty date that became 1970 opens no stay."""
        happened_at, filed_at = accepted.filed.happened_at, accepted.filed.filed_at
        if self._earliest <= happened_at <= latest and self._earliest <= filed_at <= latest and accepted.fact is None:
            return
        times = _times(accepted)
        for path, moment in times:
            if moment > latest:
                message = "a time ahead of the clock; check the feed's year, offset and clock, then send it again"
                raise _Refused(Fault("in-the-future", path, message))
        for path, moment in times:
            if moment < self._earliest:
                message = "a time before the protocol's earliest; has an empty date become 1970 or 1900? Send it right"
                raise _Refused(Fault("in-the-past", path, message))


def _event(topic: str, written: str) -> Event:
    """The event by its topic's model, which says what is wrong with one that is none."""
    value = _parsed(written)
    try:
        return validate[topic](value)
    except ValidationError as error:
        raise _Refused(_schema_fault(topic, value, error)) from None


def _not_used(reading: Reading) -> tuple[Fault, ...]:
    """What of an accepted event cannot be used, in the order of the event."""
    words = (_unknown_word(field) for field in reading.unknown_words)
    return (*words, *(_of_observation(wrong.reason, place, wrong.message) for place, wrong in reading.unusable))


def refuse(record: InputRecord, fault: Fault) -> ValidatedInput:
    """Refuses an input record as a whole; its source is the one that it names, as far as it can be read."""
    if record.fault is not None:  # unread
        return ValidatedInput(record, None, (fault,), source=record.topic)
    try:
        body = _parsed(_decoded(record.value, record.whole))
    except _Refused:
        body = None
    fields = body if isinstance(body, dict) else {}
    source = id_of(fields.get("source")) or record.topic
    return ValidatedInput(record, None, (fault,), source=source, refused=_observations_of(record.topic, fields))


def _observations_of(topic: str, fields: dict[str, Any]) -> int:
    """How many observations a refused message has; an empty list, or no list, counts as one."""
    if topic not in OBSERVATION_TOPICS:
        return 0
    listed = fields.get("observations")
    return len(listed) or 1 if isinstance(listed, list) else 1


def _decoded(raw: bytes | None, whole: Whole | None = None) -> str:
    if raw is None:
        raise _Refused(Fault("not-json", "", "an empty record; events are JSON objects"))
    if whole is not None or len(raw) > MAX_EVENT_BYTES:
        raise _Refused(Fault("too-large", "", f"more than {MAX_EVENT_BYTES} bytes; split the event"))
    try:
        return text.decoded(raw)
    except text.NotJson as error:
        raise _Refused(_not_json(raw, error)) from None


def _parsed(written: str) -> Any:
    try:
        return text.parse(written)
    except text.NotJson as error:
        raise _Refused(_not_json(written.encode(), error)) from None


def _not_json(raw: bytes, error: text.NotJson) -> Fault:
    looks = hints.of_bytes(raw)
    return Fault("not-json", "", f"{str(error).partition(':')[0]}; it {looks}" if looks else str(error))


def _schema_fault(topic: str, value: Any, error: ValidationError) -> Fault:
    """The first fault as a JSON pointer and a message without the value."""
    if looks := hints.of_value(value):
        return Fault("schema", "", f"JSON, but not an event: it looks like {looks}")
    if not isinstance(value, dict):
        return Fault("schema", "", "JSON, but not an object; an event is one")
    died = f"; {SEND_DIED}" if topic == ADT and tells_of_death(value) else ""
    first = error.errors(include_url=False, include_input=False, include_context=True)[0]
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return Fault("schema", "/type", f"type is missing or not one that this topic has{died}")
    steps = first["loc"][1:] if topic in _CHOSEN_BY_TYPE else first["loc"]
    parts = [str(step) for step in steps]
    missing = first.get("ctx", {}).get("field")
    if missing:
        parts.append(str(missing))
    path = "".join(f"/{part[:64].replace('~', '~0').replace('/', '~1')}" for part in parts)
    message = "unknown field; the schema is closed" if first["type"] == "extra_forbidden" else first["msg"]
    return Fault("schema", path, message.removeprefix("Value error, ") + died)


_CHOSEN_BY_TYPE = frozenset({ADT, TRIAL})
"""Topics where pydantic puts the event's type before the location of a fault."""


def _check_key(key: bytes | None, stay_id: str) -> None:
    if key is not None and key != stay_id.encode():
        raise _Refused(Fault("key-mismatch", "/stay_id", "the Kafka key is not the stay_id; key the record by it"))


def _check_observations(event: ObservationEvent) -> None:
    _check_value_given(event)
    _check_filing_time(event)
    _check_identities(event)


def _check_value_given(event: ObservationEvent) -> None:
    for place, observation in enumerate(event.observations):
        status = event.status_of(observation)
        if "value" not in observation.model_fields_set and status not in NO_STATEMENT:
            raise _Refused(Fault("schema", f"/observations/{place}/value", "value is required for this status"))


def _check_filing_time(event: Event) -> None:
    if event.recorded_at is None and any(status in NEEDS_FILING_TIME for status in event.statuses()):
        message = "recorded_at is required where the status speaks of an earlier version"
        raise _Refused(Fault("recorded-at-missing", "/recorded_at", message))


def _check_identities(event: ObservationEvent) -> None:
    seen: set[str] = set()
    for place, observation in enumerate(event.observations):
        identity = event.id_of(observation)
        if identity in seen:
            message = "the same observation twice in one event; give each its own id"
            raise _Refused(Fault("duplicate-observation", f"/observations/{place}/id", message))
        seen.add(identity)


def _times(accepted: Accepted) -> list[tuple[str, datetime]]:
    filed, fact = accepted.filed, accepted.fact
    times = [("/observed_at" if fact is None else "/occurred_at", filed.happened_at)]
    if filed.recorded_at is not None:
        times.append(("/recorded_at", filed.recorded_at))
    if type(fact) is ArdsAssessed and fact.onset_at is not None:
        times.append(("/onset_at", fact.onset_at))
    return times


_PART = {"implausible": "value", "value-not-numeric": "value", "word-unknown": "comparator", "system-unknown": "system"}
"""Where in an observation the fault lies; with its unit where no other part is named."""


def _of_observation(reason: str, place: int, message: str) -> Fault:
    return Fault(reason, f"/observations/{place}/{_PART.get(reason, 'unit')}", message, "observation")


def _unknown_word(field: str) -> Fault:
    message = f"the {field} is no word of its list, and counts as unknown; the rest of the event is used"
    return Fault("word-unknown", f"/{field}", message, "observation")
