"""Years of a hospital as records: the demo's ward again and again, other children each time, and forty who are here."""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache

from bench.readmodel import Record
from picustream.demo.ward import SEED, ZONE, ward
from picustream.eventfiles.replay import Replay
from picustream.models.desk import DESK, DESK_EVENT, to_bytes
from picustream.models.record import DEAD_LETTERS
from picustream.scoring.outputs import Output
from picustream.scoring.presence.record import STAY
from picustream.scoring.rules import load_rules
from picustream.scoring.validation import InputRecord

NOW = datetime(2026, 3, 6, 15, 20, tzinfo=ZONE)
"""When the forty are here: the fifth day of the demo's ward, on which it has seven children."""
HERE = 40
STILL_HERE = 7
DECIDED = ("S-301", "S-302", "S-304", "S-307", "S-308")
"""Of whom consent is recorded, or not asked for. Of the three others it never is: each tenth ward alone has them."""
WARDS = 5
"""Of eight beds each, at a time."""
APART = 8
"""Days from one ward to the next in the same beds."""
_CHILD = re.compile(r"\bS-30(?=\d)")
_DAY = re.compile(r"2026-\d\d-\d\d")


def records(stays: int) -> Iterator[Record]:
    """The records of at least so many stays that have ended, the oldest first, of who is here, and of the desk."""
    offsets: dict[str, int] = {}
    for topic, key, value in _all(stays):
        offset = offsets[topic] = offsets.get(topic, -1) + 1
        yield Record(topic, 0, offset, key, value)


def _all(stays: int) -> Iterator[tuple[str, bytes | None, bytes]]:
    whole, until_now = made()
    for number in reversed(range(1 + stays // len(DECIDED))):
        earlier = timedelta(days=APART * (1 + number // WARDS))
        for one in whole:
            if one.key is None or one.topic in DEAD_LETTERS:
                continue
            if number % 10 == 0 or one.key.decode() in DECIDED:
                yield one.topic, one.key, _other(one, f"{number:05}", earlier, bed=8 * (number % WARDS))
        yield DESK, None, _entry(number, earlier)
    for bed in range(1, HERE + 1):
        for one in until_now:
            if one.key == f"S-30{bed % STILL_HERE + 1}".encode() and one.topic not in DEAD_LETTERS:
                yield one.topic, one.key, _other(one, f"now{bed:02}", timedelta(), at=bed)


@cache
def made() -> tuple[list[Output], list[Output]]:
    """What the demo's ward makes to its end, and up to now."""
    replay = Replay(load_rules(), ward(SEED).closes)
    until_now, later = [], []
    for event in ward(SEED).events:
        outputs = replay.take([InputRecord(event.topic, 0, None, None, json.dumps(event.value).encode())])
        (until_now if event.at <= NOW else later).extend(outputs)
    return [*until_now, *later, *replay.end()], until_now


def _other(one: Output, mark: str, earlier: timedelta, bed: int = 0, at: int | None = None) -> bytes:
    """A record of another child, in another bed, so many days earlier."""
    text = _CHILD.sub(f"S-{mark}-", one.value.decode())
    text = _DAY.sub(lambda day: str(date.fromisoformat(day[0]) - earlier), text) if earlier else text
    if one.topic != STAY:
        return text.encode()
    body = json.loads(text)
    body["bed"] = str(int(body["bed"]) + bed if at is None else at)
    return json.dumps(body).encode()


def _entry(number: int, earlier: timedelta) -> bytes:
    """What the trial office entered about a child."""
    fields = {
        "event_id": f"desk-{number}", "type": "screening-decision", "at": NOW - earlier, "by": "ana",
        "role": "trial-office", "stay_id": f"S-{number:05}-1", "decision": "approached",
    }  # fmt: skip
    return to_bytes(DESK_EVENT.validate_python(fields))
