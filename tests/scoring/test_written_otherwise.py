"""An event is what it says and not how it was written: order of fields, blanks, escapes, a byte order mark (I1)."""

import json
import random
from collections.abc import Iterable
from typing import Any

import pytest

from picustream.eventfiles.replay import run
from picustream.scoring.outputs import Output
from picustream.scoring.validation import InputRecord
from tests.reference import final_records
from tests.reference.generate import Case, case
from tests.reference.written import as_written, is_number
from tests.scoring.compare import current
from tests.scoring.feeding import firing
from tests.scoring.histories import SEEDS, compared, letters_compared, rules_for, written
from tests.scoring.running import assert_same, essence


def otherwise(rng: random.Random, value: Any) -> str:
    """The same JSON in other characters; a number as it was written, for that distinguishes versions."""

    def blank() -> str:
        return rng.choice(["", "", " ", "\n  ", "\t", "\r\n"])

    if isinstance(value, dict):
        fields = [f"{otherwise(rng, name)}{blank()}:{blank()}{otherwise(rng, part)}" for name, part in value.items()]
        rng.shuffle(fields)
        return "{" + blank() + f"{blank()},{blank()}".join(fields) + blank() + "}"
    if isinstance(value, list):
        return "[" + blank() + f",{blank()}".join(otherwise(rng, part) for part in value) + "]"
    if is_number(value):
        return as_written(value)
    if isinstance(value, str) and rng.random() < 0.3:
        units = value.encode("utf-16-be").hex()
        return '"' + "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4)) + '"'
    return json.dumps(value, ensure_ascii=rng.random() < 0.5)


def raw(rng: random.Random, value: Any) -> bytes:
    """Its bytes, now and then with a byte order mark and blanks around it."""
    head = rng.choice(["", "", "\ufeff"])
    return f"{head}{rng.choice(['', ' ', chr(10)])}{otherwise(rng, value)}{rng.choice(['', ' '])}".encode()


def replayed(made: Case, texts: Iterable[tuple[str, bytes]]) -> list[Output]:
    """The outputs of these messages."""
    input_records = [InputRecord(topic, None, at, None, text) for at, (topic, text) in enumerate(texts)]
    return list(run(rules_for(made.protocol), input_records, made.until))


@pytest.mark.proves("I1", "I2")
@pytest.mark.parametrize("seed", range(min(SEEDS, 200)))
def test_i1_the_same_event_written_otherwise_is_a_repeat(seed: int) -> None:
    """Records and dead letters are the reference's, and no source has said two things under one name for it."""
    made, rng = case(seed), random.Random(seed)
    plain = replayed(made, [(topic, written(value)) for topic, value in made.events])
    events = [event for event in made.events for _ in range(rng.choice([1, 2]))]
    found = replayed(made, [(topic, raw(rng, value)) for topic, value in events])
    lines = compared(current(found), final_records(events, made.until, made.protocol))
    assert not lines, "\n".join(lines[:5])
    assert not letters_compared(events, found, made.protocol, made.until)
    assert_same(essence(plain), essence(found))
    assert firing(plain) == firing(found)
