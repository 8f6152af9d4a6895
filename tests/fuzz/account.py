"""What must be true of every message and of everything that follows from it."""

import base64
import binascii
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from picustream.models import text
from picustream.models.event import ADAPTERS
from picustream.models.record import DEAD_LETTERS
from picustream.models.variable import Variable
from picustream.scoring.batch import Batch, Effects
from picustream.scoring.chart.units import QUANTITIES
from picustream.scoring.engine import Engine
from picustream.scoring.outputs import Output
from picustream.scoring.rules import Rules
from picustream.scoring.scores.registry import MODELS
from picustream.scoring.validation import InputRecord, ValidatedInput
from picustream.streams.kafka.topics import configuration
from tests.reference.written import Number, loads

OF_THE_EVENT = {
    "not-json", "too-large", "schema", "key-mismatch", "recorded-at-missing", "duplicate-observation", "in-the-future",
    "in-the-past",
}  # fmt: skip
OF_AN_OBSERVATION = {
    "system-unknown", "value-not-numeric", "word-unknown", "unit-missing", "unit-unknown", "unit-mismatch",
    "implausible",
}  # fmt: skip
"""The reasons of the contract, by scope."""

SHORTEST_VALUE = 4
"""Characters of a value from which on a message could be said to repeat it; shorter ones occur in any sentence."""
AROUND = " ',"
"""What stands around the words that a message lists."""
CUT_NAME = 64
"""A field's name is cut in a pointer after so many characters."""
LONGEST_PATH = 400
EXAMPLE = "2025-01-31T08:00:00+08:00"
"""What a message shows of how a time is written."""


class Finding(AssertionError):
    """Something that must not be; `index` is the number of the message, None where it is the whole round's."""

    def __init__(self, index: int | None, what: str) -> None:
        super().__init__(what)
        self.index = index


@dataclass
class Ledger:
    """One engine, what a store would keep of it, and what has been counted."""

    rules: Rules
    reasons: Counter[str] = field(default_factory=Counter)
    engine: Engine = field(init=False)
    _kept: dict[str, dict[str, bytes]] = field(init=False, default_factory=lambda: defaultdict(dict))
    _due: dict[str, datetime] = field(init=False, default_factory=dict)
    _told: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.engine = Engine(self.rules)
        self.engine.install("", {})

    def take(self, batch: Sequence[tuple[int, InputRecord]], now: datetime, *, advance_clock: bool) -> None:
        """Sends a batch through the engine. Raises `Finding`."""
        let_in, outputs = self._processed(batch, now, advance_clock)
        letters: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
        for output in outputs:
            record = self._sound(output)
            if output.topic in DEAD_LETTERS:
                letters[record["topic"], record["partition"], record["offset"]].append(record)
        for (index, input_record), validated in zip(batch, let_in.inputs, strict=True):
            own = letters.pop((input_record.topic, input_record.partition, input_record.offset), [])
            what = _accounted(input_record, validated, own)
            if what:
                raise Finding(index, what)
            self.reasons.update([letter["reason"] for letter in own] or ["accepted"])
        if letters:
            raise Finding(None, "a dead letter of a message that never came")

    def _processed(
        self, batch: Sequence[tuple[int, InputRecord]], now: datetime, advance_clock: bool
    ) -> tuple[Batch, list[Output]]:
        try:
            let_in = self.engine.read([input_record for _, input_record in batch], now)
            effects = self.engine.process(let_in, now, advance_clock=advance_clock)
        except Exception as error:
            raise Finding(batch[0][0], f"{type(error).__name__} in the batch that begins here") from error
        self._keep(effects)
        return let_in, effects.outputs

    def _keep(self, effects: Effects) -> None:
        for stay, fields in effects.writes.items():
            self._kept[stay] = {name: v for name, v in {**self._kept[stay], **fields}.items() if v is not None}
        self._due = {stay: due for stay, due in {**self._due, **effects.due}.items() if due is not None}

    def _sound(self, output: Output) -> dict[str, Any]:
        """The record, which fits its model and its topic, and was not published before."""
        if output.event_id in self._told:
            raise Finding(None, f"an event_id twice on {output.topic}")
        self._told.add(output.event_id)
        if len(output.value) > int(configuration(output.topic)["max.message.bytes"]):
            raise Finding(None, f"a record that {output.topic} does not take")
        try:
            record: dict[str, Any] = text.parse(output.value)
            MODELS[output.topic].model_validate(record)
        except (text.NotJson, ValidationError) as error:
            raise Finding(None, f"a record of {output.topic} that does not fit its model") from error
        return record

    def end(self, later: datetime) -> None:
        """What was kept says the same in the end as what was held. Raises `Finding`."""
        again = Engine(self.rules)
        again.clock = self.engine.clock
        for stay, fields in self._kept.items():
            again.install(stay, fields)
        again.install_due(self._due.items())
        held, kept = (one.process(Batch(()), later).outputs for one in (self.engine, again))
        if held != kept:
            raise Finding(None, "a stay loaded again tells something else")
        for output in held:
            self._sound(output)


