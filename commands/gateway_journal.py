"""`picustream gateway messages`, `letters` and `replay`: what came, what became of it, and doing it again."""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from picustream.commands.gateway_serve import DEMO, SITE, made_for
from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings
from picustream.terminal.options import moment

if TYPE_CHECKING:
    from picustream.gateways.journal.browse import KeptLetter, Message
    from picustream.gateways.server.again import Account

FINDINGS = 1
_ABOUT = ("application", "facility", "system", "code", "unit")
_MOST = 8
"""Codes, units or senders that are listed of one reason."""
letters_app = typer.Typer(help="What could not be mapped: list, show, resubmit.", no_args_is_help=True)

_JSON = typer.Option(False, "--json", help="For a program to read.")
_SOURCE = typer.Option(None, "--source", metavar="SOURCE", help="Of one source.")
_REASON = typer.Option(None, "--reason", metavar="REASON", help="Of one reason.")
_SINCE = typer.Option(None, "--since", metavar="TIME", help="That came at or after this time (with an offset).")
_DRY_RUN = typer.Option(False, "--dry-run", help="Say what would become of them, and send nothing.")


def messages(
    content: Annotated[
        str | None,
        typer.Option("--content", metavar="ID", help="Print one message as it came, with all that is in it."),
    ] = None,
    source: str | None = _SOURCE,
    state: Annotated[
        str | None, typer.Option("--state", help="`done`, `waiting`, `refused` or `repeat` (came before).")
    ] = None,
    since: str | None = _SINCE,
    last: Annotated[int, typer.Option("--last", min=1, help="How many at most, the newest.")] = 50,
    as_json: bool = _JSON,
) -> None:
    """What came, from whom, and what became of it. The content of a message is shown by --content alone."""
    from picustream.gateways.journal import browse
    from picustream.gateways.journal.index import Index
    from picustream.gateways.server.run import folder

    settings = Settings()
    with closing(Index(folder(settings), read_only=True)) as index:
        if content is not None:
            _show_content(settings, browse.sequences_of(index, content), content)
            return
        wanted = browse.Wanted(source=source, state=state, since=moment(since, "--since"))
        for one in browse.messages(index, wanted, last):
            print(json.dumps(one.as_json()) if as_json else _line(one))


@letters_app.command("list")
def list_letters(
    reason: str | None = _REASON,
    source: str | None = _SOURCE,
    since: str | None = _SINCE,
    all_lines: Annotated[bool, typer.Option("--all-lines", help="One line for each, no sums.")] = False,
    as_json: bool = _JSON,
) -> None:
    """What could not be mapped, summed up by source and reason, with what to do. No value is shown."""
    found = _letters(reason, source, since)
    if as_json or all_lines:
        for one in found:
            print(json.dumps(one.as_json()) if as_json else _letter_line(one))
        return
    for line in _sums(found):
        print(line)


@letters_app.command("show")
def show_letter(
    name: Annotated[str, typer.Argument(metavar="ID", help="A letter's id, or a message's.")], as_json: bool = _JSON
) -> None:
    """Everything about one letter: where in the message, what is wrong, what to do. No value is shown."""
    from picustream.gateways.journal.browse import letters_named
    from picustream.gateways.journal.index import Index
    from picustream.gateways.server.run import folder

    with closing(Index(folder(Settings()), read_only=True)) as index:
        found = letters_named(index, name)
    if not found:
        raise UserError(
            f"There is no letter {name}.", "Their ids: picustream gateway letters list --all-lines", FINDINGS
        )
    for one in found:
        if as_json:
            print(json.dumps(one.as_json()))
            continue
        for field, value in one.as_json().items():
            print(f"{field:12} {value}")
        print(f"{'content':12} picustream gateway messages --content {one.sequence}")


@letters_app.command("resubmit")
def resubmit_letters(
    names: Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Letters' or messages' ids.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All letters, or all that the options name.")] = False,
    reason: str | None = _REASON,
    source: str | None = _SOURCE,
    since: str | None = _SINCE,
    config: Path | None = SITE,
    demo: bool = DEMO,
    dry_run: bool = _DRY_RUN,
    as_json: bool = _JSON,
) -> int:
    """Do the messages of letters again, by the configuration of now. What was sent of them is not sent again.

    By the gateway that runs, which must have the same configuration, or here where none runs. Exit status 1: there
    are still letters.
    """
    if bool(names) == everything:
        raise UserError("Name letters, or all of them.", "picustream gateway letters resubmit ID..., or --all")
    found = _named(names) if names else _letters(reason, source, since)
    return _again(sorted({one.sequence for one in found}), config, demo, dry_run, False, as_json)


