"""What became of every record that was sent: nothing is unaccounted for."""

import base64
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from picustream.models.event import TRIAL
from picustream.scoring.engine import Engine
from picustream.scoring.rules import load_rules
from picustream.scoring.scores.registry import OUTPUT_TOPICS
from picustream.scoring.validation import InputRecord
from picustream.streams.kafka.topics import partition_of
from picustream.streams.partition.misrouted import FORWARDED_HEADER
from tests.hostile.dress import PARTITIONS
from tests.hostile.records import REFUSED_BY_BROKER, USED, Sent
from tests.hostile.standing import Read

LETTERS = tuple(topic for topic in OUTPUT_TOPICS if topic.startswith("picu.dead-letter."))
LARGEST_LETTER = 1 << 20
"""Bytes of any dead letter, as a whole."""
WHOLE, HEAD = 256 << 10, 64 << 10
"""A payload up to the first is kept whole; of a longer one so many bytes (docs/topics.md#picudead-letterv1)."""
UNREADABLE = "unreadable"
SET_ASIDE = (UNREADABLE, "unprocessable")
"""Reasons that are not the rules': the program could not."""

Place = tuple[str, int, int]
_PLACE = re.compile(rb"([a-z0-9.]+)/(\d+)/(\d+)")


@dataclass
class Account:
    """The fate of each record, and what is wrong with it."""

    faults: list[str] = field(default_factory=list)
    fates: dict[Place, str] = field(default_factory=dict)
    """By the place where it was sent to."""
    used: list[Sent] = field(default_factory=list)
    """Those that went in, in the order in which they were sent."""
    suspects: set[Place] = field(default_factory=set)
    """Places that the faults speak of."""
    refused: int = 0
    """Records that the broker refused."""
    ignored: Counter[str] = field(default_factory=Counter)
    """Unmapped codes, as the rules read what went in."""

    def add(self, what: str, sent: Sent) -> None:
        self.faults.append(f"{what}: {sent.record.kind} at {sent.place}")
        if sent.place:
            self.suspects.add(sent.place)

    @property
    def unreadable(self) -> set[Place]:
        """Where nobody can say what stands."""
        return {place for place, fate in self.fates.items() if fate == UNREADABLE}

    @property
    def counts(self) -> dict[str, int]:
        """Records by their fate."""
        return dict(Counter(self.fates.values()) + Counter({REFUSED_BY_BROKER: self.refused}))


def account(sent: Sequence[Sent], inputs: Sequence[Read], letters: Sequence[Read], clock: datetime) -> Account:
    """Hold what was sent against what stands on the input topics and in the dead letters."""
    found = Account()
    standing = {one.place: one for one in inputs}
    ours = {one.place: one for one in sent if one.place}
    copies = _copies(found, [one for one in inputs if one.place not in ours])
    by_place = _by_place(found, letters)
    rules = Engine(load_rules())
    for one in sent:
        if one.end:
            _never_was(found, one, standing, copies, by_place)
            continue
        assert one.place is not None
        if _nobody_can_read(one, by_place.get(one.place, [])):
            found.fates[one.place] = UNREADABLE
            by_place.pop(one.place)
            continue
        there = standing.get(one.place)
        if there is None or (there.key, there.value) != (one.record.key, one.record.value):
            found.add("not on its topic as it was sent", one)
            continue
        copy = copies.pop(one.place, None)
        last = there if copy is None else copy
        own = by_place.pop(last.place, [])
        if copy is not None and (by_place.pop(one.place, None) or copy.value != there.value):
            found.add("forwarded, and refused or changed as well", one)
        _judge(found, one, last, own, rules, clock)
    found.faults += [f"a copy of what was never sent: {place}" for place in copies]
    found.faults += [f"a dead letter of what was never sent: {place}" for place in by_place]
    return found


def _nobody_can_read(one: Sent, letters: list[dict[str, Any]]) -> bool:
    """Whether it became the dead letter of the undecodable, where that may be: the kit cannot know what it held."""
    allowed = one.record.fates is not None and UNREADABLE in one.record.fates
    return allowed and [letter["reason"] for letter in letters] == [UNREADABLE]


def _never_was(
    found: Account,
    one: Sent,
    standing: Mapping[Place, Read],
    copies: Mapping[Place, Read],
    letters: Mapping[Place, Any],
) -> None:
    if one.place is not None:
        found.fates[one.place] = one.end
        if one.place in standing or one.place in copies or one.place in letters:
            found.add(f"seen though {one.end}", one)
        return
    found.refused += 1
    if one.record.fates is not None and one.end not in one.record.fates:
        found.add(one.end, one)


