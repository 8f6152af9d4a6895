"""The Faust app: group membership, fetching and agents. State, offsets and publishing are not Faust's business here."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, cast

import faust
from faust.app.base import BootStrategy
from faust.tables.manager import TableManager
from faust.transport.conductor import ConductorHandler  # type: ignore[attr-defined] # None where it is not compiled
from faust.types import TP
from yarl import URL

from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.runtime.settings import Settings
from picustream.streams.kafka.async_client import options, tls
from picustream.streams.kafka.limits import FETCH
from picustream.streams.kafka.scheduler import BatchScheduler, FetchedBatch
from picustream.streams.kafka.transport import Consumer, Transport
from picustream.streams.worker.partitions import Partitions

QUEUED = 64
"""Batches that wait for the agent of a topic, which passes them on at once."""


Agent = Callable[[faust.StreamT[FetchedBatch]], Awaitable[None]]
"""Takes the stream of a topic, and ends with it."""


class WrongPartitions(UserError):
    """The input topics do not all have the number of partitions that the settings name."""

    def __init__(self, found: Mapping[str, int], wanted: int) -> None:
        counts = ", ".join(f"{topic} has {count}" for topic, count in found.items())
        super().__init__(f"{wanted} partitions are expected: {counts}.", "Check them: picustream topics.", ENVIRONMENT)


class _Boot(BootStrategy):
    """No web server and no producer of Faust's: health and publishing are our own."""

    enable_web = False
    enable_kafka_producer = False


class _Tables(TableManager):
    """No tables: Faust would sleep for a second, in which they might be added."""

    async def on_start(self) -> None:
        """Go on at once."""
        await self._update_channels()
        await self.recovery.start()


class App(faust.App):
    """A Faust app that hands its partitions to `partitions`."""

    BootStrategy = _Boot
    partitions: Partitions
    settings: Settings

    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self)

    @property
    def input_consumer(self) -> Consumer:
        """Its consumer, which is one of our transport."""
        return cast(Consumer, self.consumer)

    async def on_first_start(self) -> None:
        """No table, so no directory for its files."""

    async def take_over_assignment(self, consumer: Consumer) -> dict[TP, int]:
        """Take over every partition of the group's assignment; the offsets to go on from.

        Raises WrongPartitions where the topics do not allow partition p of all of them to have one owner.
        """
        counts = await consumer.partition_counts()
        wrong = {topic: count for topic, count in counts.items() if count != self.settings.partitions}
        if wrong:
            raise WrongPartitions(wrong, self.settings.partitions)
        numbers = {tp.partition for tp in consumer.assignment()}
        owned = await self.partitions.own(numbers, consumer)
        return {TP(*tp): offset for tp, offset in owned.items()}


def create_app(settings: Settings, partitions: Partitions, instance: str, agents: Mapping[str, Agent]) -> App:
    """The app with one agent per input topic; `instance` is this worker's name in the group.

    `agents`: by input topic.
    """
    if ConductorHandler is None:
        raise UserError("Faust's compiled extensions are missing.", "Install faust-streaming anew.", ENVIRONMENT)
    app = App(settings.group, **_configuration(settings, instance))
    app.settings, app.partitions = settings, partitions
    for topic, agent in agents.items():
        # Not acknowledged to Faust: what is processed is in Redis.
        channel = app.topic(topic, key_serializer="raw", value_serializer="raw", acks=False)
        app.agent(channel, name=topic)(agent)
    app.on_partitions_revoked.connect(_revoked)
    return app


async def _revoked(app: App, revoked: Iterable[TP] = (), /, *_: Any, **__: Any) -> None:
    await app.partitions.release({tp.partition for tp in revoked})


def _configuration(settings: Settings, instance: str) -> dict[str, Any]:
    """Faust's settings; those that are not obvious have their reasons beside them."""
    return {
        "broker": [URL(f"kafka://{server}") for server in options(settings)["bootstrap_servers"]],
        "broker_credentials": _credentials(settings),
        "broker_client_id": f"picustream-{instance}",
        "broker_session_timeout": settings.session_timeout,
        # A second, so that a group whose member has died is soon known: others learn of it by their heartbeats.
        "broker_heartbeat_interval": min(1.0, settings.session_timeout / 3),
        "broker_rebalance_timeout": 30.0,
        "broker_max_poll_records": settings.batch_records,
        "broker_check_crcs": True,
        "consumer_group_instance_id": instance,
        # Part of what a member sends its group: the same after a restart, or the group would start a rebalance.
        "canonical_url": URL(f"kafka://{instance}"),
        "consumer_max_fetch_size": FETCH,
        # Where to go on is in Redis. If that is no longer there, it is an error, and not to be passed over.
        "consumer_auto_offset_reset": "none",
        "ConsumerScheduler": BatchScheduler,
        "TableManager": _Tables,
        "processing_guarantee": "at_least_once",
        "producer_acks": -1,
        "stream_wait_empty": False,
        "stream_buffer_maxsize": QUEUED,
        "stream_recovery_delay": 0.0,
        # One standby of no table: with none, Faust would choose an assignor that does not keep the topics together.
        "table_standby_replicas": 1,
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "web_enabled": False,
        "web_tables_enabled": False,
        "web_router_enabled": False,
        "worker_redirect_stdouts": False,
    }


def _credentials(settings: Settings) -> Any:
    context = tls(settings)
    found = options(settings)
    if "sasl_mechanism" in found:
        return faust.SASLCredentials(
            username=found["sasl_plain_username"],
            password=found["sasl_plain_password"],
            mechanism=found["sasl_mechanism"],
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context is not None else None
