"""From an event to what a chart holds of it: each observation with its variable, and its usable value or why there is
none (V1, V4).

A monitor sends the same few codes, units and words every minute, and its values come again and again. So whether an
event may have them, what they mean, and what becomes of each value is worked out when it first comes, and looked up
from then on: 6 us for an event of three values, each of which was checked and converted in 22 us.
"""

from typing import NamedTuple, cast

from msgspec import UNSET

from picustream.models import text
from picustream.models.codemap import CodeMap
from picustream.models.envelope import NEEDS_FILING_TIME, NO_STATEMENT, STATUS_RANK, STATUSES, Status, id_of
from picustream.models.event import OBSERVATION_TOPICS, VENTILATOR, validate
from picustream.models.fact import FactEvent
from picustream.models.message import Message, Nullable, decode, message_of, quotes
from picustream.models.observation import ObservationEvent
from picustream.models.protocol import Protocol
from picustream.models.times import parse_instant
from picustream.scoring.chart.entries import Filed, Observed, Ventilation, filed
from picustream.scoring.chart.meanings import MOST, Certain, Meaning, Meanings, Unread, Words, Wrong, quotes_of


class Reading(NamedTuple):
    """What one event states."""

    observed: tuple[Observed, ...] = ()
    """In the order of the event."""
    ventilation: Ventilation | None = None
    """Of a ventilator event."""
    unusable: tuple[tuple[int, Wrong], ...] = ()
    """Place and fault of what no rule may use, though it is stated."""
    ignored: tuple[str, ...] = ()
    """Codes that no rule uses."""
    unknown_words: tuple[str, ...] = ()
    """The fields with a word that is not in their list."""
    plain: bool = False
    """Whether each `id` is made of the event's, and nothing corrects anything, as in nearly all events."""


NOTHING = Reading()
"""Of an event that states a fact."""


class Accepted(NamedTuple):
    """An event that can be used, in its form in the chart."""

    filed: Filed
    reading: Reading
    fact: FactEvent | None
    """Of the topics of facts."""


MOST_OBSERVATIONS = 200
"""Of an event."""


