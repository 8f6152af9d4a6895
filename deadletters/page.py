"""Dead letters for a person: sums, single lines, and one dead letter with its event."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from picustream.deadletters.dead_letter import DecodedDeadLetter
from picustream.deadletters.groups import Group, opened
from picustream.deadletters.history import State
from picustream.models import text
from picustream.terminal.page import QUIET, Page

LONGEST = 200_000
"""Characters of an event that are shown: no one reads more, and one that was refused for its size is larger."""
_LABEL = 13
_STATE_WORDS: dict[State, str] = {
    "refused-again": "of these sent again and refused again",
    "sent-again": "sent again",
    "superseded": "earlier about the same event and fault as a newer one",
    "overtaken": "whose feed has sent the event since",
}


def summary(page: Page, groups: list[Group]) -> None:
    """A few lines per group: how many of what are open, where and since when, what to do, and what is done with."""
    if not groups:
        page.write("No dead letters.", style="bold")
        return
    states = sum((group.states for group in groups), Counter[State]())
    kinds = sum(1 for group in groups if group.open)
    what = f"{opened(states):,} open dead {'letter' if opened(states) == 1 else 'letters'}"
    of = f" of {'one kind' if kinds == 1 else f'{kinds} kinds'}"
    page.write(f"{what}{of}" if kinds else "No open dead letters", style="bold")
    if aside := other_states(states):
        page.write(aside, indent=2)
    for group in groups:
        page.blank()
        _group(page, group)


def other_states(states: Counter[State]) -> str:
    """What is known of dead letters beside that they are open."""
    parts = [f"{states[state]:,} {words}" for state, words in _STATE_WORDS.items() if states[state]]
    return "; ".join(parts)


def _group(page: Page, group: Group) -> None:
    style = "bold" if group.open else QUIET
    left = Text.assemble((f"{group.open:,} open " if group.open else "done with: ", style), (group.reason, style))
    left.append(f" {group.path}")
    page.ends(left, Text(f"{group.topic} {group.source or '(source unreadable)'}", QUIET))
    if group.observed is not None:
        page.write(group.observed, indent=2)
    page.write(group.message, indent=2)
    if aside := other_states(group.states):
        page.write(aside, indent=2)
    seen = f"{group.first:%Y-%m-%d %H:%M} to {group.last:%Y-%m-%d %H:%M}; example: {group.example}"
    page.write(seen, indent=2, style=QUIET)


def line(dead_letter: DecodedDeadLetter, state: State) -> str:
    """One dead letter in one line: when first seen, id, topic, source, reason, path, what has become of it."""
    record = dead_letter.record
    words = [record.first_seen_at.isoformat(), record.event_id, record.topic, dead_letter.source or "-", record.reason]
    return printable(" ".join([*words, record.path or "-", state]))


def whole(page: Page, dead_letter: DecodedDeadLetter) -> None:
    """The fault, where it came from, and the event as it was sent."""
    record = dead_letter.record
    page.write(f"{record.reason} ({'whole event' if record.scope == 'event' else 'one observation'})", style="bold")
    fields: dict[str, str | None] = {
        "path": record.path or "(the whole)",
        "fault": record.message,
        "at fault": dead_letter.observed,
        "from": f"{record.topic}, partition {record.partition}, offset {record.offset}",
        "key": record.key,
        "source": dead_letter.source,
        "first seen": record.first_seen_at.isoformat(),
        "resubmitted": "yes: this is what was sent again, and refused again" if record.resubmitted else "no",
        "id": record.event_id,
    }
    for label, parts in fields.items():
        if parts is not None:
            page.field(label, parts, _LABEL)
    page.blank()
    page.write(f"The original event, {len(dead_letter.payload):,} bytes. It may hold a patient's data.", style="bold")
    for shown in original(dead_letter.payload):
        page.line(shown)


def original(payload: bytes) -> list[str]:
    """The event as lines: JSON set in, every number as it was written; anything else as it is."""
    try:
        if len(payload) > LONGEST:
            raise text.NotJson("too long to set in")
        return list(_set_in(text.parse(payload)))
    except text.NotJson:
        plain = payload.decode("utf-8", "backslashreplace")
        cut = [f"... {len(plain) - LONGEST:,} characters more"] if len(plain) > LONGEST else []
        return [*plain[:LONGEST].splitlines(), *cut]


def printable(line: str) -> str:
    """A line without what a terminal takes for orders."""
    return "".join(char if char.isprintable() else "?" for char in line)


def _set_in(value: Any, indent: str = "", label: str = "", comma: str = "") -> Iterator[str]:
    """A JSON value as lines, two columns further in at each level."""
    items: list[tuple[str, Any]]
    if isinstance(value, Mapping):
        items, brackets = [(f"{text.quote(name)}: ", part) for name, part in value.items()], "{}"
    elif isinstance(value, list):
        items, brackets = [("", part) for part in value], "[]"
    else:
        yield f"{indent}{label}{text.canonical(value)}{comma}"
        return
    if not items:
        yield f"{indent}{label}{brackets}{comma}"
        return
    yield f"{indent}{label}{brackets[0]}"
    for number, (name, part) in enumerate(items, start=1):
        yield from _set_in(part, f"{indent}  ", name, "," if number < len(items) else "")
    yield f"{indent}{brackets[1]}{comma}"
