"""What becomes a dead letter (docs/topics.md#what-is-refused): refused events, unusable observations."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .protocol import Protocol, moment
from .reading import fault_of
from .schema import LATER_VERSIONS, WORDS, misfits, observation_id

TIMES = ("recorded_at", "observed_at", "occurred_at", "onset_at")
FURTHEST = moment("2200-01-01T00:00:00Z")
"""Where nothing is the future, this is (docs/topics.md)."""


@dataclass(frozen=True)
class DeadLetter:
    """A fault: of the event, which is then refused, or of one observation or word of it."""

    scope: str
    reason: str
    paths: tuple[str, ...]
    """JSON pointers to every place at fault for this reason; a dead letter names one of them."""


def accepts(topic: str, value: Any, clock: datetime | None = None, protocol: dict[str, Any] | None = None) -> bool:
    """Whether an event is used, but for unusable observations; with `clock`, no time in it lies after it (T6)."""
    return refusal(topic, value, clock, protocol) is None


def dead_letters(
    topic: str, value: Any, clock: datetime | None = None, protocol: dict[str, Any] | None = None
) -> list[DeadLetter]:
    """Every fault of an event; of a refused one the first alone, for it has no observations that count."""
    refused = refusal(topic, value, clock, protocol)
    return [refused] if refused is not None else [*_unknown_words(value), *_unusable(value)]


def refusal(
    topic: str, value: Any, clock: datetime | None = None, protocol: dict[str, Any] | None = None
) -> DeadLetter | None:
    """Why an event is refused as a whole, or None: what it is made of, then its ids, then its times."""
    wrong = misfits(topic, value)
    if wrong:
        return DeadLetter("event", "schema", tuple(wrong))
    if not _filed_when_needed(value):
        return DeadLetter("event", "recorded-at-missing", ("/recorded_at",))
    if twice := _twice(value):
        return DeadLetter("event", "duplicate-observation", tuple(twice))
    times = {f"/{name}": moment(value[name]) for name in TIMES if name in value}
    late = tuple(path for path, time in times.items() if time > (clock or FURTHEST))
    early = tuple(path for path, time in times.items() if time < Protocol.of(protocol).earliest)
    if late:
        return DeadLetter("event", "in-the-future", late)
    return DeadLetter("event", "in-the-past", early) if early else None


def _filed_when_needed(event: dict[str, Any]) -> bool:
    """`recorded_at` is required with a status that says "a later version", be it the event's or an observation's."""
    statuses = {event.get("status")} | {one.get("status") for one in event.get("observations", [])}
    return "recorded_at" in event or not statuses & LATER_VERSIONS


def _twice(event: dict[str, Any]) -> list[str]:
    """The ids of those observations whose id another one of the event has, too."""
    ids = [observation_id(event, one) for one in event.get("observations", [])]
    return [f"/observations/{place}/id" for place, one in enumerate(ids) if ids.count(one) > 1]


def _unknown_words(event: dict[str, Any]) -> list[DeadLetter]:
    """A word of no list counts as `unknown` and costs nothing else of its event."""
    unknown = [name for name, words in WORDS.items() if name in event and event[name] not in (*words, "unknown")]
    return [DeadLetter("observation", "word-unknown", (f"/{name}",)) for name in unknown]


def _unusable(event: dict[str, Any]) -> list[DeadLetter]:
    letters = []
    for place, one in enumerate(event.get("observations", [])):
        fault = fault_of(event, one)
        if fault is not None:
            letters.append(DeadLetter("observation", fault.reason, (f"/observations/{place}/{fault.field}",)))
    return letters
