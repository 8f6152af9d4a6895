"""Sending a plan: each batch as it was drawn, plain, idempotent or in a transaction; and where each record stood."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from aiokafka import AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, NoError, for_code
from aiokafka.protocol.produce import ProduceRequest

from picustream.eventfiles.files import Line
from picustream.models import text
from picustream.models.event import INPUT_TOPICS
from picustream.streams.kafka.topics import partition_of
from tests.hostile.dress import PARTITIONS, partition_for
from tests.hostile.records import ABORTED, LEFT_OPEN, REFUSED_BY_BROKER, Plan, Record, Sending, Sent
from tests.hostile.wire import Producer, Wire, as_batch_builder, batch

OPEN_FOR_MS = 1000
"""After which the broker aborts what a dead producer left open, at its next look."""
TIMEOUT_MS = 30_000
AHEAD = 80
"""Records of the good ward among which a hostile batch finds its company."""
_ENDS = {"": "", "steady": "", "commit": "", "abort": ABORTED, "open": LEFT_OPEN}


def good_record(line: Line) -> Record:
    """A line of the good ward as its feed sends it."""
    stay = str(text.parse(line.value)["stay_id"])
    return Record(line.topic, line.value, stay.encode(), partition_of(stay, PARTITIONS), kind="of the good ward")


def send(server: str, group: str, plan: Plan) -> list[Sent]:
    """Send all of it; returns when the broker has acknowledged or refused each batch and ended each transaction, but
    for those that are to be left open."""
    return asyncio.run(_Client(server, group, plan).run())


@dataclass
class _Pending:
    """A transaction to be ended after some more sendings."""

    left: int
    producer: AIOKafkaProducer
    end: str


@dataclass
class _Client:
    server: str
    group: str
    plan: Plan
    _sent: list[Sent] = field(default_factory=list)
    _pending: list[_Pending] = field(default_factory=list)
    _free: list[AIOKafkaProducer] = field(default_factory=list)
    _made: int = 0

    async def run(self) -> list[Sent]:
        self._rng = random.Random(f"{self.plan.seed} sending")
        self._client = AIOKafkaClient(bootstrap_servers=self.server, request_timeout_ms=TIMEOUT_MS)
        await self._client.bootstrap()
        self._client.set_topics(INPUT_TOPICS)
        await self._client.force_metadata_update()
        self._steady = AIOKafkaProducer(bootstrap_servers=self.server, enable_idempotence=True)
        await self._steady.start()
        try:
            await self._all()
        finally:
            await self._steady.stop()
            for producer in self._free:
                await producer.stop()
            await self._client.close()
        return self._sent

    async def _all(self) -> None:
        good = [good_record(line) for line in self.plan.good]
        total = len(good)
        for share, sending in sorted(self.plan.hostile, key=lambda one: one[0]):
            until = max(0, int(share * total) - (total - len(good)))
            await self._good(good[:until])
            del good[:until]
            await self._one(sending, self._company(sending, good))
        await self._good(good)
        for pending in self._pending:
            await self._end(pending)

    def _company(self, sending: Sending, good: list[Record]) -> list[Record]:
        """Takes the next records of the good ward that belong where the sending goes."""
        if not sending.committed or not sending.company or not sending.records:
            return []
        where = sending.records[0].topic, partition_for(sending.records[0])
        found = [one for one in good[:AHEAD] if (one.topic, one.partition) == where][: sending.company]
        for one in found:
            good.remove(one)
        return found

    async def _good(self, records: Sequence[Record]) -> None:
        by_place: dict[tuple[str, int], list[Record]] = defaultdict(list)
        for record in records:
            by_place[record.topic, partition_for(record)].append(record)
        for some in by_place.values():
            sending = Sending(tuple(some), self._rng.choice(self.plan.codecs), end=self._rng.choice(self.plan.ends))
            await self._put(sending, [True] * len(some))

    async def _one(self, sending: Sending, company: list[Record]) -> None:
        marks = [False] * len(sending.records) + [True] * len(company)
        order = list(range(len(marks)))
        self._rng.shuffle(order)
        records = [*sending.records, *company]
        mixed = replace(sending, records=tuple(records[place] for place in order))
        await self._put(mixed, [marks[place] for place in order])

    async def _put(self, sending: Sending, good: Sequence[bool]) -> None:
        topic, partition = sending.records[0].topic, partition_for(sending.records[0])
        try:
            base = await self._batch(topic, partition, sending)
        except KafkaError as error:
            if any(good):
                raise AssertionError(f"the broker refuses {sending.described()}: {error!r}") from error
            self._sent += [Sent(record, None, REFUSED_BY_BROKER) for record in sending.records]
        else:
            for place, (record, is_good) in enumerate(zip(sending.records, good, strict=True)):
                self._sent.append(Sent(record, (topic, partition, base + place), _ENDS[sending.end], is_good))
        for pending in self._pending:
            pending.left -= 1
        for pending in [one for one in self._pending if one.left < 0]:
            await self._end(pending)
            self._pending.remove(pending)

    async def _batch(self, topic: str, partition: int, sending: Sending) -> int:
        """The offset of the first record. KafkaError: the broker refused it."""
        wires = [self._wire(record) for record in sending.records]

        def make(producer: Producer) -> bytes:
            return batch(wires, sending.codec, producer, sending.bend)

        if not sending.end:
            return await self._plain(topic, partition, make(Producer()))
        if sending.end == "steady":
            return await self._prepared(self._steady, topic, partition, make, len(wires), False)
        producer = await self._transaction(sending.end)
        try:
            base = await self._prepared(producer, topic, partition, make, len(wires), True)
        except KafkaError:
            await producer.abort_transaction()
            self._free.append(producer)
            raise
        if sending.end == "open":
            await _die(producer)
        else:
            self._pending.append(_Pending(sending.held, producer, sending.end))
        return base

    def _wire(self, record: Record) -> Wire:
        now = int(time.time() * 1000) if record.timestamp is None else record.timestamp
        group = self.group.encode()
        headers = tuple((name, value and value.replace(b"{group}", group)) for name, value in record.headers)
        return Wire(record.key, record.value, headers, now)

    async def _plain(self, topic: str, partition: int, raw: bytes) -> int:
        node = self._client.cluster.brokers().copy().pop().nodeId
        request = ProduceRequest(required_acks=-1, timeout=TIMEOUT_MS, topics=[(topic, [(partition, raw)])],
                                 transactional_id=None)  # fmt: skip
        answer = await self._client.send(node, request)
        _, [(_, code, base, *_)] = answer.topics[0]
        error = for_code(code)
        if error is not NoError:
            raise error()
        return base

    async def _prepared(self, producer, topic, partition, make, count, transactional) -> int:  # type: ignore[no-untyped-def]
        prepared = as_batch_builder(make, count, transactional)
        delivery = await producer.send_batch(prepared, topic, partition=partition)
        return (await delivery).offset

    async def _transaction(self, end: str) -> AIOKafkaProducer:
        if end != "open" and self._free:
            producer = self._free.pop()
        else:
            self._made += 1
            producer = AIOKafkaProducer(
                bootstrap_servers=self.server,
                transactional_id=f"{self.group}-client-{self._made}",
                transaction_timeout_ms=OPEN_FOR_MS if end == "open" else TIMEOUT_MS,
            )
            await producer.start()
        await producer.begin_transaction()
        return producer

    async def _end(self, pending: _Pending) -> None:
        if pending.end == "abort":
            await pending.producer.abort_transaction()
        else:
            await pending.producer.commit_transaction()
        self._free.append(pending.producer)


async def _die(producer: AIOKafkaProducer) -> None:
    """As by SIGKILL: it never ends its transaction."""
    await producer._sender.close()
    await producer.client.close()
    producer._closed = True
