"""State made again after Redis has lost all of it, beside the run that made it first."""

from collections.abc import Generator

from bench.ground import Ground, ground, new_group
from bench.plan import Plan
from bench.table import Column, Table

FIRST, AGAIN = "worker --drain", "the same after FLUSHALL"
MILLION = "s per million events"


def tables(plan: Plan) -> Generator[Table]:
    """One table."""
    feed = plan.feeds.ward(plan.sizes.drain)
    with ground(plan) as servers:
        servers.made_anew(partitions=4)
        servers.publish(feed)
        columns = [Column("events/s"), Column("wall s", 2), Column(MILLION), Column("processor s", 2), Column("MB")]
        note = (
            "Whole processes, for a rebuild begins before a worker is ready. The second run reads all inputs for the"
            " state, and all outputs for what was published."
        )
        table = Table("rebuild", f"rebuild: {feed}, 4 partitions", columns, "events/s", FIRST, note)
        for _ in plan.each_round():
            servers.outputs_made_anew()
            group = new_group()
            table.add(FIRST, _drained(servers, group, feed.events))
            servers.wipe_redis()
            table.add(AGAIN, _drained(servers, group, feed.events))
        yield table


def _drained(servers: Ground, group: str, events: int) -> dict[str, float]:
    used = servers.drained(group=group).used
    return used.figures(events) | {MILLION: used.wall / events * 1e6}
