"""`picustream deadletters`: what was refused and why, one of them in full, and sending them again once mended."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from picustream.commands.letters.letter import Letter, Selection, letters
from picustream.commands.options import loaded_rules, moment
from picustream.commands.outputs import Unread, in_files, in_kafka
from picustream.models.record import DEAD_LETTER, DeadLetter, dump
from picustream.models.text import encode
from picustream.streams.errors import NoTopics, UserError
from picustream.streams.settings import Settings

if TYPE_CHECKING:
    from picustream.commands.letters.again import Again, Resubmission
    from picustream.commands.receipt.page import Page

FINDINGS = 1
_RESTART = "set PICUSTREAM_CODEMAP to it and restart the worker first."
REASONS: tuple[str, ...] = get_args(DeadLetter.model_fields["reason"].annotation)

app = typer.Typer(help=__doc__)

_REASON = typer.Option(None, "--reason", metavar="REASON", help=f"One reason: {', '.join(REASONS)}.")
_SOURCE = typer.Option(None, "--source", metavar="SOURCE", help="One feed.")
_SINCE = typer.Option(None, "--since", metavar="TIME", help="First seen at or after this time (with an offset).")
_FILES = typer.Option(
    None, "--file", help="Output records: an event file, or a folder that replay wrote; default: from Kafka."
)
_JSON = typer.Option(False, "--json", help="For a program to read.")


@app.command("list")
def list_letters(
    reason: str | None = _REASON,
    source: str | None = _SOURCE,
    since: str | None = _SINCE,
    all_lines: Annotated[bool, typer.Option("--all-lines", help="One line per letter, no sums.")] = False,
    file: list[Path] | None = _FILES,
    as_json: bool = _JSON,
) -> int:
    """Sum up dead letters by topic, source, reason and path; no value of an event is shown."""
    wanted, unread = _selection(reason, source, since), Unread()
    found = (letter for letter in _letters(file, unread) if letter in wanted)
    if all_lines:
        _tell_lines(found, as_json)
    else:
        _tell_sums(found, as_json)
    return _told(unread)


@app.command()
def show(
    event_id: Annotated[str, typer.Argument(metavar="ID", help="A dead letter's id (dead/...).")],
    file: list[Path] | None = _FILES,
    as_json: bool = _JSON,
) -> int:
    """Show one dead letter with the original event in it, which may hold a patient's data."""
    unread = Unread()
    found = next((one for one in _letters(file, unread) if one.record.event_id == event_id), None)
    if found is None:
        hint = str(unread) if unread.count else "Their ids: picustream deadletters list --all-lines."
        raise UserError(f"There is no dead letter {event_id}.", hint, FINDINGS)
    if as_json:
        original = found.payload.decode("utf-8", "backslashreplace")
        print(encode(dump(found.record) | {"source": found.source, "original": original}))
    else:
        from picustream.commands.letters.page import whole

        page = _page()
        whole(page, found)
        page.print()
    return _told(unread)


@app.command()
def resubmit(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Dead letters' ids.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All letters, or all that the options name.")] = False,
    reason: str | None = _REASON,
    source: str | None = _SOURCE,
    since: str | None = _SINCE,
    fixed_by: Annotated[
        Path | None,
        typer.Option("--fixed-by", metavar="CODEMAP", help="Code map (TOML) that mends them; the worker must have it."),
    ] = None,
    rekey: Annotated[
        bool, typer.Option("--rekey", help="Where key and stay_id differ (key-mismatch), the stay_id is right.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be sent, and send nothing.")] = False,
    as_json: bool = _JSON,
) -> int:
    """Send refused events again, unchanged, those alone that would now be accepted. A repeat changes nothing.

    Exit status 1: some are still refused, or there are no such letters.
    """
    if bool(ids) == everything:
        raise UserError("Which letters?", "Name their ids, or give --all.")
    settings, wanted, unread = Settings(), _selection(reason, source, since), Unread()
    again = _again(settings, fixed_by, rekey)
    if fixed_by is not None:
        print(f"The worker must run with this code map, or it refuses these events again: {_RESTART}", file=sys.stderr)
    missing = set(ids or ())
    found = (one for one in _letters(None, unread) if one in wanted and (everything or _among(one, missing)))
    outcome = again.resubmit(found, None) if dry_run else _send(settings, again, found)
    _tell_outcome(outcome, dry_run, as_json)
    for event_id in sorted(missing):
        print(f"picustream: there is no dead letter {event_id}.", file=sys.stderr)
    return max(_told(unread), FINDINGS if outcome.refused or missing else 0)


