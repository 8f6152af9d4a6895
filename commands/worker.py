"""`picustream worker`: the stream processor."""

import os
import signal
import sys

import typer

from picustream.streams.worker import supervisor_link

MEMORY_MB = 104
"""For stays, unless set."""


def worker(
    drain: bool = typer.Option(False, "--drain", help="End once what stood in the inputs at the start is processed."),
    supervised: bool = typer.Option(False, "--supervised", help="Start it again whenever it ends by accident."),
) -> int | None:
    """Turn events into scores until stopped (SIGTERM, Ctrl-C): Faust agents on Kafka, state in Redis."""
    if supervised:
        from picustream.runtime.settings import Settings
        from picustream.streams.worker.supervise import supervise

        command = [sys.executable, "-P", "-m", "picustream", "worker"]
        return supervise(Settings(), [*command, "--drain"] if drain else command)
    # While the modules load nothing has begun: to end is to end cleanly. From then on `run` listens.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    supervisor_link.follow()

    from picustream.agents.inputs import AGENTS
    from picustream.commands.errors import guarded
    from picustream.runtime.allocator import one_arena
    from picustream.runtime.settings import Settings
    from picustream.scoring.budget import LOT
    from picustream.scoring.engine import Engine
    from picustream.scoring.memory import Memory
    from picustream.scoring.rebuild import Rebuild
    from picustream.streams.worker.feeds import decides
    from picustream.streams.worker.run import run
    from picustream.terminal.options import loaded_rules

    one_arena()
    settings = Settings()
    rules = loaded_rules(settings.protocol, settings.codemap)
    memory = Memory((settings.memory_mb or MEMORY_MB) << 20)

    def engine(partition: int) -> Engine:
        return Engine(rules, decides(partition, settings.partitions), bounded=True, lot=LOT, memory=memory)

    def rebuild(partition: int) -> Rebuild:
        return Rebuild(rules, decides(partition, settings.partitions), bounded=True, lot=LOT, memory=memory)

    status = guarded(lambda: run(settings, AGENTS, engine, rebuild, drain))
    sys.stdout.flush()
    sys.stderr.flush()
    # A thread of the Kafka client that waits for a broker would hold the interpreter back, and it holds nothing.
    os._exit(status)
