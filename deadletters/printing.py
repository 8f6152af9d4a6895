"""What `picustream deadletters` says: sums, lines and outcomes, for a person or as JSON."""

import sys
from collections import Counter
from collections.abc import Iterable

from picustream.deadletters.choice import SKIPS
from picustream.deadletters.dead_letter import Letter
from picustream.deadletters.groups import counted, grouped
from picustream.deadletters.history import State
from picustream.deadletters.page import line, summary, whole
from picustream.deadletters.resubmit import Faults, Resubmission
from picustream.models.record import dump
from picustream.models.text import encode
from picustream.terminal.page import Page

Judged = tuple[Letter, State]
"""A letter and what has become of it."""


def sums(found: Iterable[Judged], as_json: bool) -> None:
    """Letters summed up."""
    groups = grouped(found)
    if as_json:
        states = sum((group.states for group in groups), Counter[State]())
        total = {"letters": states.total()} | counted(states)
        print(encode(total | {"groups": [group.as_data() for group in groups]}))
        return
    page = Page.on_stdout()
    summary(page, groups)
    page.print()


def lines(found: Iterable[Judged], as_json: bool) -> None:
    """One line per letter."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    for letter, state in found:
        print(encode(_without_payload(letter, state)) if as_json else line(letter, state))


def one(letter: Letter, as_json: bool) -> None:
    """A letter with its event."""
    if as_json:
        original = letter.payload.decode("utf-8", "backslashreplace")
        print(encode(dump(letter.record) | {"source": letter.source, "original": original}))
        return
    page = Page.on_stdout()
    whole(page, letter)
    page.print()


def outcome(told: Resubmission, dry_run: bool, as_json: bool) -> None:
    """What was sent, what was skipped and why, what is still refused and what will be refused again."""
    if as_json:
        print(encode({"dry_run": dry_run} | told.as_data()))
        return
    page = Page.on_stdout()
    parts = ", ".join(f"{topic} {count:,}" for topic, count in sorted(told.sent.items()))
    page.write(
        f"{'would be sent' if dry_run else 'sent'}: {told.sent.total():,} events{f' ({parts})' if parts else ''}"
        f" for {told.mended:,} dead letters"
    )
    if told.refused_again:
        page.write("with other faults that are refused again; the rest of these events is used:")
        _faults(page, told.refused_again)
    if told.skipped:
        page.write(f"skipped: {told.skipped.total():,} dead letters")
    for why, count in sorted(told.skipped.items()):
        page.write(f"{count:,} {SKIPS[why]}", indent=2, hang=2)
    if told.refused:
        page.write(f"still refused, and not sent: {told.still_refused:,} dead letters")
        _faults(page, told.refused)
    page.print()


def _faults(page: Page, faults: Faults) -> None:
    for (reason, path, message), one in sorted(faults.items(), key=lambda item: -item[1].count):
        page.write(f"{one.count:,} {reason} {path}: {message} (example: {one.example})", indent=2, hang=2)


def _without_payload(letter: Letter, state: State) -> dict[str, object]:
    fields = {name: said for name, said in dump(letter.record).items() if not name.startswith("payload")}
    return fields | {"source": letter.source, "observed": letter.observed, "state": state}
