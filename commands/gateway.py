"""`picustream gateway`: HL7 v2 and FHIR in."""

import json
import secrets
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from picustream.commands.gateway_journal import letters_app, messages, replay
from picustream.commands.gateway_serve import serve
from picustream.eventfiles.files import STDIN, output_line
from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings
from picustream.terminal.options import loaded_rules

if TYPE_CHECKING:
    from picustream.gateways.convert import Conversion, Converted
    from picustream.gateways.site.config import Source
    from picustream.gateways.site.load import LoadedSite

app = typer.Typer(help="HL7 v2 and FHIR in: serve, see what came, convert files.", no_args_is_help=True)
app.command()(serve)
app.command()(messages)
app.add_typer(letters_app, name="letters")
app.command()(replay)
FINDINGS = 1


@app.command()
def convert(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="HL7 v2 or FHIR JSON, plain or gzipped; - is standard input."),
    ],
    config: Annotated[
        Path | None, typer.Option("--config", help="The site (TOML); default: PICUSTREAM_GATEWAY_SITE.")
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Any sender, any unit, the protocol's zone, and a key that is no secret.")
    ] = False,
    source: Annotated[
        str | None, typer.Option("--source", help="The source of the files, where they do not name it.")
    ] = None,
    letters: Annotated[Path | None, typer.Option("--letters", help="A file for the letters, one a line.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The account as JSON, on standard error.")] = False,
) -> int:
    """HL7 v2 and FHIR files to an event file, with no server.

    Events on standard output, the account on standard error: each value is sent, ignored (its code is for no score),
    empty, or a letter. Exit status 1: there are letters.
    """
    from picustream.gateways.convert import Conversion

    settings = Settings()
    site = _site(config or (None if demo else settings.gateway_site), demo, quiet=as_json)
    rules = loaded_rules(settings.protocol, settings.codemap)
    conversion, checked = Conversion(site, rules, _named(site, source)), _checked(paths)
    with ExitStack() as stack:
        file = stack.enter_context(_opened(letters)) if letters else None
        count = 0
        for path in checked:
            count += _write(conversion.file(_content(path), datetime.now(UTC)), file)
        count += _write(conversion.end(), file)
    _account(conversion, count, as_json)
    return FINDINGS if count else 0


@app.command()
def key(file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that is not there yet.")]) -> None:
    """Make the site's key. Whoever has it can find out which pseudonym is whose."""
    from picustream.gateways.site.key import make_key, read_key
    from picustream.gateways.site.pseudonyms import Pseudonyms

    make_key(file)
    print(f"{file}: a new key, fingerprint {Pseudonyms(read_key(file)).fingerprint}. Keep a copy in a safe place.")


def _site(config: Path | None, demo: bool, quiet: bool) -> "LoadedSite":
    from picustream.gateways.site import load

    if config is not None and demo:
        raise UserError("--config and --demo exclude one another.", "Leave out one of them.")
    if config is not None:
        return load.load(config)
    if demo:
        return load.demo()
    if not quiet:
        print("No site is named (--config): as with --demo, but with a key of this run alone.", file=sys.stderr)
    return load.demo(secrets.token_bytes(32))


def _named(site: "LoadedSite", name: str | None) -> "Source | None":
    if name is None:
        return site.site.source[0] if site.site.demo else None
    found = site.named(name)
    if found is None:
        known = ", ".join(one.name for one in site.site.source)
        raise UserError(f"--source: the site has no source {name}.", f"It has {known}.")
    return found


def _checked(paths: list[Path]) -> list[Path]:
    for path in paths:
        if path != STDIN and not path.is_file():
            raise UserError(f"{path} is not there or is no file.", "Name a file of HL7 v2 or FHIR JSON.")
    if paths.count(STDIN) > 1:
        raise UserError("Standard input can be read only once.", "Name - once.")
    return paths


def _content(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.", "Name a file that can be read.") from None


def _opened(path: Path) -> IO[str]:
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.", "Name another file.") from None


def _write(found: Iterable["Converted"], file: IO[str] | None) -> int:
    """How many letters there are."""
    count = 0
    for converted in found:
        for event in converted.events:
            sys.stdout.buffer.write(output_line(event.topic, event.value))
        for letter in converted.letters:
            count += 1
            if file is not None:
                file.write(json.dumps(letter.as_json(), ensure_ascii=False) + "\n")
    return count


def _account(conversion: "Conversion", letters: int, as_json: bool) -> None:
    tally = conversion.tally
    if as_json:
        print(json.dumps(tally.as_json()), file=sys.stderr)
        return
    values = ", ".join(f"{number:,} {fate}" for fate, number in tally.values.items())
    print(
        f"{tally.messages:,} messages, {tally.events:,} events, {letters:,} letters; values: {values}", file=sys.stderr
    )
    for title, counts in (("letters", tally.letters), ("ignored", tally.ignored), ("not used", tally.unused)):
        for word, number in counts.most_common():
            print(f"  {title}: {number:,} {word}", file=sys.stderr)
