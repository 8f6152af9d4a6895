"""A backlog worked off by the worker, everything on, beside Faust's idle loop on the same broker and topics."""

from collections.abc import Generator

from bench.ground import Ground, ground
from bench.plan import Plan
from bench.processes import python
from bench.table import Column, Table

IDLE, WORKER = "Faust's idle loop", "worker --drain"
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
            for row in (IDLE, WORKER):
                table.add(row, _round(servers, row, feed.events))
        yield table


def _round(servers: Ground, row: str, events: int) -> dict[str, float]:
    servers.outputs_made_anew()
    if row == IDLE:
        return servers.drained(*python("-m", "bench.peers.idle", str(events))).figures(events)
    return servers.drained().figures(events) | {"records": servers.outputs()}