def _judge(
    found: Account, one: Sent, last: Read, letters: list[dict[str, Any]], rules: Engine, clock: datetime
) -> None:
    """What its dead letters say of a record at `last` is what may become of it, and what the rules say."""
    assert one.place is not None
    fate = fate_of((letter["scope"], letter["reason"]) for letter in letters)
    found.fates[one.place] = fate
    expected = one.record.fates
    if expected is not None and fate not in expected and not one.good:
        found.add(f"{fate} and not {' or '.join(sorted(expected))}", one)
    if any(_unlike_payload(letter, last.value or b"") for letter in letters):
        found.add("a letter without its payload", one)
    if fate.startswith(USED):
        found.used.append(one)
        stay = _stay(last)
        if stay is None or last.partition != partition_of(stay, PARTITIONS):
            found.add("no event of its partition, and passed over without a letter", one)
    by_rules = rules.read([InputRecord(last.topic, last.partition, last.offset, last.key, last.value)], clock).inputs[0]
    if fate in SET_ASIDE:
        if expected is None:
            found.add(f"set aside as {fate}", one)
        return
    if fate.startswith(USED):
        found.ignored.update(by_rules.ignored)
    theirs = Counter((fault.scope, fault.reason, fault.path) for fault in by_rules.faults)
    ours = Counter((letter["scope"], letter["reason"], letter["path"]) for letter in letters)
    if theirs != ours and (expected is None or fate not in expected or one.good):
        found.add(f"{sorted(ours)} in place of {sorted(theirs)}"[:200], one)


def fate_of(faults: Iterable[tuple[str, str]]) -> str:
    """One word for what became of a record, from scope and reason of its dead letters."""
    faults = list(faults)
    refused = sorted({reason for scope, reason in faults if scope == "event"})
    partly = sorted({reason for scope, reason in faults if scope == "observation"})
    return "+".join(refused) if refused else "+".join([USED, *partly])


def _stay(there: Read) -> str | None:
    """The stay that an event names, read without the product; None where it is no event."""
    try:
        body = json.loads((there.value or b"").decode("utf-8-sig"), parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None
    stay = body.get("stay_id") if isinstance(body, dict) else None
    return stay if isinstance(stay, str) else None


def _copies(found: Account, others: Iterable[Read]) -> dict[Place, Read]:
    """The records that nobody but a worker can have written, by the place that they came from."""
    copies: dict[Place, Read] = {}
    for one in others:
        place = origin_of(one) or ("of nobody", one.partition, one.offset)
        if place in copies:
            found.faults.append(f"forwarded twice: {place}")
        copies[place] = one
    return copies


def origin_of(one: Read) -> Place | None:
    """Where a record came from, if a worker has forwarded it: clients may say so, too, but the worker speaks last."""
    said = [value for name, value in one.headers if name == FORWARDED_HEADER.encode()]
    found = _PLACE.fullmatch(said[-1] or b"") if said else None
    return (found[1].decode(), int(found[2]), int(found[3])) if found else None


def _by_place(found: Account, letters: Iterable[Read]) -> dict[Place, list[dict[str, Any]]]:
    by_place: dict[Place, list[dict[str, Any]]] = defaultdict(list)
    seen: Counter[tuple[Any, ...]] = Counter()
    for one in letters:
        body = json.loads(one.value or b"{}")
        place = body["topic"], body["partition"], body["offset"]
        by_place[place].append(body)
        seen[*place, body["reason"], body["path"]] += 1
        found.faults += _unfit(one, body, place)
        if seen[*place, body["reason"], body["path"]] > 1:
            found.faults.append(f"a dead letter twice: {place} {body['reason']}")
            found.suspects.add(place)
    return by_place


def _unfit(one: Read, body: Mapping[str, Any], place: Place) -> Iterator[str]:
    size = sum(map(len, (one.key or b"", one.value or b"", *(part or b"" for pair in one.headers for part in pair))))
    if size >= LARGEST_LETTER:
        yield f"a dead letter of {size:,} bytes: {place} {body['reason']}"
    if len(LETTERS) > 1 and (body["topic"] == TRIAL) != (".trial." in one.topic):
        yield f"a dead letter on the wrong topic: {place}"


def _unlike_payload(letter: Mapping[str, Any], value: bytes) -> bool:
    kept = value if len(value) <= WHOLE else value[:HEAD]
    stated = letter.get("payload_bytes"), letter.get("payload_sha256")
    return base64.b64decode(letter["payload"]) != kept or stated != (len(value), hashlib.sha256(value).hexdigest())
