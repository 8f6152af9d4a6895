"""`picustream lint FILE...`: the report card on a feed before it goes live."""

from pathlib import Path
from typing import Annotated

import typer

from picustream.eventfiles import files
from picustream.lint.evaluate import evaluate
from picustream.lint.feed import Feed
from picustream.lint.memory import Memory
from picustream.lint.report import Report
from picustream.models.codemap import parse_codemap
from picustream.models.protocol import hours
from picustream.models.text import encode
from picustream.runtime.clock import Clock
from picustream.runtime.settings import Settings
from picustream.terminal.options import loaded_rules
from picustream.terminal.progress import Reading


def lint(
    paths: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Event files, plain or gzipped; - is standard input.")
    ],
    part: Annotated[
        bool, typer.Option("--part", help="One feed of several: what comes on other topics is not missed.")
    ] = False,
    protocol: Annotated[Path | None, typer.Option(help="Trial protocol (TOML); default: the one shipped.")] = None,
    codemap: Annotated[Path | None, typer.Option(help="Site code map (TOML), added to the one shipped.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report card as JSON.")] = False,
) -> int:
    """Report card on a feed: what is accepted, refused, ignored, late, repeated, missing, and how to fix it.

    Unmapped codes are ignored, and that is no finding, unless they are known to measure what a score needs;
    where one could, lists of a code map are shown as a hint. No value and no id of a patient, stay or event is printed.
    Exit status 1: there are findings.
    """
    settings = Settings()
    own = codemap or settings.codemap
    rules = loaded_rules(protocol or settings.protocol, own)
    latest = Clock.of(settings).now() + hours(rules.protocol.time.future_tolerance_hours)
    with Memory() as memory:
        feed = Feed(rules, latest, memory, [str(path) for path in paths])
        _read(feed, paths)
        card = evaluate(feed, rules, memory, part, parse_codemap(own.read_bytes()) if own else None)
    _print(card, as_json)
    return 1 if card.findings else 0


def _read(feed: Feed, paths: list[Path]) -> None:
    with Reading("checked", paths) as reading:
        for path in paths:
            with reading.open(path) as file:
                for line in files.lines(file, str(path), feed.broken):
                    feed.take(line)
                    reading.count()


def _print(card: Report, as_json: bool) -> None:
    if as_json:
        print(encode(card.as_data()))
        return
    from picustream.lint.card import show

    show(card)
