"""Filling a read model without Kafka: records as a consumer would give them, and clusters that have them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from picustream.readmodel.audience import Audience
from picustream.readmodel.database import Address
from picustream.readmodel.opening import Cluster, FollowedTopic, alone, opened
from picustream.readmodel.writing import Place, Writer
from picustream.runtime.clock import wall_clock
from picustream.scoring.outputs import Output
from picustream.streams.kafka.topics import partition_of

PARTITIONS = 4
ZONE = "Asia/Shanghai"
SERVERS = "127.0.0.1:9092"
ARRIVED = 1_767_225_600_000
"""Milliseconds since 1970 at which the first record arrives; the others follow."""
NOW = datetime(2026, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Record:
    """As a client of Kafka gives it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int


class Log:
    """Topics with what was sent to them. `skipped`: offsets between records, as markers of transactions take."""

    def __init__(self, name: str = "a", partitions: int = PARTITIONS, skipped: int = 1) -> None:
        self.name, self.partitions, self._skipped = name, partitions, skipped
        self.records: list[Record] = []
        self.ends: dict[Place, int] = {}

    def add(self, topic: str, key: bytes | None, value: bytes | None) -> Record:
        """A record more, in the partition of its key."""
        number = partition_of(key.decode(), self.partitions) if key else 0
        offset = self.ends.get((topic, number), 0)
        record = Record(topic, number, offset, key, value, ARRIVED + len(self.records))
        self.ends[topic, number] = offset + self._skipped
        self.records.append(record)
        return record

    def add_all(self, outputs: Iterable[Output]) -> "Log":
        """What an engine made."""
        for one in outputs:
            self.add(one.topic, one.key, one.value)
        return self

    def of(self, audience: Audience) -> list[Record]:
        """What a follower for them reads."""
        return [record for record in self.records if record.topic in audience.topics]

    def positions(self, audience: Audience) -> dict[Place, int]:
        """Where each partition of theirs ends."""
        return {
            (topic, number): self.ends.get((topic, number), 0)
            for topic in audience.topics
            for number in range(self.partitions)
        }

    def cluster(self, audience: Audience, first: Mapping[Place, int] | None = None) -> Cluster:
        """The Kafka that has it."""
        first = first or {}
        return Cluster(
            f"cluster-{self.name}",
            SERVERS,
            {
                topic: FollowedTopic(
                    f"id-{self.name}-{topic}",
                    {number: first.get((topic, number), 0) for number in range(self.partitions)},
                    {number: self.ends.get((topic, number), 0) for number in range(self.partitions)},
                )
                for topic in audience.topics
            },
        )


@contextmanager
def writer(
    where: Address,
    log: Log,
    audience: Audience = Audience.EVERYTHING,
    now: Callable[[], datetime] = wall_clock,
    servers: str = SERVERS,
) -> Iterator[Writer]:
    """The writer of a read model of a log."""
    cluster = replace(log.cluster(audience), servers=servers)
    with alone(where), opened(where, audience, cluster, ZONE, now) as made:
        yield made


def fill(
    where: Address,
    log: Log,
    audience: Audience = Audience.EVERYTHING,
    sizes: Sequence[int] = (7, 1, 30),
    servers: str = SERVERS,
    known_until: datetime | None = None,
) -> None:
    """Read a log to its end, in batches of these sizes in turn, from where the read model is."""
    with writer(where, log, audience, servers=servers) as made:
        fill_with(made, log, audience, sizes)
        made.beat(log.positions(audience), known_until or wall_clock())


def fill_with(made: Writer, log: Log, audience: Audience, sizes: Sequence[int] = (7, 1, 30)) -> None:
    """Likewise, with a writer that is there."""
    positions = made.positions()
    left = [record for record in log.of(audience) if record.offset >= positions[record.topic, record.partition]]
    turn = 0
    while left:
        size = sizes[turn % len(sizes)]
        batch, left, turn = left[:size], left[size:], turn + 1
        positions |= {(record.topic, record.partition): record.offset + 1 for record in batch}
        made.commit(batch, positions)
    made.commit([], log.positions(audience))
