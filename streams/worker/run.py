"""A worker's life: reach Redis and Kafka, join the group, work until asked to stop, drained, or something fails."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from typing import Any

from redis.asyncio import Redis

from picustream.runtime import collector
from picustream.runtime.clock import Clock
from picustream.runtime.errors import BUG, UserError
from picustream.runtime.logs import configure, logger, place
from picustream.runtime.settings import Settings
from picustream.scoring.port import EngineFactory
from picustream.scoring.rebuild import Rebuild
from picustream.streams.kafka import retention, rights, topics
from picustream.streams.kafka.clients import admin
from picustream.streams.kafka.rights import Right
from picustream.streams.partition.history import HistoryReader
from picustream.streams.partition.rebuild import Rebuilder
from picustream.streams.partition.suspects import QuarantineCount
from picustream.streams.partition.takeover import TakeOver
from picustream.streams.partition.trouble import TROUBLE
from picustream.streams.store import redis_client, redis_rights
from picustream.streams.store.redis_store import RedisStore
from picustream.streams.store.store import Store
from picustream.streams.worker import instance_names, loop, supervisor_link, watch
from picustream.streams.worker.app import Agent, App, WrongPartitions, create_app
from picustream.streams.worker.drain import Drain
from picustream.streams.worker.feeds import FeedCollector
from picustream.streams.worker.health import Health, serve
from picustream.streams.worker.loop_watch import LoopWatch
from picustream.streams.worker.partitions import Partitions
from picustream.streams.worker.watchdog import Watchdog

log = logger(__name__)

SHOW = 0.5
"""Seconds to say for the last time how far it is."""
STOP = 1.5
"""Seconds for Faust to end."""
TICK = 0.5
"""Seconds between two signs of life of the event loop."""


def run(
    settings: Settings,
    agents: Mapping[str, Agent],
    engine_factory: EngineFactory,
    start_rebuild: Callable[[int], Rebuild],
    drain: bool = False,
) -> None:
    """Run a worker until SIGTERM or SIGINT, or until it has drained; raises what ended it otherwise.

    `agents`: by input topic. UserError when Redis, Kafka or the topics are not as they must be.
    """
    configure(settings)
    loop.run(_Worker(settings, agents, engine_factory, start_rebuild, drain).live())


class _Worker:
    def __init__(
        self,
        settings: Settings,
        agents: Mapping[str, Agent],
        engine_factory: EngineFactory,
        start_rebuild: Callable[[int], Rebuild],
        drain: bool,
    ) -> None:
        self._settings = settings
        self._agents = agents
        self._engine_factory = engine_factory
        self._start_rebuild = start_rebuild
        self._drain = drain
        self._instance = instance_names.take(settings)
        self._started = time.monotonic()
        self._loop_watch = LoopWatch(settings.stall_after)
        self._clock = Clock.of(settings)

    async def live(self) -> None:
        """Start, wait for the end, stop."""
        self._end: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._listen_to_signals()
        self._loop_watch.start()
        async with contextlib.AsyncExitStack() as stack:
            ticking = asyncio.create_task(self._tick())
            stack.callback(ticking.cancel)
            redis = await redis_client.reach(self._settings)
            stack.push_async_callback(redis.aclose)
            await redis_rights.check(redis, self._settings)
            await asyncio.to_thread(check_kafka, self._settings)
            doubt = await redis_client.persistence_doubt(redis)
            if doubt:
                log.warning("redis-persistence", doubt=doubt)
            claim = instance_names.Claim(redis, self._settings.group, self._instance.name)
            await claim.make()
            store = RedisStore(redis, self._settings.group)
            quarantined = QuarantineCount()
            take_over = TakeOver(
                self._settings,
                store,
                self._engine_factory,
                self._instance.name,
                Rebuilder(self._settings, store, self._clock, self._start_rebuild, quarantined),
                HistoryReader(self._settings, store, self._clock),
                quarantined,
            )
            partitions = Partitions(self._settings, self._clock, take_over, self._failed)
            health = Health(partitions)
            runner, port = await serve(health, self._settings.http_host, self._ports())
            stack.push_async_callback(runner.cleanup)
            app = create_app(self._settings, partitions, self._instance.name, self._agents)
            log.info("starting", instance=self._instance.name, pid=os.getpid(), http_port=port, drain=self._drain)
            stack.push_async_callback(self._stop, app)
            watchers = [asyncio.create_task(one) for one in self._watchers(app, store, health, claim, redis)]
            for watcher in watchers:
                stack.callback(watcher.cancel)
            log.info("stopping", why=await self._end)

    def _ports(self) -> list[int]:
        """The port that is set and no other; else the usual one, counted up by the worker's number, or any."""
        port = self._settings.http_port
        return [port] if "http_port" in self._settings.model_fields_set else [port + self._instance.number, 0]

    def _watchers(
        self, app: App, store: Store, health: Health, claim: instance_names.Claim, redis: Redis
    ) -> Iterator[Coroutine[Any, Any, None]]:
        yield self._guarded(self._start(app))
        yield self._guarded(watch.lag(app, health))
        yield self._guarded(watch.Lag(app, self._clock).watch())
        yield self._guarded(watch.faust(app))
        yield self._guarded(Watchdog(self._settings, app, redis).watch())
        yield self._guarded(watch.name(claim))
        yield self._guarded(FeedCollector(app, store, self._clock, self._settings).watch())
        if self._drain:
            yield self._guarded(self._watch_drain(Drain(self._settings, app, store, self._clock)))

    async def _start(self, app: App) -> None:
        await app.maybe_start()
        collector.settle()
        supervisor_link.at_work()
        log.info("ready", seconds=round(time.monotonic() - self._started, 2), partitions=sorted(app.partitions.owned))

    async def _tick(self) -> None:
        while True:
            self._loop_watch.tick()
            await asyncio.sleep(TICK)

    async def _watch_drain(self, drain: Drain) -> None:
        await drain.wait()
        self._finish("drained")

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._finish, signal.Signals(number).name)

    def _finish(self, why: str) -> None:
        if not self._end.done():
            self._end.set_result(why)
            self._loop_watch.stopping(0)

    def _failed(self, error: BaseException) -> None:
        if not self._end.done():
            log.error("failed", **place(error))
            self._end.set_exception(error)
            if isinstance(error, UserError):
                self._loop_watch.stopping(error.status, error.lines)
            else:
                self._loop_watch.stopping(BUG, "this is a bug")

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - whatever ends a part of the worker ends the worker, and is raised
            self._failed(error)

    async def _stop(self, app: App) -> None:
        started = time.monotonic()
        with contextlib.suppress(*TROUBLE):
            async with asyncio.timeout(SHOW):
                await watch.show(app)
        await app.partitions.release(list(app.partitions.owned))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP):
                await app.stop()
        log.info("stopped", seconds=round(time.monotonic() - started, 2))


def check_kafka(settings: Settings) -> None:
    """Raise what keeps a worker from its topics, group and transactions: not there, not allowed, not as it must be."""
    with admin(settings) as client:
        found = rights.require(client, settings, topics.OF_WORKERS, Right.READ)
        rights.require(client, settings, topics.OF_WORKERS, Right.WRITE)
        rights.check_group(client, settings)
        retention.check(client, found)
    wrong = {name: topic.partitions for name, topic in found.items() if topic.partitions != settings.partitions}
    if wrong:
        raise WrongPartitions(wrong, settings.partitions)
