"""Two workers of a group against one, on a backlog of 8 partitions with so many short stays that each has half."""

from collections.abc import Generator

from bench.ground import Ground, ground, new_group
from bench.plan import Plan
from bench.table import Column, Table

ONE, TWO = "one worker", "two workers"


def tables(plan: Plan) -> Generator[Table]:
    """One table."""
    feed = plan.feeds.ward(plan.sizes.shared)
    with ground(plan) as servers:
        servers.made_anew(partitions=8)
        servers.publish(feed)
        columns = [Column("events/s"), Column("seconds", 2), Column("processor s", 2)]
        note = "Seconds from the moment that the first worker is ready to that at which the last one is through."
        table = Table("workers", f"workers side by side: {feed}, 8 partitions", columns, "events/s", ONE, note)
        for _ in plan.each_round():
            for row, count in ((ONE, 1), (TWO, 2)):
                table.add(row, _round(servers, count, feed.events))
        yield table


def _round(servers: Ground, count: int, events: int) -> dict[str, float]:
    servers.outputs_made_anew()
    group = new_group()
    workers = [servers.worker(group, "--drain") for _ in range(count)]
    used = [worker.end() for worker in workers]
    began, ended = min(worker.said("ready") for worker in workers), max(worker.said("stopping") for worker in workers)
    seconds = (ended - began).total_seconds()
    return {"events/s": events / seconds, "seconds": seconds, "processor s": sum(one.processor for one in used)}
