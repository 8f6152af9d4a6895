"""Reading the history of a few stays from Kafka again, because a record depends on what was pruned of their state (I9).

State is bounded, and a correction may reach further back than what it has. Then nothing is guessed: the events are
all on the input topics, and the stay is made from them as if nothing had ever been pruned.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from picustream.models.event import INPUT_TOPICS
from picustream.models.record import DEAD_LETTERS
from picustream.runtime.clock import Clock
from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.runtime.logs import logger
from picustream.runtime.settings import Settings
from picustream.scoring.history import History
from picustream.scoring.port import EnginePort
from picustream.streams.kafka import retention, tail
from picustream.streams.partition import metrics
from picustream.streams.partition.intake import input_record_of
from picustream.streams.partition.misrouted import forwarded
from picustream.streams.partition.rebuild import Read, Report
from picustream.streams.store.store import Control, Store

log = logger(__name__)

_THREAD = ThreadPoolExecutor(1, thread_name_prefix="history")


class HistoryCutOff(UserError):
    """A stay's history is needed, and an input topic no longer has its first records."""

    def __init__(self, topic: str, partition: int, first: int) -> None:
        super().__init__(
            f"A correction reaches back to what {topic} partition {partition} no longer has: it begins at {first}.",
            "Restore the topic, or start anew in another PICUSTREAM_GROUP; retention of inputs must have no limit.",
            ENVIRONMENT,
        )


@dataclass(frozen=True, slots=True)
class HistoryReader:
    """Reads histories again."""

    settings: Settings
    store: Store
    clock: Clock

    async def __call__(
        self, partition: int, control: Control, engine: EnginePort, stays: Collection[str], report: Report
    ) -> None:
        """Give `engine` the stays whole, as of the offsets that `control` holds.

        `report` is called now and then with the number of records read. Raises HistoryCutOff, Compacted,
        RecordsTakenOut.
        """
        await retention.check_again(self.settings)
        log.warning("recalling", partition=partition, stays=len(stays))
        metrics.HISTORIES_READ.inc(len(stays))
        read, history = Read(report), History(stays)

        def note(records: Sequence[Any]) -> None:
            for record in records:
                history.note_dead_letter(record.value)

        def take(records: Sequence[Any]) -> None:
            for record in records:
                if record.offset < control.next.get(record.topic, 0) and self._belongs(partition, record):
                    history.take(input_record_of(record.topic, partition, record, self.clock))

        await self._read(partition, DEAD_LETTERS, note, read)
        await self._read(partition, INPUT_TOPICS, take, read)
        fields = dict(zip(stays, await self.store.states(partition, list(stays), control), strict=True))

        def reload() -> None:
            batch = history.read(engine)
            for stay_id in stays:
                engine.reload_history(stay_id, fields[stay_id], batch, f"{stay_id}+{control.sequence}")

        await asyncio.get_running_loop().run_in_executor(_THREAD, reload)

    async def _read(
        self, partition: int, topics: Sequence[str], take: Callable[[Sequence[Any]], None], read: Read
    ) -> None:
        async def portion(records: Sequence[Any]) -> None:
            await asyncio.get_running_loop().run_in_executor(_THREAD, take, records)
            read.more(len(records))

        places = [(topic, partition) for topic in topics]
        for (topic, _), first in (await tail.first_offsets(self.settings, places)).items():
            if first > 0:
                raise HistoryCutOff(topic, partition, first)
        await tail.read_whole(self.settings, places, portion)

    def _belongs(self, partition: int, record: Any) -> bool:
        where = (record.topic, partition, record.offset, record.key, record.value, record.headers)
        return forwarded(*where, self.settings.partitions) is None