def replay(
    since: Annotated[str, typer.Option("--from", metavar="TIME", help="What came at or after it (with an offset).")],
    until: Annotated[str | None, typer.Option("--to", metavar="TIME", help="And before it.")] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Send also what was sent as it is: Kafka has lost it.")
    ] = False,
    config: Path | None = SITE,
    demo: bool = DEMO,
    dry_run: bool = _DRY_RUN,
    as_json: bool = _JSON,
) -> int:
    """Do all messages of a time again, after a map was corrected: the same ids, so nothing is counted twice."""
    from picustream.gateways.journal.browse import replayed
    from picustream.gateways.journal.index import Index
    from picustream.gateways.server.run import folder

    first = moment(since, "--from")
    assert first is not None
    with closing(Index(folder(Settings()), read_only=True)) as index:
        sequences = replayed(index, first, moment(until, "--to"))
    return _again(sequences, config, demo, dry_run, everything, as_json)


def _letters(reason: str | None, source: str | None, since: str | None) -> "list[KeptLetter]":
    from picustream.gateways.journal.browse import Wanted, letters
    from picustream.gateways.journal.index import Index
    from picustream.gateways.server.run import folder

    with closing(Index(folder(Settings()), read_only=True)) as index:
        return list(letters(index, Wanted(source=source, reason=reason, since=moment(since, "--since"))))


def _named(names: Iterable[str]) -> "list[KeptLetter]":
    from picustream.gateways.journal.browse import letters_named
    from picustream.gateways.journal.index import Index
    from picustream.gateways.server.run import folder

    found = []
    with closing(Index(folder(Settings()), read_only=True)) as index:
        for name in names:
            letters = letters_named(index, name)
            if not letters:
                raise UserError(f"There is no letter {name}.", "See: picustream gateway letters list", FINDINGS)
            found += letters
    return found


def _again(
    sequences: list[int], config: Path | None, demo: bool, dry_run: bool, everything: bool, as_json: bool
) -> int:
    from picustream.gateways.server import again

    settings = Settings()
    site = made_for(settings, config, demo)
    if not sequences:
        print("There is nothing to be done again.", file=sys.stderr)
        return 0
    account = (
        again.tried(settings, site, sequences) if dry_run else again.done_again(settings, site, sequences, everything)
    )
    _print(account, dry_run, as_json)
    return FINDINGS if account.after or account.missing else 0


def _print(account: "Account", dry_run: bool, as_json: bool) -> None:
    if as_json:
        fields = ("messages", "missing", "events", "before", "after")
        print(json.dumps({"dry_run": dry_run} | {name: getattr(account, name) for name in fields}))
        return
    verb = "would make" if dry_run else "make"
    print(f"{account.messages:,} messages {verb} {account.events:,} events")
    if account.missing:
        print(f"{account.missing:,} are no longer in the journal")
    print(f"letters before: {_counted(account.before)}")
    print(f"letters {'then' if dry_run else 'now'}: {_counted(account.after)}")


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{reason} {count:,}" for reason, count in sorted(counts.items())) or "none"


def _show_content(settings: Settings, sequences: list[int], name: str) -> None:
    from picustream.gateways.journal import cipher
    from picustream.gateways.journal.journal import Journal
    from picustream.gateways.server.run import folder

    journal = Journal(folder(settings), cipher.keys(settings.gateway_journal_key_file))
    for received in journal.find(sequences[:1]):
        print("This is a patient's: do not leave it lying about.", file=sys.stderr)
        sys.stdout.buffer.write(received.raw.replace(b"\r", b"\n") if received.way == "mllp" else received.raw)
        sys.stdout.buffer.write(b"\n")
        return
    raise UserError(f"There is no message {name} in the journal.", "See: picustream gateway messages", FINDINGS)


def _line(one: "Message") -> str:
    counts = " ".join(f"{name} {count}" for name, count in one.values.items() if count)
    return (
        f"{one.sequence:>8} {one.at[:19]}Z {one.source or '(unknown)':12} {one.kind or '-':10} {one.state:8}"
        f" {one.answer} {one.events} events{f' ({counts})' if counts else ''} {one.message}"
    )


def _letter_line(one: "KeptLetter") -> str:
    line = f"{one.letter} {one.at[:19]}Z {one.source or '(unknown)'} {one.reason} {one.path}: {one.body['message']}"
    return f"{line} ({about})" if (about := _about(one)) else line


def _about(one: "KeptLetter") -> str:
    """What has to be mapped: the sender, code or unit in question."""
    return ", ".join(f"{name} {one.body[name]}" for name in _ABOUT if name in one.body)


def _sums(found: "list[KeptLetter]") -> Iterable[str]:
    groups: dict[tuple[str, str], list[KeptLetter]] = defaultdict(list)
    for one in found:
        groups[one.source, one.reason].append(one)
    for (source, reason), ones in sorted(groups.items(), key=lambda item: -len(item[1])):
        last = ones[-1]
        yield f"{len(ones):>6,} {source or '(unknown)'} {reason}: {last.body['message']} ({last.letter} {last.path})"
        yield f"       what to do: {last.body.get('fix', '')}"
        abouts = Counter(about for one in ones if (about := _about(one)))
        yield from (f"       {count:,} of {about}" for about, count in abouts.most_common(_MOST))
        if len(abouts) > _MOST:
            yield f"       and {len(abouts) - _MOST:,} others: --all-lines"
    if not groups:
        yield "No letters."
