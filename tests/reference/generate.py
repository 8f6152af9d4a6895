"""Random nasty histories of one stay, for the property tests: `case(seed)` is a whole experiment.

Everything is a function of the seed. Times lie in clusters, exactly at the limits of the rules or a microsecond
beside them; values lie on the edges of the bands; versions arrive before and after what they correct.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from .palette import NUDGES, ZONES
from .protocol import Protocol
from .scenes import FRAME, SCENES
from .spoilers import spoiled
from .story import DAY, Story
from .validation import accepts
from .versions import messages
from .written import Event


@dataclass(frozen=True)
class Case:
    """A history, the protocol it is read by, and a final clock (None: let `replay_clock` say)."""

    events: list[Event]
    protocol: dict[str, Any]
    until: datetime | None


def case(seed: int, *, events: int | None = None) -> Case:
    """A history with its protocol and, half the time, a clock that stands beside something that falls due.

    What lies after `until` is left in: `accepts` with that clock recognises it (T6).
    """
    sent = history(seed, events=events)
    rules = protocol(seed)
    rng = random.Random(f"clock {seed}")
    return Case(sent, rules, _due_moment(rng, sent, rules) if rng.random() < 0.5 else None)


def protocol(seed: int) -> dict[str, Any]:
    """The protocol entries that differ from the defaults in the history of this seed."""
    rng = random.Random(f"protocol {seed}")
    chosen: dict[str, Any] = {}
    if rng.random() < 0.5:
        chosen["timezone"] = rng.choice(list(ZONES))
    variants: dict[str, list[Any]] = {
        "plateau_27_points": [1],
        "carry_forward_hours": [24, 48, 30],
        "fio2_look_ahead_minutes": [30, 60],
        "intubated_verbal": ["assume-5"],
        "use_preliminary": [False],
        "finalise_after_hours": [0, 12],
        "window_days": ["sdtm"],
        "oldest_years": [100, 121],
        "earliest": ["2024-06-01T00:00:00Z", "2025-01-02T00:00:00+08:00", "1901-01-01T00:00:00Z"],
        "closes_after_hours": [72, 24.5],
    }
    for name, values in variants.items():
        if rng.random() < 0.1:
            chosen[name] = rng.choice(values)
    return chosen


def history(seed: int, *, events: int | None = None) -> list[Event]:
    """About `events` events of one stay (default: a random number up to 120), in their order of arrival."""
    rng = random.Random(seed)
    zone = protocol(seed).get("timezone", "Asia/Shanghai")
    story = Story(rng, ZoneInfo(zone), stay_id=f"S-{seed}", quirks=rng.choice([0, 1, 1, 3]))
    story.frame(rng.choice(ZONES[zone]))
    for scene in FRAME:
        scene(story)
    wanted = events if events is not None else rng.choice([8, 20, 40, 80, 120])
    chosen = rng.sample(SCENES, rng.choice([2, 4, len(SCENES)]))  # few kinds of scenes meet each other more often
    while len(story.sent) < wanted:
        rng.choice(chosen)(story)
    sent = rng.sample(story.sent, len(story.sent))
    if rng.random() < 0.6:
        sent.sort(key=_filed)
    for event in rng.sample(sent, rng.randrange(4)):
        sent.insert(rng.randrange(len(sent) + 1), spoiled(rng, event))
    return sent


def _filed(event: Event) -> datetime:
    return next(iter(messages([event]))).filed_at


def _due_moment(rng: random.Random, events: list[Event], rules: dict[str, Any]) -> datetime:
    """Something known in the story, or the local midnight after it, plus a span after which things fall due."""
    sound = messages(event for event in events if accepts(*event))
    facts = [message for message in sound if "type" in message.body]
    at = rng.choice(facts if facts and rng.random() < 0.6 else sound).at
    if rng.random() < 0.5:
        calendar = Protocol.of(rules)
        at = calendar.day_end(calendar.local_date(at))
    due = [timedelta(0), timedelta(hours=6), timedelta(hours=36), 2 * DAY]
    return at + rng.choice([*due, *due, 16 * DAY, 28 * DAY, 28 * DAY, 29 * DAY]) + rng.choice(NUDGES)
