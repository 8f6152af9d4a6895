"""Random histories run through the product, and through the reference."""

import json
import os
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from picustream.eventfiles.replay import run
from picustream.models.protocol import Protocol
from picustream.models.record import DEAD_LETTERS
from picustream.scoring.outputs import Output
from picustream.scoring.rules import Rules, load_rules
from picustream.scoring.validation import InputRecord
from tests import reference
from tests.reference.written import canonical
from tests.scoring.compare import Key, current, differences

Events = Sequence[tuple[str, dict[str, Any]]]

LONG = "PICUSTREAM_TEST_SEEDS" in os.environ
SEEDS = int(os.environ.get("PICUSTREAM_TEST_SEEDS", "60"))
"""How many random histories each property is tried on."""

SHIPPED = load_rules()

PLACES = {
    "timezone": ("time", "zone"),
    "finalise_after_hours": ("time", "finalise_after_hours"),
    "window_first_day": ("window", "first_day"),
    "window_last_day": ("window", "last_day"),
    "window_days": ("window", "counted_in"),
    "use_preliminary": ("data", "use_preliminary"),
    "carry_forward_hours": ("mods", "carry_forward_hours"),
    "intubated_verbal": ("mods", "intubated_verbal"),
    "fio2_look_ahead_minutes": ("pairing", "fio2_look_ahead_minutes"),
    "plateau_27_points": ("apps", "plateau_27_points"),
    "minimum_age_days": ("age", "from_days"),
    "adult_age_years": ("age", "review_from_years"),
    "review_age_years": ("age", "below_years"),
    "oldest_years": ("age", "oldest_years"),
    "earliest": ("time", "earliest"),
    "closes_after_hours": ("enrolment", "closes_after_hours"),
}
"""The reference's parameters, and where they are in a protocol."""


def rules_for(parameters: dict[str, Any]) -> Rules:
    """The shipped protocol with the reference's parameters put in their places."""
    parts: dict[str, dict[str, Any]] = {}
    for name, value in parameters.items():
        part, field = PLACES[name]
        parts.setdefault(part, {})[field] = value
    return with_parameters(parts)


def with_parameters(parts: dict[str, dict[str, Any]]) -> Rules:
    """The shipped protocol with some of its entries replaced: `{"mods": {"carry_forward_hours": 24}}`."""
    table = SHIPPED.protocol.model_dump()
    for part, fields in parts.items():
        table[part] |= fields
    return Rules(Protocol.model_validate(table), SHIPPED.codemap)


def input_records(events: Iterable[tuple[str, dict[str, Any]]], after: int = 0) -> list[InputRecord]:
    """Events as they come from a topic, at offsets from `after` on."""
    return [InputRecord(topic, None, at, None, written(value)) for at, (topic, value) in enumerate(events, after)]


def written(value: Any) -> bytes:
    """An event's bytes, numbers as they were written."""
    return canonical(value).encode()


def replayed(events: Iterable[tuple[str, dict[str, Any]]], rules: Rules, until: datetime | None = None) -> list[Output]:
    return list(run(rules, input_records(events), until))


def disagreements(events: Events, parameters: dict[str, Any], until: datetime | None = None) -> list[str]:
    """Where the product's current records and dead letters differ from the reference's."""
    outputs = replayed(events, rules_for(parameters), until)
    lines = compared(current(outputs), reference.final_records(events, until, parameters))
    return lines + letters_compared(events, outputs, parameters, until)


def letters_compared(
    events: Events, outputs: Iterable[Output], parameters: dict[str, Any], until: datetime | None = None
) -> list[str]:
    """Where the dead letters of a replay are not those of the reference, event by event."""
    ours: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for output in outputs:
        if output.topic in DEAD_LETTERS:
            letter = json.loads(output.value)
            ours[letter["offset"]].append(letter | {"to": output.topic})
    lines = []
    for offset, (topic, value) in enumerate(events):
        left = list(ours[offset])
        for fault in reference.dead_letters(topic, value, until, parameters):
            found = next((letter for letter in left if _tells_of(letter, fault, topic)), None)
            if found is None:
                lines.append(f"event {offset}: no dead letter {fault} among {_shown(ours[offset])}")
            else:
                left.remove(found)
        if left:
            lines.append(f"event {offset}: the reference knows no {_shown(left)}")
    return lines


def _tells_of(letter: dict[str, Any], fault: reference.DeadLetter, topic: str) -> bool:
    return (
        (letter["topic"], letter["scope"], letter["reason"]) == (topic, fault.scope, fault.reason)
        and letter["path"] in fault.paths
        and letter["to"] == DEAD_LETTERS[topic == "picu.trial.v1"]
    )


def _shown(letters: Iterable[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [(letter["scope"], letter["reason"], letter["path"]) for letter in letters]


def compared(ours: dict[Key, Any], theirs: dict[Key, Any]) -> list[str]:
    lines = [
        f"{key}: only the {who} has it"
        for who, some, others in (("product", ours, theirs), ("reference", theirs, ours))
        for key in some
        if key not in others
    ]
    for key in ours.keys() & theirs.keys():
        lines += [f"{key}{line}" for line in differences(ours[key], theirs[key])]
    return lines


def shuffled(events: Events, seed: int) -> list[tuple[str, dict[str, Any]]]:
    """The events in random order, every tenth sent again."""
    rng = random.Random(seed)
    mixed = rng.sample(list(events), len(events))
    for event in rng.sample(mixed, len(mixed) // 10):
        mixed.insert(rng.randrange(len(mixed) + 1), event)
    return mixed
