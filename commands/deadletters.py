"""`picustream deadletters`: what was refused and why, one of them in full, and sending it again once it can be used."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from picustream.deadletters.dead_letter import DecodedDeadLetter, Selection
from picustream.deadletters.history import OPEN, History
from picustream.deadletters.sources import Source
from picustream.eventfiles.outputs import Unread
from picustream.models.record import DEAD_LETTERS, DeadLetter
from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings
from picustream.terminal.options import moment

if TYPE_CHECKING:
    from picustream.deadletters.choice import Skip

FINDINGS = 1
REASONS: tuple[str, ...] = get_args(DeadLetter.model_fields["reason"].annotation)

app = typer.Typer(help=__doc__)

_REASON = typer.Option(None, "--reason", metavar="REASON", help=f"One reason: {', '.join(REASONS)}.")
_SOURCE = typer.Option(None, "--source", metavar="SOURCE", help="One feed.")
_SINCE = typer.Option(None, "--since", metavar="TIME", help="First seen at or after this time (with an offset).")
_FILES = typer.Option(
    None, "--file", help="Output records: an event file, or a folder that replay wrote; default: from Kafka."
)
_JSON = typer.Option(False, "--json", help="For a program to read.")


@app.command("list", short_help="Sum up what was refused, and what has become of it.")
def list_dead_letters(
    reason: str | None = _REASON,
    source: str | None = _SOURCE,
    since: str | None = _SINCE,
    open_only: Annotated[bool, typer.Option("--open", help="Only what somebody has still to see to.")] = False,
    all_lines: Annotated[bool, typer.Option("--all-lines", help="One line per dead letter, no sums.")] = False,
    letters_only: Annotated[
        bool,
        typer.Option("--letters-only", help="Do not search the input topics for what was sent again: quicker."),
    ] = False,
    file: list[Path] | None = _FILES,
    from_kafka: Annotated[bool, typer.Option("--from-kafka", help="Do not ask the read model.")] = False,
    as_json: bool = _JSON,
) -> int:
    """Sum up dead letters by topic, source, reason, path and message; no value of an event is shown.

    The read model answers at once, where it is fresh; else they are read from Kafka. What has become of them (sent
    again, or the feed has sent the event since) is in the input topics, searched with --open and with --from-kafka.
    """
    from picustream.deadletters import printing

    settings, wanted, unread = Settings(), _selection(reason, source, since), Unread()
    answered = None if file or from_kafka else _answered(settings)
    history = History(Source.of(settings, file).dead_letters(unread) if answered is None else answered)
    if not (file or letters_only) and (open_only or answered is None):
        _report_hidden(_look_up(history, wanted))
    elif history.dead_letters:
        more = "" if file or letters_only else " --open searches the input topics."
        print(f"What was sent again since is not searched for, so it may be listed as open.{more}", file=sys.stderr)
    judged = (
        (dead_letter, history.state(dead_letter)) for dead_letter in history.dead_letters if dead_letter in wanted
    )
    found = (one for one in judged if not open_only or one[1] in OPEN)
    (printing.lines if all_lines else printing.summaries)(found, as_json)
    return _report_unread(unread)


def _answered(settings: Settings) -> Iterable[DecodedDeadLetter] | None:
    """All dead letters of the read model; None where that is not fresh, or has none of them."""
    from picustream.readmodel.fresh import fresh

    answers = fresh(settings, DEAD_LETTERS, some=True)
    if answers is None:
        return None
    topics = [topic for topic in DEAD_LETTERS if topic in answers.topics]
    for topic in set(DEAD_LETTERS).difference(topics):
        print(f"Without {topic}: it is not in this read model.", file=sys.stderr)
    return answers.dead_letters(topics)


@app.command(short_help="Show one in full, with a patient's data.")
def show(
    event_id: Annotated[str, typer.Argument(metavar="ID", help="A dead letter's id (dead/...).")],
    file: list[Path] | None = _FILES,
    as_json: bool = _JSON,
) -> int:
    """Show one dead letter with the original event in it, which may hold a patient's data."""
    from picustream.deadletters import printing

    unread = Unread()
    dead_letters = Source.of(Settings(), file, [event_id]).dead_letters(unread)
    found = next((one for one in dead_letters if one.record.event_id == event_id), None)
    if found is None:
        hint = str(unread) if unread.count else "Their ids: picustream deadletters list --all-lines."
        raise UserError(f"There is no dead letter {event_id}.", hint, FINDINGS)
    printing.one(found, as_json)
    return _report_unread(unread)


