"""From publishing a value to the score that follows in a consumer, beside the broker's echo of the same bytes."""

import json
from collections.abc import Generator
from contextlib import ExitStack

from bench.ground import Ground, ground, new_group
from bench.live import ECHO
from bench.plan import Plan
from bench.processes import python
from bench.table import Column, Table

RATES = (100, 1_000)
ECHOED, WORKER = "the broker's echo", "worker"
COLUMNS = [Column("p50 ms", 1), Column("p99 ms", 1), Column("max ms", 1), Column("scores")]
NOTE = (
    "From the call that sends a value to the poll that gives the revision of the MODS which it causes. The echo: from"
    " the same call to the poll that gives the same bytes, by the same clients, without a worker. One event in ten"
    " makes a revision; those are counted."
)


def tables(plan: Plan) -> Generator[Table]:
    """A table for each rate."""
    with ground(plan) as servers:
        for rate in RATES:
            title = f"latency at {rate:,} events a second, 4 partitions"
            table = Table(f"latency-{rate}", title, COLUMNS, "p50 ms", ECHOED, NOTE)
            for _ in plan.each_round():
                for row in (ECHOED, WORKER):
                    table.add(row, _round(servers, row == ECHOED, rate, plan.sizes.seconds))
            yield table


def _round(servers: Ground, echo: bool, rate: int, seconds: int) -> dict[str, float]:
    servers.made_anew(partitions=4)
    if echo:
        servers.also(ECHO)
    with ExitStack() as stack:
        group = new_group()
        if not echo:
            worker = servers.worker(group)
            stack.callback(worker.kill)
            worker.said("ready")
        size = [str(rate), str(seconds), "echo" if echo else "worker"]
        sent, got = servers.folder / "sent.json", servers.folder / "got.json"
        listener = servers.child(*python("-m", "bench.live", "listen", *size, str(got)), group=group)
        stack.callback(listener.kill)
        listener.said("ready")
        servers.child(*python("-m", "bench.live", "send", *size, str(sent)), group=group).end()
        listener.end()
    return figures(json.loads(sent.read_text()), json.loads(got.read_text()))


def figures(sent: dict[str, float], got: dict[str, float]) -> dict[str, float]:
    """By column; both by event, in seconds."""
    took = sorted((got[event] - at) * 1_000 for event, at in sent.items() if event in got)
    last = len(took) - 1
    return {"p50 ms": took[last // 2], "p99 ms": took[last * 99 // 100], "max ms": took[last], "scores": len(took)}
