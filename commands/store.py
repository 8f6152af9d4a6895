"""`picustream store`: the read model that pages and commands read, filled from Kafka."""

import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from picustream.models.text import encode
from picustream.readmodel.audience import Audience
from picustream.runtime.clock import wall_clock
from picustream.runtime.settings import Settings
from picustream.terminal.options import loaded_rules
from picustream.terminal.spans import span

if TYPE_CHECKING:
    from picustream.readmodel.status import Status

app = typer.Typer(help="The read model: what the topics say, in SQLite or PostgreSQL.", no_args_is_help=True)
FINDINGS = 1
_STORE = typer.Option(None, "--store", metavar="URL", help="A file, or a URL of PostgreSQL; default: PICUSTREAM_STORE.")


@app.command(short_help="Read the topics into it, each record once.")
def follow(
    store: str | None = _STORE,
    audience: Annotated[
        Audience, typer.Option("--for", help="For whom: it has what they may know, and nothing else.")
    ] = Audience.EVERYTHING,
    drain: Annotated[bool, typer.Option("--drain", help="End once all that is there now is read.")] = False,
    anew: Annotated[
        bool, typer.Option("--anew", help="Make it anew from the beginning; the old one answers until it is whole.")
    ] = False,
) -> None:
    """Read topics into a read model until stopped (SIGTERM, Ctrl-C): every revision, each once, whatever happens.

    One follower for each read model. Exit status 3: a topic may not be read or is not there, Kafka or a topic is not
    the one that it was made from, another follower is at work.
    """
    from picustream.readmodel.database import named
    from picustream.readmodel.run import run

    settings = Settings()
    zone = loaded_rules(settings.protocol, settings.codemap).protocol.time.zone
    run(settings, named(settings, store), audience, zone, drain=drain, anew=anew)


@app.command(short_help="What is in it, how far it is, and how old.")
def status(
    store: str | None = _STORE,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> int:
    """Show what is in a read model. Exit status 1: it is not whole, its follower lags, or records are missing."""
    from picustream.readmodel.database import named
    from picustream.readmodel.reading import ReadModel
    from picustream.readmodel.status import status_of

    found = status_of(ReadModel.at(named(Settings(), store)), wall_clock())
    if as_json:
        print(encode(found.as_data()))
    else:
        _print(found)
    for finding in found.findings:
        print(finding, file=sys.stderr)
    return FINDINGS if found.findings else 0


def _print(found: "Status") -> None:
    progress = found.progress
    print(f"{found.store}, for {found.audience}, {found.bytes / 1e6:,.1f} MB, made {found.made_at:%Y-%m-%d %H:%M} UTC")
    age = "not whole yet" if found.age is None else f"complete up to {span(max(found.age, timedelta(0)))} ago"
    lag = "unknown" if progress.lag is None else f"{progress.lag:,}"
    print(f"{age}; lag {lag} offsets; version {progress.version:,}; follower {progress.follower} of {progress.servers}")
    for one in found.contents:
        lag = "?" if one.lag is None else f"{one.lag:,}"
        print(f"{one.topic:26} {one.rows:12,} rows {one.records:10,} records  lag {lag} in {one.partitions} partitions")
    for hole in found.holes[:20]:
        print(f"{hole.kind} in {hole.topic}, partition {hole.partition}, offset {hole.offset}: {hole.detail}")
