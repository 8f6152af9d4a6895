"""How long `picustream replay` takes, beside only parsing the same file."""

from collections.abc import Generator

from bench.feeds import Feed
from bench.plan import Plan
from bench.processes import COLUMNS, python, run
from bench.table import Column, Table

PARSE = "import json, sys\nfor line in open(sys.argv[1], 'rb'):\n    json.loads(line)"


def tables(plan: Plan) -> Generator[Table]:
    """A table for each feed."""
    for number, feed in enumerate(plan.replayed()):
        table = Table(
            f"replay-{number}",
            f"replay of {feed}",
            [*COLUMNS, Column("events/processor s")],
            "processor s",
            "parsing alone",
            "Parsing alone: the standard library's JSON, and nothing done with it. The start of a process is counted.",
        )
        for _ in plan.each_round():
            for row, command in commands(plan, feed).items():
                table.add(row, run(command).figures(feed.events))
        yield table


def commands(plan: Plan, feed: Feed) -> dict[str, list[str]]:
    """What is compared, by its name."""
    replay = ["-m", "picustream", "replay", str(feed.path), "--out", str(plan.folder / "replayed")]
    found = {"parsing alone": python("-c", PARSE, str(feed.path)), "picustream replay": python(*replay)}
    return found | ({f"the same of {plan.against}": [plan.against, *replay]} if plan.against else {})
