"""What an event costs as there is more: of stays, of days, of values in a minute, and of stays that are held."""

import json
import subprocess
from collections.abc import Generator

from bench.feeds import Feed, Size
from bench.plan import Plan
from bench.processes import python, run
from bench.table import Column, Table

COLUMNS = [Column("us/event", 1), Column("MB")]


def tables(plan: Plan) -> Generator[Table]:
    """A table for each way to grow."""
    sizes = plan.sizes
    yield _table(plan, "stays", {f"{size.stays} stays": size for size in sizes.stays})
    yield _table(plan, "days", {f"{size.days} days": size for size in sizes.days})
    yield _table(plan, "rates", {f"{size.per_minute:g} a minute": size for size in sizes.rates})


def year_tables(plan: Plan) -> Generator[Table]:
    """A replay of ever more real stays of a year, where there are real data."""
    feeds = {f"{stays:,} stays": plan.feeds.year(stays) for stays in plan.sizes.years}
    there = {row: feed for row, feed in feeds.items() if feed is not None}
    if there:
        yield _measured(plan, "growth-year", "replay of a year of real stays", there)


def held_tables(plan: Plan) -> Generator[Table]:
    """An engine of a worker, by the stays that it holds."""
    columns, first = (
        [Column("ms/event", 3), Column("MB"), Column("longest pause ms", 1)],
        f"{plan.sizes.held[0]:,} stays",
    )
    note = (
        "Processor time of the core, one event a batch, for stays in turn at random; a store in memory takes the rest."
        " The pauses are those of Python's collector, also while the stays come."
    )
    table = Table("held", "stays held by a worker's engine", columns, "ms/event", first, note)
    for _ in plan.each_round():
        for stays in plan.sizes.held:
            found = subprocess.run(python("-m", "bench.held", str(stays)), check=True, stdout=subprocess.PIPE)
            table.add(f"{stays:,} stays", json.loads(found.stdout))
    yield table


def _table(plan: Plan, name: str, sizes: dict[str, Size]) -> Table:
    feeds = {row: plan.feeds.ward(size) for row, size in sizes.items()}
    first, *_, last = [*feeds.values()] * 2
    return _measured(plan, f"growth-{name}", f"replay as {name} grow: {first} to {last}", feeds)


def _measured(plan: Plan, name: str, title: str, feeds: dict[str, Feed]) -> Table:
    note = "Processor time of a whole replay, its start with it, divided by its events."
    table = Table(name, title, COLUMNS, "us/event", next(iter(feeds)), note)
    for _ in plan.each_round():
        for row, feed in feeds.items():
            used = run(python("-m", "picustream", "replay", str(feed.path), "--out", str(plan.folder / "replayed")))
            table.add(row, {"us/event": used.processor / feed.events * 1e6, "MB": used.memory})
    return table
