"""What goes wrong with a message between bedside and feed. Pure: messages of one stay in, messages out.

Each mishap finds its message by the day it speaks of, so that a longer or shorter stay moves nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from picustream.demo.timeline import Timed

Messages = list[Timed]
Mishap = Callable[[Messages], tuple[Messages, datetime]]
"""Changes a stay's messages; also returns when the ward can see it."""


def first(messages: Iterable[Timed], code: str, day: date) -> Timed:
    """The first message of the local `day` that carries an observation of `code`. LookupError without one."""
    found = [m for m in messages if code in codes(m) and moment(m.value["observed_at"]).date() == day]
    if not found:
        raise LookupError(f"no {code} on {day}")
    return min(found, key=lambda message: moment(message.value["observed_at"]))


def codes(message: Timed) -> list[str]:
    """The codes of a message's observations; none for a fact."""
    return [observation["code"] for observation in message.value.get("observations", [])]


def moment(text: str) -> datetime:
    """A time as the messages write it."""
    return datetime.fromisoformat(text)


def late(code: str, day: date, arrives: datetime) -> Mishap:
    """The first result of `code` of the day is filed at `arrives`; what else was in its message comes in time."""

    def mishap(messages: Messages) -> tuple[Messages, datetime]:
        message = first(messages, code, day)
        apart = [o for o in message.value["observations"] if o["code"] == code]
        others = [o for o in message.value["observations"] if o["code"] != code]
        event_id = message.value["event_id"] + ("/late" if others else "")
        filed = _message(message, arrives, observations=apart, event_id=event_id)
        kept = [replace(message, value={**message.value, "observations": others})] if others else []
        return [*_without(messages, message), *kept, filed], filed.at

    return mishap


def corrected(code: str, day: date, wrong: float, after: timedelta) -> Mishap:
    """The first result of `code` of the day reads `wrong`; `after` its filing a corrected version follows."""

    def mishap(messages: Messages) -> tuple[Messages, datetime]:
        message = first(messages, code, day)
        right = [o for o in message.value["observations"] if o["code"] == code]
        mistaken = _with_value(message, code, value=wrong)
        version = _version(message, after, "corrected", right)
        return [*_without(messages, message), mistaken, version], version.at

    return mishap


def withdrawn(code: str, day: date, wrong: float, after: timedelta, redrawn: timedelta) -> Mishap:
    """The first result of `code` of the day reads `wrong` and is withdrawn `after` its filing.

    A new sample is drawn `redrawn` after the first one and reads what is true.
    """

    def mishap(messages: Messages) -> tuple[Messages, datetime]:
        message = first(messages, code, day)
        (right,) = [o for o in message.value["observations"] if o["code"] == code]
        mistaken = _with_value(message, code, value=wrong)
        withdrawal = _version(message, after, "entered-in-error", [{"code": code, "unit": right["unit"], **_id(right)}])
        event_id = message.value["event_id"] + "/again"
        observed = moment(message.value["observed_at"]) + redrawn
        again = _message(
            message,
            observed + timedelta(minutes=35),
            observed_at=observed.isoformat(),
            event_id=event_id,
            observations=[{**right, "id": f"{event_id}#{code}"}],
        )
        return [*_without(messages, message), mistaken, withdrawal, again], withdrawal.at

    return mishap


def altered(code: str, day: date, number: int = 0, **fields: Any) -> Mishap:
    """In the first message of `code` of the day (or the `number`-th after it) the observation has other `fields`."""

    def mishap(messages: Messages) -> tuple[Messages, datetime]:
        begin = messages.index(first(messages, code, day))
        message = [m for m in messages[begin:] if code in codes(m)][number]
        changed = _with_value(message, code, **fields)
        return [*_without(messages, message), changed], changed.at

    return mishap


def sent_twice(code: str, day: date, after: timedelta) -> Mishap:
    """The first message of `code` of the day is sent once more, letter for letter."""

    def mishap(messages: Messages) -> tuple[Messages, datetime]:
        message = first(messages, code, day)
        again = replace(message, at=message.at + after)
        return [*messages, again], again.at

    return mishap


def as_it_should(kind: str) -> Mishap:
    """No message is changed; the first fact of type `kind` is worth showing when it is filed."""

    def mishap(messages: Messages) -> tuple[Messages, datetime]:
        return messages, min(message.at for message in messages if message.value.get("type") == kind)

    return mishap


def nothing(at: datetime) -> Mishap:
    """No message is changed; something is worth showing at `at`."""
    return lambda messages: (messages, at)


def _message(message: Timed, recorded: datetime, **fields: Any) -> Timed:
    value = {**message.value, "recorded_at": recorded.isoformat(), **fields}
    return Timed(recorded + timedelta(minutes=1), message.topic, value)


def _version(message: Timed, after: timedelta, status: str, observations: list[dict[str, Any]]) -> Timed:
    recorded = moment(message.value["recorded_at"]) + after
    event_id = f"{message.value['event_id']}/{status}"
    return _message(message, recorded, event_id=event_id, status=status, observations=observations)


def _with_value(message: Timed, code: str, **fields: Any) -> Timed:
    changed = [{**o, **fields} if o["code"] == code else o for o in message.value["observations"]]
    return replace(message, value={**message.value, "observations": changed})


def _without(messages: Messages, message: Timed) -> Messages:
    return [other for other in messages if other is not message]


def _id(observation: dict[str, Any]) -> dict[str, Any]:
    return {"id": observation["id"]}