def _accounted(input_record: InputRecord, validated: ValidatedInput, letters: list[dict[str, Any]]) -> str | None:
    """What is wrong with the account of one message, or None."""
    of_the_event = [letter for letter in letters if letter["scope"] == "event"]
    if len(of_the_event) != (validated.accepted is None):
        return "neither accepted nor refused by one dead letter"
    if not all(_holds(letter, input_record.value or b"") for letter in letters):
        return "a dead letter without the original bytes"
    if any(letter["reason"] not in _reasons(letter["scope"]) for letter in letters):
        return "a reason that the contract does not have in this scope"
    if not letters:
        return None
    sent = _sent(input_record.value or b"")
    if any(_repeats(letter, sent) for letter in letters):
        return "a message or path that repeats a value"
    if any(not letter["message"] or not points(letter["path"], sent) for letter in letters):
        return "no message, or a path that leads nowhere"
    return None


def _reasons(scope: str) -> set[str]:
    return OF_THE_EVENT if scope == "event" else OF_AN_OBSERVATION


def _holds(letter: dict[str, Any], raw: bytes) -> bool:
    """Whether a dead letter has the original, or of a long one the head, and in any case its size and SHA-256."""
    kept = raw if len(raw) <= 256 * 1024 else raw[: 64 * 1024]
    stated = int(letter["payload_bytes"]), letter["payload_sha256"]
    try:
        payload = base64.b64decode(letter["payload"], validate=True)
    except binascii.Error:
        return False
    return payload == kept and stated == (len(raw), sha256(raw).hexdigest())


def _sent(raw: bytes) -> Any:
    """The JSON value as an independent reader takes it; what is none, as its quoted words in a list."""
    try:
        return loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return [word.decode(errors="replace") for word in re.findall(rb'"([^"]+)"', raw[:10_000])]


def _repeats(letter: dict[str, Any], sent: Any) -> bool:
    said = letter["message"] + " " + letter["path"]
    values = [value for value in _values(sent) if len(value) >= SHORTEST_VALUE and value in said]
    return any(value.strip(AROUND) not in _vocabulary() for value in values)


def _values(sent: Any) -> set[str]:
    """Every word and number in a message, but for the names of its fields."""
    found: set[str] = set()
    waiting = [sent]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
        elif isinstance(part, str):
            found.add(str(part))
    return found


@cache
def _vocabulary() -> str:
    """Every word that a message may hold, whatever was sent: the schemas' own, variables and units."""
    schemas = [text.encode(_plain(adapter.json_schema())) for adapter in ADAPTERS.values()]
    units = [unit for quantity in QUANTITIES.values() for unit in quantity.factors]
    return " ".join([*schemas, *Variable, *units, EXAMPLE])


def _plain(schema: Any) -> Any:
    """A schema without binary fractions, which the product's JSON does not write."""
    if isinstance(schema, dict):
        return {name: _plain(part) for name, part in schema.items()}
    return [_plain(part) for part in schema] if isinstance(schema, list) else str(schema)


def points(path: str, sent: Any) -> bool:
    """Whether a JSON pointer leads to a place, or to where a field is missing."""
    if not path:
        return True
    *above, last = [step.replace("~1", "/").replace("~0", "~") for step in path.removeprefix("/").split("/")]
    for step in above:
        sent = _inside(sent, step)
    if len(path) > LONGEST_PATH or not path.startswith("/"):
        return False
    return isinstance(sent, dict) or _inside(sent, last) is not None


def _inside(value: Any, step: str) -> Any:
    if isinstance(value, dict):
        return next((part for name, part in value.items() if name[:CUT_NAME] == step), None)
    if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
        return value[int(step)] if value[int(step)] is not None else Number("null")
    return None
