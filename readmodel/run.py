"""A follower's life: look at Kafka, open the read model, read on; and the process around it."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Coroutine
from typing import Any

from picustream.readmodel import metrics, renewal
from picustream.readmodel.audience import Audience
from picustream.readmodel.database import Address
from picustream.readmodel.feed import OutOfRange, cluster_of, from_kafka
from picustream.readmodel.following import Follower, Pulse
from picustream.readmodel.opening import Cluster, NotOurs, alone, opened
from picustream.runtime.errors import NoKafka
from picustream.runtime.logs import configure, logger
from picustream.runtime.settings import Settings
from picustream.runtime.tasks import until_one_ends
from picustream.streams.worker import loop
from picustream.streams.worker.health import serve

PAGES_PORT = 6068
"""Of /healthz and /metrics where none is set: worker and gateway on the same machine have those before."""
GRACE = 5.0
"""Seconds that whoever reads an old read model has to come to an end."""
LOOK_EVERY = 60.0
"""Seconds between two looks whether the topics are still the same."""

log = logger(__name__)


async def follow(
    settings: Settings,
    where: Address,
    audience: Audience,
    zone: str,
    *,
    drain: bool = False,
    anew: bool = False,
    pulse: Pulse | None = None,
) -> None:
    """Read the topics of an audience into a read model until cancelled; with `drain`, all that there is now.

    Of another version, or with `anew`, it is made beside the one that is there, and takes its place when it is whole.
    Raises `UserError`: not to be read, not the Kafka that it was made from, another follower at work.
    """
    with alone(where):
        while True:
            cluster = await asyncio.to_thread(cluster_of, settings, audience.topics)
            target = renewal.target(where, audience, cluster, anew=anew)
            whole = drain or target != where
            try:
                await _read(settings, target, cluster, audience, zone, whole, pulse or Pulse())
            except OutOfRange:  # what is wrong shows when the topics are looked at again
                log.warning("store-out-of-range")
                await asyncio.sleep(1)
                continue
            if target != where:
                await asyncio.to_thread(renewal.swap, where, target)
                anew = False
                log.info("store-swapped", store=str(where))
                await asyncio.sleep(GRACE)
                await asyncio.to_thread(renewal.tidy, where)
            if drain:
                return


async def _read(
    settings: Settings, target: Address, cluster: Cluster, audience: Audience, zone: str, drain: bool, pulse: Pulse
) -> None:
    with opened(target, audience, cluster, zone) as writer:
        async with from_kafka(settings, writer.positions()) as feed:
            log.info("store-following", store=str(target), audience=audience, pid=os.getpid())
            await until_one_ends(Follower(writer, feed, pulse).run(drain=drain), _watch(settings, target, cluster))


async def _watch(settings: Settings, where: Address, cluster: Cluster) -> None:
    """Raise NotOurs when a topic was made anew, or Kafka is another one, since it was looked at."""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        try:
            now = await asyncio.to_thread(cluster_of, settings, list(cluster.topics))
        except NoKafka:  # the reader waits for it as well
            continue
        if now.cluster_id != cluster.cluster_id:
            raise NotOurs(str(where), f"is read from {settings.kafka}, which is another Kafka now")
        for name, topic in cluster.topics.items():
            if now.topics[name].topic_id != topic.topic_id:
                raise NotOurs(str(where), f"is read from another {name}: the topic was made anew")


def run(settings: Settings, where: Address, audience: Audience, zone: str, *, drain: bool, anew: bool) -> None:
    """Follow until SIGTERM or SIGINT, or to the end. `UserError` where something is not as it must be."""
    configure(settings)
    pulse = Pulse()
    work = follow(settings, where, audience, zone, drain=drain, anew=anew, pulse=pulse)
    loop.run(_process(settings, work, None if drain else pulse))


async def _process(settings: Settings, work: Coroutine[Any, Any, None], pulse: Pulse | None) -> None:
    task = asyncio.ensure_future(work)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    async with contextlib.AsyncExitStack() as stack:
        if pulse is not None:
            ports = [settings.http_port] if "http_port" in settings.model_fields_set else [PAGES_PORT, 0]
            runner, port = await serve(pulse, settings.http_host, ports, metrics.REGISTRY)
            stack.push_async_callback(runner.cleanup)
            log.info("store-pages", http_port=port)
        with contextlib.suppress(asyncio.CancelledError):
            await task
