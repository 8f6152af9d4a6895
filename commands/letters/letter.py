"""One dead letter with the event in it, and which letters somebody wants to see."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from picustream.commands.outputs import Stored, Told, UserError, read
from picustream.models.record import DeadLetter

_INDEX = re.compile(r"/\d+(?=/|$)")
_OBSERVATION = re.compile(r"/observations/(\d+)/")


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter and the bytes that were refused."""

    record: DeadLetter
    payload: bytes
    source: str | None
    """The feed, where the event says so."""
    observed: str | None
    """Code and unit of the observation that is at fault, in one line; None for a whole event. No value."""

    @property
    def path(self) -> str:
        """The path of the fault with `*` for every place in a list: alike faults have one."""
        return pattern(self.record.path)


def pattern(path: str) -> str:
    """A JSON pointer with `*` for every place in a list."""
    return _INDEX.sub("/*", path)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which letters are asked for; None: whatever it is."""

    reason: str | None = None
    source: str | None = None
    since: datetime | None = None
    """First seen at or after this."""

    def __contains__(self, letter: Letter) -> bool:
        return (
            self.reason in (None, letter.record.reason)
            and self.source in (None, letter.source)
            and (self.since is None or letter.record.first_seen_at >= self.since)
        )


def letters(stored: Iterable[Stored], told: Told) -> Iterator[Letter]:
    """The letters among records of the dead-letter topic; what is none is told."""
    for one in stored:
        record = cast(DeadLetter | None, read(one, told, "dead letter"))
        if record is None:
            continue
        try:
            payload = base64.b64decode(record.payload, validate=True)
        except (binascii.Error, ValueError):
            told(UserError(f"{one.where}: no dead letter: its payload is not base64.", status=1))
            continue
        event = envelope(payload)
        source = event.get("source")
        yield Letter(record, payload, source if isinstance(source, str) else None, _observed(record, event))


def envelope(payload: bytes) -> dict[str, Any]:
    """The fields of an event as far as it can be read; none where it cannot."""
    try:
        event = json.loads(payload.decode(), parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}


def _observed(record: DeadLetter, event: dict[str, Any]) -> str | None:
    place = _OBSERVATION.match(record.path)
    if record.scope != "observation" or place is None:
        return None
    try:
        said = event["observations"][int(place[1])]
        return f"{said['code']} in {said['unit']}" if "unit" in said else f"{said['code']} without a unit"
    except (KeyError, IndexError, TypeError):
        return None
