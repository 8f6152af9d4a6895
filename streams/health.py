"""`/healthz` and `/metrics`: is the worker getting on, and what has it done. No patient is named in either."""

import time
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from picustream.streams.errors import ENVIRONMENT, UserError
from picustream.streams.metrics import REGISTRY
from picustream.streams.partitions import Partitions

STUCK = 30.0
"""Seconds without progress, while there is work, that count as stuck."""
TROUBLED = 10.0
"""Seconds that Redis or Kafka may be away before the worker counts as stuck."""


class Health:
    """What `/healthz` says. `lag` is set by those who know: records not yet processed, by partition."""

    def __init__(self, partitions: Partitions) -> None:
        self.lag: dict[int, int] = {}
        self._partitions = partitions

    def report(self) -> dict[str, Any]:
        """`ok`, and for each partition what it holds back and why."""
        now = time.monotonic()
        rows = []
        for number, partition in sorted(self._partitions.owned.items()):
            waited = now - partition.progress_at
            lag = self.lag.get(number, 0)
            at_work = lag > 0 or not partition.idle
            stuck = waited > TROUBLED if partition.trouble else at_work and waited > STUCK
            rows.append(
                {
                    "partition": number,
                    "held": partition.held.is_set(),
                    "lag": lag,
                    "seconds_since_progress": round(waited, 1),
                    "trouble": partition.trouble,
                    "stuck": stuck,
                }
            )
        return {"ok": not any(row["stuck"] for row in rows), "owned": len(rows), "partitions": rows}


async def serve(health: Health, host: str, port: int) -> tuple[web.AppRunner, int]:
    """Serve both pages; the runner to clean up, and the port, for 0 means any free one."""

    async def healthz(_request: web.Request) -> web.Response:
        report = health.report()
        return web.json_response(report, status=200 if report["ok"] else 503)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/metrics", metrics)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        raise UserError(
            f"{host}:{port} cannot be used for /healthz and /metrics ({error.strerror or error}).",
            "Set PICUSTREAM_HTTP_PORT (0: any free port).",
            ENVIRONMENT,
        ) from error
    return runner, runner.addresses[0][1]