def _selection(reason: str | None, source: str | None, since: str | None) -> Selection:
    if reason is not None and reason not in REASONS:
        raise UserError(f"--reason: {reason} is none.", f"Reasons: {', '.join(REASONS)}.")
    return Selection(reason, source, moment(since, "--since"))


def _letters(paths: list[Path] | None, unread: Unread) -> Iterator[Letter]:
    stored = in_files(paths, [DEAD_LETTER], unread) if paths else in_kafka(Settings(), [DEAD_LETTER])
    return letters(stored, unread)


def _among(letter: Letter, missing: set[str]) -> bool:
    """Whether the letter is one of those that are still missing; it is no longer."""
    if letter.record.event_id not in missing:
        return False
    missing.discard(letter.record.event_id)
    return True


def _again(settings: Settings, fixed_by: Path | None, rekey: bool) -> "Again":
    """Checks by the rules of the settings, the code map given in place of theirs, and by the ward's clock (T6)."""
    from picustream.commands.letters.again import Again
    from picustream.models.protocol import hours
    from picustream.scoring.door import Door
    from picustream.streams.clock import Clock

    rules, clock = loaded_rules(settings.protocol, fixed_by or settings.codemap), Clock.of(settings)
    tolerance = hours(rules.protocol.time.future_tolerance_hours)
    return Again(Door(rules), lambda: clock.now() + tolerance, rekey)


def _send(settings: Settings, again: "Again", found: Iterable[Letter]) -> "Resubmission":
    """Send what is mended; returns when the broker holds all of it."""
    from picustream.streams import kafka_clients, topics
    from picustream.streams.deliveries import BATCHING, Deliveries

    with kafka_clients.admin(settings) as admin:
        if missing := topics.missing(admin, topics.INPUTS):
            raise NoTopics(missing)
    with kafka_clients.producing(settings, **BATCHING) as producer:
        deliveries = Deliveries(producer)
        outcome = again.resubmit(found, deliveries)
        deliveries.settle()
    return outcome


def _tell_sums(found: Iterable[Letter], as_json: bool) -> None:
    from picustream.commands.letters.groups import grouped
    from picustream.commands.letters.page import summary

    groups = grouped(found)
    if as_json:
        total = sum(group.count for group in groups)
        print(encode({"letters": total, "groups": [group.as_data() for group in groups]}))
        return
    page = _page()
    summary(page, groups)
    page.print()


def _tell_lines(found: Iterable[Letter], as_json: bool) -> None:
    from picustream.commands.letters.page import line

    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    for letter in found:
        print(encode(_without_payload(letter)) if as_json else line(letter))


def _without_payload(letter: Letter) -> dict[str, object]:
    fields = {name: said for name, said in dump(letter.record).items() if name != "payload"}
    return fields | {"source": letter.source, "observed": letter.observed}


def _tell_outcome(outcome: "Resubmission", dry_run: bool, as_json: bool) -> None:
    if as_json:
        print(encode({"dry_run": dry_run} | outcome.as_data()))
        return
    page = _page()
    parts = ", ".join(f"{topic} {count:,}" for topic, count in sorted(outcome.sent.items()))
    page.write(
        f"{'would be sent' if dry_run else 'sent'}: {outcome.sent.total():,} events{f' ({parts})' if parts else ''}"
        f" for {outcome.mended:,} dead letters"
    )
    if outcome.refused:
        page.write(f"still refused: {outcome.still_refused:,} dead letters")
    for (reason, path), one in sorted(outcome.refused.items(), key=lambda item: -item[1].count):
        page.write(f"{one.count:,} {reason} {path}: {one.fault.message} (example: {one.example})", indent=2, hang=2)
    page.print()


def _told(unread: Unread) -> int:
    if unread.count:
        print(f"picustream: {unread}", file=sys.stderr)
    return FINDINGS if unread.count else 0


def _page() -> "Page":
    from picustream.commands.receipt.page import Page

    return Page.on_stdout()