@app.command(short_help="Send again what would now be accepted.")
def resubmit(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Dead letters' ids.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All dead letters, or all that the options name.")] = False,
    reason: str | None = _REASON,
    source: str | None = _SOURCE,
    since: str | None = _SINCE,
    fixed_by: Annotated[
        Path | None,
        typer.Option("--fixed-by", metavar="CODEMAP", help="Code map (TOML) that fixes them; the worker must have it."),
    ] = None,
    rekey: Annotated[
        bool, typer.Option("--rekey", help="Where key and stay_id differ (key-mismatch), the stay_id is right.")
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="With --all: also what was sent again already.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")] = False,
    as_json: bool = _JSON,
) -> int:
    """Send refused events again, unchanged, those alone that would now be accepted.

    With --all it skips what was sent again already, what the feed has sent anew, and what was in-the-future; dead
    letters named by their ids are sent all the same. Exit status 1: some are still refused, or some ids are of none.
    """
    from picustream.deadletters import printing, sending
    from picustream.deadletters.choice import IN_THE_FUTURE, NamedIds, warn

    _check_asked(ids, everything)
    settings, wanted, unread = Settings(), _selection(reason, source, since), Unread()
    sender, named = sending.prepared(settings, fixed_by, rekey), NamedIds(ids or ())
    dead_letters = Source.of(settings, None, ids or ())
    skip = _skip(dead_letters, wanted, again, unread) if everything else None
    if everything and reason == IN_THE_FUTURE:
        warn()
    every = dead_letters.dead_letters(Unread() if skip else unread)
    found = (one for one in every if one in wanted and (skip or one in named))
    outcome = sending.send(settings, sender, found, skip, dry_run)
    printing.outcome(outcome, dry_run, as_json)
    sending.report_next_steps(outcome, settings, fixed_by, dry_run)
    for event_id in sorted(named.missing):
        print(f"picustream: there is no dead letter {event_id}.", file=sys.stderr)
    return max(_report_unread(unread), FINDINGS if outcome.refused or named.missing else 0)


def _check_asked(ids: list[str] | None, everything: bool) -> None:
    if ids and everything:
        raise UserError("Ids and --all were both given.", "Name ids, or give --all with --reason, --source or --since.")
    if not ids and not everything:
        raise UserError("Which dead letters?", "Name their ids, or give --all.")


def _selection(reason: str | None, source: str | None, since: str | None) -> Selection:
    if reason is not None and reason not in REASONS:
        raise UserError(f"--reason: {reason} is none.", f"Reasons: {', '.join(REASONS)}.")
    return Selection(reason, source, moment(since, "--since"))


def _look_up(history: History, wanted: Selection) -> list[str]:
    from picustream.deadletters.inputs import Progress, look_up

    return look_up(Settings(), history, wanted.__contains__, Progress())


def _report_hidden(names: list[str]) -> None:
    from picustream.streams.kafka.rights import Right, lacks

    if names:
        missing = lacks(Settings(), Right.READ, ", ".join(names))
        print(f"What was sent again since is not known where {missing}: it may be listed as open.", file=sys.stderr)


def _skip(
    dead_letters: Source, wanted: Selection, again: bool, unread: Unread
) -> "Callable[[DecodedDeadLetter], Skip | None]":
    """What to skip of the dead letters that are wanted, by what came into the input topics since. Raises NotAllowed."""
    from picustream.deadletters.choice import IN_THE_FUTURE, Choice
    from picustream.streams.kafka.rights import NotAllowed, Right

    history = History(dead_letters.dead_letters(unread))
    if hidden := _look_up(history, wanted):
        raise NotAllowed(dead_letters.settings, Right.READ, ", ".join(hidden))
    return Choice(history, again, wanted.reason == IN_THE_FUTURE)


def _report_unread(unread: Unread) -> int:
    if unread.count:
        print(f"picustream: {unread}", file=sys.stderr)
    return FINDINGS if unread.count else 0
