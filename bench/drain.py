"""A backlog worked off by the worker, everything on, beside Faust's idle loop on the same broker and topics."""

import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

from bench.ground import Ground, ground
from bench.plan import Plan
from bench.processes import python
from bench.table import Column, Table

IDLE, WORKER, QUIX = "Faust's idle loop", "worker --drain", "Quix Streams"
PEERS = Path(sys.prefix) / "peers"
"""An environment of its own, that `make bench` makes: Quix Streams wants an older pydantic than the worker has."""
COLUMNS = [
    Column("events/s"),
    Column("processor s", 2),
    Column("wall s", 2),
    Column("start s", 2),
    Column("MB"),
    Column("records"),
]
NOTE = (
    "Events for each second from the moment that the program is ready to that at which it is through; what comes before"
    " and after is its start. The processor time of Kafka and Redis is not in it."
)


def tables(plan: Plan) -> Generator[Table]:
    """A table for a ward, and one for a year of real stays where there are real data."""
    year = plan.feeds.year(plan.sizes.drained_year) if plan.sizes.drained_year else None
    backlogs = [("drain", plan.feeds.ward(plan.sizes.drain), 4), *([("drain-year", year, 8)] if year else [])]
    with ground(plan) as servers:
        for name, feed, partitions in backlogs:
            servers.made_anew(partitions)
            servers.publish(feed)
            title = f"a backlog, {feed}, {partitions} partitions"
            table = Table(name, title, COLUMNS, "events/s", IDLE, NOTE)
            for _ in plan.each_round():
                for row in (IDLE, WORKER, *([QUIX] if (PEERS / "ready").exists() else [])):
                    table.add(row, _round(servers, row, feed.events))
            yield table


def _round(servers: Ground, row: str, events: int) -> dict[str, float]:
    servers.outputs_made_anew()
    if row == IDLE:
        return servers.drained(*python("-m", "bench.peers.idle", str(events))).figures(events)
    if row == QUIX:
        with tempfile.TemporaryDirectory(prefix="picustream-bench-") as folder:
            drained = servers.drained(str(PEERS / "bin" / "python"), "-m", "bench.peers.quix", str(events), folder)
        return drained.figures(events) | {"records": servers.outputs()}
    return servers.drained().figures(events) | {"records": servers.outputs()}
