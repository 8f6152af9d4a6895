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
    """One table."""
    feed = plan.feeds.ward(plan.sizes.drain)
    with ground(plan) as servers:
        servers.made_anew(partitions=4)
        servers.publish(feed)
        table = Table("drain", f"a backlog, {feed}, 4 partitions", COLUMNS, "events/s", IDLE, NOTE)
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
