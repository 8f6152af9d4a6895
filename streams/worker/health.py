"""`/healthz` and `/metrics`: is the worker getting on, and what has it done. No patient is named in either."""

import time
from collections.abc import Collection, Sequence
from typing import Any, Protocol

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.streams.partition.metrics import REGISTRY
from picustream.streams.partition.partition import Partition
from picustream.streams.worker.partitions import Partitions

STUCK = 30.0
"""Seconds without progress, while there is work, that count as stuck."""
REBUILDING = 300.0
"""Likewise while state is rebuilt, where the core may compute for long between two portions of records."""
TROUBLED = 10.0
"""Seconds that Redis or Kafka may be away before the worker counts as stuck."""


class Health:
    """What `/healthz` says; it is given lag and progress once a second."""

    def __init__(self, partitions: Partitions) -> None:
        self._partitions = partitions
        self._lag: dict[int, int] = {}
        self._done: dict[int, tuple[int, float]] = {}

    def note(self, partition: int, lag: int, done: int) -> None:
        """Records not yet processed, and any number that changes when some are: without lag, that is progress too."""
        self._lag[partition] = lag
        if not lag or self._done.get(partition, (None, 0.0))[0] != done:
            self._done[partition] = done, time.monotonic()

    def keep(self, partitions: Collection[int]) -> None:
        """Forget the partitions that are not owned any more: if they come back, it is a new beginning."""
        for known in (self._lag, self._done):
            for partition in known.keys() - set(partitions):
                del known[partition]

    def report(self) -> dict[str, Any]:
        """`ok`, and for each partition what it holds back and why."""
        rows = [self._row(partition) for _, partition in sorted(self._partitions.owned.items())]
        return {"ok": not any(row["stuck"] for row in rows), "owned": len(rows), "partitions": rows}

    def _row(self, partition: Partition) -> dict[str, Any]:
        lag = self._lag.get(partition.number, 0)
        progress_at = partition.progress_at
        if lag and partition.rebuilt is None:
            progress_at = min(progress_at, self._done[partition.number][1])
        waited = time.monotonic() - progress_at
        return {
            "partition": partition.number,
            "held": partition.working.is_set(),
            "state": partition.state,
            "rebuilt": partition.rebuilt,
            "lag": lag,
            "idle": partition.idle and lag == 0,
            "seconds_since_progress": round(waited, 1),
            "trouble": partition.trouble,
            "stuck": waited > _limit(partition),
        }


def _limit(partition: Partition) -> float:
    if partition.trouble:
        return TROUBLED
    return STUCK if partition.rebuilt is None else REBUILDING


class Reports(Protocol):
    """What `/healthz` shows: `ok`, and whatever else there is to say."""

    def report(self) -> dict[str, Any]:
        """It, as JSON."""


async def serve(
    health: Reports, host: str, ports: Sequence[int], registry: CollectorRegistry = REGISTRY
) -> tuple[web.AppRunner, int]:
    """Serve both pages on the first port that can be had (0: any free one); the runner to clean up, and the port."""

    async def healthz(_request: web.Request) -> web.Response:
        report = health.report()
        return web.json_response(report, status=200 if report["ok"] else 503)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    for port in ports:
        try:
            await web.TCPSite(runner, host, port).start()
            return runner, runner.addresses[0][1]
        except OSError as error:
            why = error.strerror or type(error).__name__
    await runner.cleanup()
    raise UserError(
        f"{host}:{ports[0]} cannot be used for /healthz and /metrics ({why}).",
        "Set PICUSTREAM_HTTP_PORT (0: any free port).",
        ENVIRONMENT,
    )
