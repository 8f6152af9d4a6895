"""A feed in memory: a log given out in batches, with what a reader of Kafka meets on its way."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from picustream.readmodel.audience import Audience
from picustream.readmodel.feed import End
from picustream.readmodel.writing import Place
from tests.readmodel.filling import NOW, Log, Record


class FakeFeed:
    """Gives out the records of a log, `sizes` at a time in turn, an empty batch for a 0; its clock ticks with each."""

    def __init__(self, log: Log, audience: Audience, positions: dict[Place, int], sizes: Sequence[int] = (5,)) -> None:
        self._log, self._audience, self._sizes = log, audience, sizes
        self._positions = dict(positions)
        self._turn = 0

    async def batch(self) -> Sequence[Record]:
        await asyncio.sleep(0)
        size = self._sizes[self._turn % len(self._sizes)]
        self._turn += 1
        left = [one for one in self._log.of(self._audience) if one.offset >= self._positions[one.topic, one.partition]]
        given = left[:size]
        for one in given:
            self._positions[one.topic, one.partition] = one.offset + 1
        if not left:  # what is left are markers
            self._positions |= self._log.positions(self._audience)
        return given

    async def positions(self) -> dict[Place, int]:
        return dict(self._positions)

    def ends(self) -> dict[Place, End]:
        return {place: End(end, self.now) for place, end in self._log.positions(self._audience).items()}

    @property
    def now(self) -> datetime:
        """The moment of the last answer."""
        return NOW + timedelta(seconds=self._turn)
