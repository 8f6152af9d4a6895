"""A gateway's life: open the journal, reach Kafka, do what was left, listen, work until asked to stop."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from picustream.gateways.journal import cipher
from picustream.gateways.journal.index import Index
from picustream.gateways.journal.journal import Writer
from picustream.gateways.journal.outcome import Answer
from picustream.gateways.journal.received import Received
from picustream.gateways.journal.transaction import CannotKeep
from picustream.gateways.server import access, metrics, sink
from picustream.gateways.server.desk import Desk
from picustream.gateways.server.gate import Gate
from picustream.gateways.server.http import FhirServer
from picustream.gateways.server.interpreter import MakesInterpreter
from picustream.gateways.server.mllp import Limits, MllpServer
from picustream.gateways.server.pipeline import Pipeline
from picustream.gateways.server.sink import KafkaSink
from picustream.runtime import collector
from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.runtime.logs import configure, logger, place
from picustream.runtime.places import state_home
from picustream.runtime.settings import Settings
from picustream.streams.worker import loop
from picustream.streams.worker.health import serve as serve_pages

log = logger(__name__)

PAGES_PORT = 6067
"""Of /healthz and /metrics where none is set: a worker on the same machine has the one before."""
SETTLE = 5.0
"""Seconds for what is on its way when the gateway stops."""
WATCH = 5.0
"""Seconds between two looks at the journal's size."""
PRUNE = 3600.0
"""Seconds between two prunings."""


@dataclass(frozen=True, slots=True)
class Site:
    """What a gateway is made for. `ports`: those that its sources name."""

    make: MakesInterpreter
    refusal: Callable[[Received], Answer | None]
    fingerprint: str = ""
    """Of the site's key."""
    ports: Sequence[int] = ()
    demo: bool = False


def folder(settings: Settings) -> Path:
    """Where the journal is."""
    return settings.gateway_journal or state_home() / "picustream" / "gateway"


def run(settings: Settings, site: Site, behind_proxy: bool = False) -> None:
    """Run a gateway until SIGTERM or SIGINT. `UserError` where something is not as it must be."""
    configure(settings)
    access.check_exposure(settings, behind_proxy, site.demo)
    loop.run(_Gateway(settings, site).live())


def check_key(index: Index, site: Site) -> None:
    """Raise `UserError` where the journal's pseudonyms were made with another key: each stay would be another one."""
    known = index.noted("key")
    if known is None:
        index.note("key", site.fingerprint)
    elif known != site.fingerprint:
        raise UserError(
            f"The journal was begun with the site's key {known}, and this is {site.fingerprint}.",
            "Use that key, or a journal in another folder (PICUSTREAM_GATEWAY_JOURNAL).",
            ENVIRONMENT,
        )


