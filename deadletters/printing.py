"""What `picustream deadletters` prints: sums, lines and outcomes, for a person or as JSON."""

import sys
from collections import Counter
from collections.abc import Iterable

from picustream.deadletters.choice import SKIPS
from picustream.deadletters.dead_letter import DecodedDeadLetter
from picustream.deadletters.groups import counted, grouped
from picustream.deadletters.history import State
from picustream.deadletters.page import line, summary, whole
from picustream.deadletters.resubmit import Faults, Resubmission
from picustream.models.record import dump
from picustream.models.text import encode
from picustream.terminal.page import Page

Judged = tuple[DecodedDeadLetter, State]
"""A dead letter and what has become of it."""


def summaries(found: Iterable[Judged], as_json: bool) -> None:
    """Dead letters summed up."""
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
    """One line per dead letter."""
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    for dead_letter, state in found:
        print(encode(_without_payload(dead_letter, state)) if as_json else line(dead_letter, state))


def one(dead_letter: DecodedDeadLetter, as_json: bool) -> None:
    """A dead letter with its event."""
    if as_json:
        original = dead_letter.payload.decode("utf-8", "backslashreplace")
        print(encode(dump(dead_letter.record) | {"source": dead_letter.source, "original": original}))
        return
    page = Page.on_stdout()
    whole(page, dead_letter)
    page.print()


def outcome(resubmission: Resubmission, dry_run: bool, as_json: bool) -> None:
    """What was sent, what was skipped and why, what is still refused and what will be refused again."""
    if as_json:
        print(encode({"dry_run": dry_run} | resubmission.as_data()))
        return
    page = Page.on_stdout()
    verb = "would be sent" if dry_run else "sent"
    parts = ", ".join(f"{topic} {count:,}" for topic, count in sorted(resubmission.sent.items()))
    page.write(
        f"{verb}: {resubmission.sent.total():,} events{f' ({parts})' if parts else ''}"
        f" for {resubmission.fixed:,} dead letters"
    )
    if resubmission.refused_again:
        page.write("with other faults that are refused again; the rest of these events is used:")
        _faults(page, resubmission.refused_again)
    if resubmission.skipped:
        page.write(f"skipped: {resubmission.skipped.total():,} dead letters")
    for why, count in sorted(resubmission.skipped.items()):
        page.write(f"{count:,} {SKIPS[why]}", indent=2, hang=2)
    if resubmission.refused:
        page.write(f"still refused, and not sent: {resubmission.still_refused:,} dead letters")
        _faults(page, resubmission.refused)
    page.print()


def _faults(page: Page, faults: Faults) -> None:
    for (reason, path, message), one in sorted(faults.items(), key=lambda item: -item[1].count):
        page.write(f"{one.count:,} {reason} {path}: {message} (example: {one.example})", indent=2, hang=2)


def _without_payload(dead_letter: DecodedDeadLetter, state: State) -> dict[str, object]:
    fields = {name: value for name, value in dump(dead_letter.record).items() if not name.startswith("payload")}
    return fields | {"source": dead_letter.source, "observed": dead_letter.observed, "state": state}
