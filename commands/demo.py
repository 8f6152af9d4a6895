"""`picustream demo`: everything at once on this machine, with a simulated ward."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from picustream.demo.plan import FASTEST, SHORTEST, Plan
from picustream.demo.ward import SEED


def demo(
    seconds: Annotated[
        float | None,
        typer.Option("--for", metavar="SECONDS", min=SHORTEST, help="End after so long, start and end included."),
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the ward board in a browser.")] = False,
    speed: Annotated[
        float | None,
        typer.Option(metavar="X", min=1, max=FASTEST, help="Ward seconds per second; default: what fits the time."),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed: the same children, other readings.")] = SEED,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the records as event files, for picustream explain.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the screen of the ward's fourth day as SVG.")
    ] = None,
    hl7: Annotated[
        bool, typer.Option("--hl7", help="The ward speaks HL7 v2, over MLLP, to a gateway that is started with it.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The sums as JSON; all else on standard error.")] = False,
) -> int:
    """Runs Kafka, Redis, the worker and a simulated ward of eight beds, and shows what comes out, here and on a board.

    Eight days pass in four minutes, or in the time of --for. Everything it starts has its own folder and ports and is
    ended with it; on the first start Kafka is fetched, once. The numbers in the end are read from the topics anew:
    exit status 1 if they are not those that were shown, 3 if something is missing or the worker ends.
    """
    from rich.console import Console

    from picustream.commands.local import download_meter
    from picustream.demo.run import Demo

    console = Console(stderr=as_json)
    with download_meter() as meter:
        outcome = Demo(
            Plan(seconds, speed, seed, picture, out, hl7, browser=not no_browser), console, _print, meter
        ).run()
    if as_json:
        print(json.dumps(outcome.sums, indent=2))
    return outcome.status


def _print(line: str) -> None:
    print(line, file=sys.stderr)