class _Gateway:
    def __init__(self, settings: Settings, site: Site) -> None:
        self._settings = settings
        self._site = site
        self._gate = Gate()
        self._folder = folder(settings)

    async def live(self) -> None:
        """Start, wait for the end, stop."""
        self._end: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._finish, signal.Signals(number).name)
        async with contextlib.AsyncExitStack() as stack:
            await asyncio.to_thread(sink.check, self._settings)
            self._open(stack)
            self._work(stack, self._writer.run())
            self._work(stack, self._pipeline.run())
            self._work(stack, self._watch())
            stack.push_async_callback(self._settled)
            ports = await self._listen(stack)
            collector.settle()
            log.info("ready", pid=os.getpid(), journal=str(self._folder), **ports)
            log.info("stopping", why=await self._end)

    def report(self) -> dict[str, Any]:
        """What `/healthz` says."""
        return {
            "ok": self._gate.is_open,
            "shut": sorted(self._gate.reasons),
            "unsettled": self._pipeline.unsettled,
            "last": self._writer.last,
            "done": self._index.done,
            "waiting": self._index.waiting,
        }

    def _open(self, stack: contextlib.AsyncExitStack) -> None:
        self._index = Index(self._folder)
        stack.callback(self._index.close)
        check_key(self._index, self._site)
        keys = cipher.keys(self._settings.gateway_journal_key_file)
        self._writer = Writer(self._folder, keys, lambda *stored: self._pipeline.stored(*stored))
        cut = self._writer.open(self._index.done)
        stack.callback(self._writer.close)
        if cut:
            log.warning("journal-cut", bytes=cut, last=self._writer.last)
        make, new_sink = self._site.make, lambda: KafkaSink(self._settings)
        self._pipeline = Pipeline(self._writer, self._index, make, new_sink, self._gate, _now)
        self._pipeline.last = self._writer.last

    async def _listen(self, stack: contextlib.AsyncExitStack) -> dict[str, Any]:
        settings = self._settings
        desk = Desk(self._writer, self._gate, self._site.refusal, _now, settings.gateway_patience)
        limits = Limits(settings.gateway_connections, settings.gateway_idle)
        mllp = MllpServer(desk, limits, access.tls(settings))
        tokens = access.tokens(settings.gateway_tokens_file)
        fhir = FhirServer(desk, tokens, access.tls(settings, not tokens), limits.connections)
        pages = [settings.http_port] if "http_port" in settings.model_fields_set else [PAGES_PORT, 0]
        runner, http_port = await serve_pages(self, settings.http_host, pages, metrics.REGISTRY)
        stack.push_async_callback(runner.cleanup)
        stack.push_async_callback(mllp.stop)
        wanted = dict.fromkeys([settings.gateway_mllp_port, *self._site.ports])
        ports = [await _listening(mllp, settings.gateway_mllp_host, port, "MLLP") for port in wanted]
        fhir_port = await _listening(fhir, settings.gateway_fhir_host, settings.gateway_fhir_port, "FHIR")
        stack.push_async_callback(fhir.stop)
        return {"mllp_ports": ports, "fhir_port": fhir_port, "http_port": http_port}

    async def _settled(self) -> None:
        """What is on its way may arrive; what does not is done at the next start."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SETTLE if self._gate.is_open else 0):
                await self._pipeline.idle.wait()

    async def _watch(self) -> None:
        pruned = 0.0
        while True:
            now = _now()
            metrics.journal_bytes.set(self._writer.size())
            metrics.unsettled.set(self._pipeline.unsettled)
            metrics.is_open.set(self._gate.is_open)
            oldest = self._pipeline.oldest_unsettled()
            metrics.oldest.set((now - oldest).total_seconds() if oldest else 0)
            if (clock := asyncio.get_running_loop().time()) >= pruned:
                await self._prune(now - timedelta(days=self._settings.gateway_keep_days))
                pruned = clock + PRUNE
            await asyncio.sleep(WATCH)

    async def _prune(self, before: datetime) -> None:
        first = self._index.first_unsettled()
        try:
            files = self._writer.prune(before, min(first or self._index.done + 1, self._index.done + 1))
            while self._index.prune(before):
                await asyncio.sleep(0)
        except (OSError, CannotKeep) as error:
            log.error("not-pruned", error=str(error))
            return
        if files:
            log.info("pruned", files=files, before=before.isoformat())

    def _work(self, stack: contextlib.AsyncExitStack, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(work))

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        stack.push_async_callback(end)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - whatever ends a part of the gateway ends the gateway, and is raised
            if not self._end.done():
                log.error("failed", **place(error))
                self._end.set_exception(error)

    def _finish(self, why: str) -> None:
        if not self._end.done():
            self._end.set_result(why)


async def _listening(server: MllpServer | FhirServer, host: str, port: int, name: str) -> int:
    try:
        return await server.listen(host, port)
    except OSError as error:
        raise UserError(
            f"{host}:{port} cannot be used for {name} ({error.strerror or type(error).__name__}).",
            f"Set PICUSTREAM_GATEWAY_{name}_PORT (0: any free port), or a source's port.",
            ENVIRONMENT,
        ) from error


def _now() -> datetime:
    return datetime.now(UTC)
