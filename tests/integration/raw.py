"""Record batches as no library of ours would write them, sent as they are, and transactions that end as one likes."""

import asyncio
from collections.abc import Iterable
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.codec import gzip_encode, lz4_encode, snappy_encode, zstd_encode
from aiokafka.errors import NoError, for_code
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from picustream.streams.store.outbox import Header

TIMEOUT_MS = 30_000
OPEN_MS = 1_000
"""After which the broker aborts what is left open, at its next look."""
Said = tuple[bytes | None, bytes | None, tuple[Header, ...]]
"""Key, value and headers."""
CODECS = {"gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}


def batch(said: Iterable[Said], codec: str | None = None, stamp: int = 1_700_000_000_000) -> bytes:
    """As a producer writes it."""
    builder = DefaultRecordBatchBuilder(2, CODECS.get(codec or "", 0), False, -1, -1, -1, 1 << 30)
    for place, (key, value, headers) in enumerate(said):
        assert builder.append(place, stamp, key, value, list(headers))
    return bytes(builder.build())


def send(server: str, topic: str, partition: int, raw: bytes) -> Any:
    """The error with which the broker refuses the batch, NoError if it takes it."""
    return asyncio.run(_send(server, topic, partition, raw))


def transaction(server: str, records: Iterable[tuple[str, int, Said]], end: str, name: str = "feed") -> None:
    """Write records (topic, partition, ...) in one transaction, and `commit` it, `abort` it or leave it `open`."""
    asyncio.run(_transaction(server, list(records), end, name))


async def _send(server: str, topic: str, partition: int, raw: bytes) -> Any:
    client = AIOKafkaClient(bootstrap_servers=server, request_timeout_ms=TIMEOUT_MS)
    await client.bootstrap()
    try:
        client.set_topics([topic])
        await client.force_metadata_update()
        node = client.cluster.leader_for_partition(TopicPartition(topic, partition))
        request = ProduceRequest(
            transactional_id=None, required_acks=-1, timeout=TIMEOUT_MS, topics=[(topic, [(partition, raw)])]
        )
        response = await client.send(node, request)
    finally:
        await client.close()
    [(_, [(_, code, *_)])] = response.topics
    return for_code(code)


async def _transaction(server: str, records: list[tuple[str, int, Said]], end: str, name: str) -> None:
    lasts = OPEN_MS if end == "open" else TIMEOUT_MS
    producer = AIOKafkaProducer(bootstrap_servers=server, transactional_id=name, transaction_timeout_ms=lasts)
    await producer.start()
    try:
        await producer.begin_transaction()
        for topic, partition, (key, value, headers) in records:
            await producer.send_and_wait(topic, value, key=key, partition=partition, headers=list(headers))
        if end == "commit":
            await producer.commit_transaction()
        elif end == "abort":
            await producer.abort_transaction()
    finally:
        if end == "open":  # as a process that has died leaves it
            await producer.client.close()
            producer._sender._sender_task.cancel()
            producer._closed = True
        else:
            await producer.stop()


def packed_with(codec: str, content: bytes) -> bytes:
    """Content as a producer packs it."""
    return bytes({"gzip": gzip_encode, "snappy": snappy_encode, "lz4": lz4_encode, "zstd": zstd_encode}[codec](content))


__all__ = ["NoError", "batch", "packed_with", "send", "transaction"]
