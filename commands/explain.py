"""`picustream explain STAY`: the receipt of a score, to read."""

import shlex
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from picustream.eventfiles.outputs import Unread
from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings
from picustream.scoring.scores.registry import SHIPPED
from picustream.terminal.options import day as parsed_day

if TYPE_CHECKING:
    from datetime import date

    from picustream.explain.chains import StayScores
    from picustream.models.record import ScoreRecord
    from picustream.terminal.page import Page


Score = StrEnum("Score", {score.description.name: score.kind for score in SHIPPED.scores})  # type: ignore[misc]
"""A score that has receipts."""
_NAMES = " or ".join(score.description.name for score in SHIPPED.scores)
FINDINGS = 1


def explain(
    stay: Annotated[str, typer.Argument(metavar="STAY", help="The stay's pseudonym (stay_id).")],
    more: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="More files, as in --file scores/*.ndjson.")
    ] = None,
    day: Annotated[
        str | None, typer.Option("--day", metavar="DAY", help="One local day; default: all, in a table.")
    ] = None,
    score: Annotated[Score | None, typer.Option("--score", help="One score; default: MODS, and APPS if any.")] = None,
    file: Annotated[
        list[Path] | None,
        typer.Option("--file", help="Output records: event files, or a folder written by replay."),
    ] = None,
    kafka: Annotated[bool, typer.Option("--from-kafka", help="Do not ask the read model.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print records, explanations and revisions as JSON.")] = False,
) -> int:
    """Show how a score came about: points, bands, values as they were sent, what is missing, and every revision.

    From the read model, where that is fresh, else from Kafka, unless files are named.

    Exit status 1: there is no such stay or day, some records cannot be read, or a record does not add up.
    """
    from picustream.explain.chains import collect
    from picustream.explain.sources import from_files

    wanted, settings, unread = parsed_day(day, "--day"), Settings(), Unread()
    topics = [one.topic for one in SHIPPED.scores if score is None or one.kind == score]
    paths = [*(file or []), *(more or [])]
    read = from_files(paths, stay, topics, unread) if paths else _asked(settings, stay, topics, unread, kafka)
    scores = collect(read)
    if not scores.chains:
        raise _no_stay(stay, score, paths, settings, unread)
    shown = scores if wanted is None else scores.of_day(wanted)
    if not shown.chains:
        raise _no_day(scores, wanted, score)
    if as_json:
        from picustream.explain import machine

        print(machine.as_json(stay, shown, scores.first_counted))
    else:
        page = _page()
        if wanted is None:
            _overview(page, stay, shown, paths)
        else:
            _receipts(page, shown, scores)
        page.print()
    return _findings(shown, unread)


def _asked(
    settings: Settings, stay: str, topics: Sequence[str], unread: Unread, kafka: bool
) -> "Iterator[ScoreRecord]":
    """The stay's records, from the read model if that is fresh and may be asked."""
    from picustream.explain.sources import from_kafka, of_stay
    from picustream.readmodel.fresh import fresh

    answers = None if kafka else fresh(settings, topics)
    if answers is None:
        return from_kafka(settings, stay, topics, unread)
    return of_stay(answers.of_stay(stay, topics), stay, unread)


def _page() -> "Page":
    from picustream.terminal.page import Page

    return Page.on_stdout()


def _overview(page: "Page", stay: str, shown: "StayScores", paths: Sequence[Path]) -> None:
    from picustream.explain.overview import overview

    overview(page, shown)
    words = ["picustream", "explain", stay, "--day", str(shown.chains[-1].day)]
    page.blank()
    page.write("The receipt of a day:")
    page.line(shlex.join([*words, *(["--file", *map(str, paths)] if paths else [])]), indent=2)


def _receipts(page: "Page", shown: "StayScores", scores: "StayScores") -> None:
    from picustream.explain.receipt import receipt

    for number, chain in enumerate(shown.chains):
        if number:
            page.blank()
            page.blank()
        receipt(page, chain, scores.first_counted)


def _findings(shown: "StayScores", unread: Unread) -> int:
    """Exit status 1 and a line for each, where something could not be read or does not add up."""
    from picustream.explain.audit import faults

    unsound = [chain.current.event_id for chain in shown.chains if faults(chain.score.description, chain.current)]
    if unread.count:
        print(f"picustream: {unread}", file=sys.stderr)
    if unsound:
        print(f"picustream: these records do not add up: {', '.join(unsound)}.", file=sys.stderr)
    return FINDINGS if unsound or unread.count else 0


def _named(score: Score | None) -> str:
    return score.upper() if score else _NAMES


def _no_stay(stay: str, score: Score | None, paths: Sequence[Path], settings: Settings, unread: Unread) -> UserError:
    """Which stays there are is nobody's business here: only the name that was asked for is shown."""
    where = f"in {', '.join(map(str, paths))}" if paths else f"in Kafka at {settings.kafka}"
    if unread.count:
        hint = str(unread)
    elif paths:
        hint = "Records of scores are in the files that picustream replay FILE --out DIR writes. STAY is a stay_id."
    else:
        hint = "STAY is the stay_id of its events. Has the worker read them?"
    return UserError(f"No {_named(score)} of stay {stay} {where}.", hint, FINDINGS)


def _no_day(scores: "StayScores", wanted: "date | None", score: Score | None) -> UserError:
    from picustream.explain.overview import days_told

    days = sorted({chain.day for chain in scores.chains})
    return UserError(f"No {_named(score)} of {wanted}; days: {days_told(days)}.", "", FINDINGS)
