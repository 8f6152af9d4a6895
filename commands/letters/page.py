"""Dead letters for a person: sums, single lines, and one letter with its event."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from picustream.commands.letters.groups import Group
from picustream.commands.letters.letter import Letter
from picustream.commands.receipt.page import QUIET, Page
from picustream.models import text

LONGEST = 200_000
"""Characters of an event that are shown: no one reads more, and one that was refused for its size is larger."""
_LABEL = 13


def summary(page: Page, groups: list[Group]) -> None:
    """Two or three lines per group: how many of what, where and since when, what to do."""
    total = sum(group.count for group in groups)
    if not groups:
        page.write("No dead letters.", style="bold")
        return
    kinds = "one kind" if len(groups) == 1 else f"{len(groups)} kinds"
    page.write(f"{total:,} dead {'letter' if total == 1 else 'letters'} of {kinds}", style="bold")
    for group in groups:
        page.blank()
        left = Text.assemble((f"{group.count:,} ", "bold"), (group.reason, "bold"), f" {group.path}")
        page.ends(left, Text(f"{group.topic} {group.source or '(source unreadable)'}", QUIET))
        if group.observed is not None:
            page.write(group.observed, indent=2)
        page.write(group.message, indent=2)
        again = f"; {group.resubmitted:,} sent again and refused again" if group.resubmitted else ""
        seen = f"{group.first:%Y-%m-%d %H:%M} to {group.last:%Y-%m-%d %H:%M}{again}; example: {group.example}"
        page.write(seen, indent=2, style=QUIET)


def line(letter: Letter) -> str:
    """One letter in one line: when first seen, id, topic, source, reason, path."""
    record = letter.record
    words = [record.first_seen_at.isoformat(), record.event_id, record.topic, letter.source or "-", record.reason]
    words += [record.path or "/", "resubmitted"] if record.resubmitted else [record.path or "/"]
    return printable(" ".join(words))


def whole(page: Page, letter: Letter) -> None:
    """The fault, where it came from, and the event as it was sent."""
    record = letter.record
    page.write(f"{record.reason} ({'whole event' if record.scope == 'event' else 'one observation'})", style="bold")
    fields: dict[str, str | None] = {
        "path": record.path or "(the whole)",
        "fault": record.message,
        "at fault": letter.observed,
        "from": f"{record.topic}, partition {record.partition}, offset {record.offset}",
        "key": record.key,
        "source": letter.source,
        "first seen": record.first_seen_at.isoformat(),
        "resubmitted": "yes: sent again, and refused again" if record.resubmitted else "no",
        "id": record.event_id,
    }
    for label, said in fields.items():
        if said is not None:
            page.field(label, said, _LABEL)
    page.blank()
    page.write(f"The original event, {len(letter.payload):,} bytes. It may hold a patient's data.", style="bold")
    for shown in original(letter.payload):
        page.line(shown)


def original(payload: bytes) -> list[str]:
    """The event as lines: JSON set in, every number as it was written; anything else as it stands there."""
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
        yield f"{indent}{label}{text.encode(value)}{comma}"
        return
    if not items:
        yield f"{indent}{label}{brackets}{comma}"
        return
    yield f"{indent}{label}{brackets[0]}"
    for number, (name, part) in enumerate(items, start=1):
        yield from _set_in(part, f"{indent}  ", name, "," if number < len(items) else "")
    yield f"{indent}{brackets[1]}{comma}"
