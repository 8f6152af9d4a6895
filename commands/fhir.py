"""`picustream fhir`: scores as FHIR R4 resources, to a file or to a FHIR server."""

import asyncio
import hashlib
import json
import ssl
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from picustream.eventfiles.outputs import Stored, Unread, in_files, in_kafka
from picustream.runtime.errors import UserError
from picustream.runtime.places import state_home
from picustream.runtime.settings import Settings
from picustream.terminal.output import output, summed

if TYPE_CHECKING:
    from picustream.gateways.outgoing.push import Push

FINDINGS = 1

app = typer.Typer(help=__doc__)

_FILES = typer.Option(
    None, "--file", help="Output records: an event file, or a folder that replay wrote; default: from Kafka."
)
_SCORES = typer.Option(False, "--scores-only", help="No eligibility: for a server that the ward reads.")
_JSON = typer.Option(False, "--json", help="Print the account as JSON.")


@app.command(short_help="Print the current records as FHIR resources.")
def export(
    file: list[Path] | None = _FILES,
    scores_only: bool = _SCORES,
    out: Annotated[Path | None, typer.Option("--out", help="Write into this file.")] = None,
) -> int:
    """Print the newest revision of each record as a FHIR resource on a line of its own (ndjson).

    Each MODS and APPS is an Observation, eligibility a ResearchSubject. Exit status 1 where a record cannot be read.
    """
    from picustream.gateways.outgoing.newest import Newest
    from picustream.gateways.outgoing.resources import resource_of

    unread = Unread()
    with closing(Newest()) as newest, output(out) as target:
        for stored in _records(file, scores_only, unread):
            newest.add(stored, unread)
        for stored in newest.all():
            resource = resource_of(stored, unread)
            if resource is not None:
                target.write(resource.body + b"\n")
        target.flush()
    return _report(unread)


@app.command(short_help="Send the current records to a FHIR server.")
def push(
    url: Annotated[str, typer.Argument(metavar="URL", help="The server's base, as in https://fhir.example/r4.")],
    file: list[Path] | None = _FILES,
    scores_only: bool = _SCORES,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what comes, until interrupted.")] = False,
    state: Annotated[
        Path | None, typer.Option("--state", help="File of what the server has; default: one for each server.")
    ] = None,
    patience: Annotated[
        float, typer.Option("--patience", min=0, help="Seconds for which a server that is away is asked again.")
    ] = 300.0,
    as_json: bool = _JSON,
) -> int:
    """Send the newest revision of each record by PUT to its id: what the server has is not sent again.

    The server has to let clients choose ids (update as create). A bearer token is taken from PICUSTREAM_FHIR_TOKEN.
    Exit status 1 where the server refuses a resource or a record cannot be read.
    """
    from picustream.gateways.outgoing.newest import Newest
    from picustream.gateways.outgoing.push import Push, Server

    if follow and file:
        raise UserError("Files do not grow: --follow reads from Kafka.", "Leave out --file or --follow.")
    settings, unread = Settings(), Unread()
    server = Server(_checked(url), patience, _token(settings), _trusted(settings))
    with closing(Newest(state or _state_of(url), url.rstrip("/"))) as newest:
        pushing = Push(newest, server, unread)

        def send() -> None:
            asyncio.run(pushing())

        try:
            records = _following(settings, scores_only, send) if follow else _records(file, scores_only, unread)
            for stored in records:
                newest.add(stored, unread)
            send()
        finally:
            _account(pushing, as_json)
    return FINDINGS if pushing.refused else _report(unread)


def _topics(scores_only: bool) -> tuple[str, ...]:
    from picustream.gateways.outgoing.resources import SCORE_TOPICS, TOPICS

    return SCORE_TOPICS if scores_only else TOPICS


def _records(files: list[Path] | None, scores_only: bool, unread: Unread) -> Iterator[Stored]:
    topics = _topics(scores_only)
    return in_files(files, topics, unread) if files else in_kafka(Settings(), topics)


def _following(settings: Settings, scores_only: bool, send: Callable[[], None]) -> Iterable[Stored]:
    return in_kafka(settings, _topics(scores_only), then=send, pause=send)


def _checked(url: str) -> str:
    """The server's address. Beyond this machine it must be encrypted, and a password has no place in it."""
    from picustream.gateways.server.access import LOOPBACK

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise UserError("URL is no base of a FHIR server.", "Give one as in https://fhir.example/r4.")
    if parts.username or parts.password:
        raise UserError("URL holds a user or a password.", "Leave them out, and set PICUSTREAM_FHIR_TOKEN.")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise UserError("URL is not encrypted, and not on this machine.", "Give an https address.")
    return url


def _token(settings: Settings) -> str | None:
    return settings.fhir_token.get_secret_value() if settings.fhir_token else None


def _trusted(settings: Settings) -> ssl.SSLContext | None:
    if settings.fhir_ca_file is None:
        return None
    try:
        return ssl.create_default_context(cafile=settings.fhir_ca_file)
    except (OSError, ssl.SSLError) as error:
        raise UserError("PICUSTREAM_FHIR_CA_FILE cannot be read.", "Name a PEM file.") from error


def _state_of(url: str) -> Path:
    """A file for each server, in the user's state folder."""
    folder = state_home() / "picustream" / "fhir"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{hashlib.sha256(url.rstrip('/').encode()).hexdigest()[:16]}.sqlite"


def _account(pushing: "Push", as_json: bool) -> None:
    if as_json:
        print(json.dumps({"sent": dict(pushing.sent), "refused": dict(pushing.refused)}))
        return
    print(summed("sent", pushing.sent))
    print(summed("refused", pushing.refused))


def _report(unread: Unread) -> int:
    if unread.count:
        print(f"picustream: {unread}", file=sys.stderr)
    return FINDINGS if unread.count else 0
