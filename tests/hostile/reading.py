"""What stands on the topics, read by the kit's own hand: committed records, whatever they hold."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import NoError, for_code
from aiokafka.protocol.fetch import FetchRequest

from tests.hostile.standing import Aborted, Read, read

FETCH = 32 << 20
"""Bytes of one fetch; a larger batch comes whole all the same."""
COMMITTED, ALL = 1, 0
TIMEOUT_MS = 30_000


@dataclass(frozen=True, slots=True)
class Ends:
    """Where a partition ends: of what is written, and of what is decided."""

    written: int
    stable: int


def records(server: str, topics: Iterable[str], partitions: int) -> list[Read]:
    """The committed records of the topics, each partition in its order."""

    async def reading() -> list[Read]:
        return await _Reader(server).records(list(topics), partitions)

    return asyncio.run(reading())


def ends(server: str, topics: Iterable[str], partitions: int) -> list[Ends]:
    """Where the partitions of the topics end."""

    async def reading() -> list[Ends]:
        return await _Reader(server).ends(list(topics), partitions)

    return asyncio.run(reading())


class _Reader:
    def __init__(self, server: str) -> None:
        self._client = AIOKafkaClient(bootstrap_servers=server, request_timeout_ms=TIMEOUT_MS)

    async def records(self, topics: list[str], partitions: int) -> list[Read]:
        await self._client.bootstrap()
        try:
            return [one for topic in topics for part in range(partitions) for one in await self._partition(topic, part)]
        finally:
            await self._client.close()

    async def ends(self, topics: list[str], partitions: int) -> list[Ends]:
        await self._client.bootstrap()
        try:
            places = [(topic, part) for topic in topics for part in range(partitions)]
            return [(await self._fetch(topic, part, 0, size=1))[0] for topic, part in places]
        finally:
            await self._client.close()

    async def _partition(self, topic: str, partition: int) -> list[Read]:
        found: list[Read] = []
        aborted, at = Aborted(), 0
        while True:
            end, dropped, raw = await self._fetch(topic, partition, at)
            aborted.note(dropped)
            before = at
            for after, some in read(raw, topic, partition, aborted):
                at = after
                found += [one for one in some if one.offset >= before]
            if at >= end.stable:
                return found
            assert at > before, f"{topic} partition {partition} gives nothing at {at} of {end.stable}"

    async def _fetch(
        self, topic: str, partition: int, offset: int, size: int = FETCH
    ) -> tuple[Ends, list[tuple[int, int]], bytes]:
        node = self._client.cluster.brokers().copy().pop().nodeId
        request = FetchRequest(100, 0, size, COMMITTED, [(topic, [(partition, offset, size)])])
        answer = await self._client.send(node, request)
        _, [(_, code, written, stable, *more)] = answer.topics[0]
        error = for_code(code)
        if error is not NoError:
            raise error(f"{topic} partition {partition} at {offset}")
        aborted = next((part for part in more if isinstance(part, list)), [])
        return Ends(written, stable), aborted, bytes(more[-1] or b"")