class Reader:
    """Reads events by the codes, units and parameters of some rules."""

    def __init__(self, protocol: Protocol, codemap: CodeMap, is_certain: Certain) -> None:
        """`is_certain`: whether a value with a comparator is certain enough to count (V4)."""
        self._meanings = Meanings(protocol, codemap, is_certain)
        self._ids: dict[str, str] = {}
        """Sources, patients and stays, each once."""

    def read(self, topic: str, message: Message | None, written: str) -> Accepted:
        """An observation event at once, in its form in the chart. Raises `ValueError` or `ArithmeticError`, as `Unread`
        describes."""
        if message is None:
            raise Unread
        return self._accepted(topic, message, written, quotes(written))

    def read_model(self, topic: str, event: ObservationEvent, written: str) -> Accepted:
        """Likewise one that the models have read."""
        return self._accepted(topic, message_of(event), written, None)

    def read_again(self, topic: str, written: str) -> Accepted:
        """An event of any topic that was accepted before."""
        if topic not in OBSERVATION_TOPICS:
            return fact_read(topic, cast(FactEvent, validate[topic](text.parse(written))), written)
        try:
            return self.read(topic, decode(topic, written), written)
        except (ValueError, ArithmeticError):
            return self.read_model(topic, cast(ObservationEvent, validate[topic](text.parse(written))), written)

    def _accepted(self, topic: str, message: Message, written: str, marks: int | None) -> Accepted:
        status = Status.FINAL if message.status is UNSET else STATUSES.get(message.status)
        recorded_at = parse_instant(message.recorded_at) if isinstance(message.recorded_at, str) else None
        if status is None or id_of(message.event_id) is None or (recorded_at is None and status in NEEDS_FILING_TIME):
            raise Unread
        event = filed(
            topic, self._id(message.source), message.event_id, self._id(message.patient_id), self._id(message.stay_id),
            status, parse_instant(message.observed_at), recorded_at, written,
        )  # fmt: skip
        words = self._meanings.words_of(topic, message)
        reading, counted = self._reading(event, message, words)
        counted += words.quotes
        if message.recorded_at is not UNSET or message.status is not UNSET:
            counted += quotes_of(message.recorded_at, message.status)
        if marks is not None and marks != counted:
            raise Unread  # a field is given twice
        return Accepted(event, reading, None)

    def _reading(self, event: Filed, message: Message, words: Words) -> tuple[Reading, int]:
        """What an event states, and the quotation marks around that."""
        items = message.observations if message.observations is not UNSET else ()
        statement = _ventilation(event, words) if event.topic == VENTILATOR else None
        if len(items) > MOST_OBSERVATIONS or not (items or (statement is not None and _states_something(words))):
            raise Unread
        meanings = words.meanings.setdefault(event.status, {})
        event_id = event.event_id
        counted = ENVELOPE_QUOTES if message.observations is UNSET else ENVELOPE_QUOTES + 2
        observed: list[Observed] = []
        unusable: list[tuple[int, Wrong]] = []
        ignored: list[str] = []
        named = corrects = False
        for place, item in enumerate(items):
            form = (item.code, item.unit, item.system, item.comparator, item.status)
            meaning = meanings.get(form) or self._meanings.meaning(event.status, words.specimen, form, meanings)
            written = bytes(item.value) if item.value is not UNSET else b""
            meant, wrong, marks = meaning.values.get(written) or self._meanings.value(meaning, written)
            counted += marks
            own_id = None
            if item.id is not UNSET or meaning.ambiguous:
                own_id = self._own_id(item.id, event_id, meaning)
                counted += 0 if item.id is UNSET else 4 if item.id is not None else 2
                named = named or own_id is not None
            if meaning.needs_filing_time:
                if event.recorded_at is None:
                    raise Unread
                corrects = True
            if wrong is not None:
                unusable.append((place, wrong))
            elif meant.variable is None:
                ignored.append(meaning.code)
            observed.append(Observed(event, meant, own_id))
        names = {one.id for one in observed} if named else {one.meant.suffix for one in observed}
        if len(names) != len(observed):
            raise Unread
        plain = not (named or corrects)
        return Reading(tuple(observed), statement, tuple(unusable), tuple(ignored), words.unknown, plain), counted

    def _id(self, given: str) -> str:
        """An id that events share, always the same string."""
        found = self._ids.get(given)
        if found is None:
            if id_of(given) is None:
                raise Unread
            if len(self._ids) >= MOST:
                self._ids.clear()
            found = self._ids[given] = given
        return found

    @staticmethod
    def _own_id(given: Nullable, event_id: str, meaning: Meaning) -> str | None:
        """An `id`, where it is not plainly made of the event's."""
        if isinstance(given, str) and id_of(given) is None:
            raise Unread
        default = f"{event_id}#{meaning.code}"
        found = given if isinstance(given, str) else default
        return None if found == default and not meaning.ambiguous else found


ENVELOPE_QUOTES = 20
"""Quotation marks around the names and values of the required fields of an envelope."""


def fact_read(topic: str, event: FactEvent, written: str) -> Accepted:
    """A fact in its form in the chart."""
    kept = filed(
        topic, event.source, event.event_id, event.patient_id, event.stay_id, event.status, event.happened_at,
        event.recorded_at, written,
    )  # fmt: skip
    return Accepted(kept, NOTHING, event)


def _states_something(words: Words) -> bool:
    return words.support is not None or words.control is not None


def _ventilation(event: Filed, words: Words) -> Ventilation:
    """A ventilator event's statement of support and control."""
    in_force = event.status not in NO_STATEMENT
    support, control = (words.support, words.control) if in_force else (None, None)
    return Ventilation(event, support, control, in_force, STATUS_RANK[event.status], _states_something(words))
