"""What a partition does about an error: wait, narrow down what it failed at, or end the worker."""

from collections.abc import Sequence

from picustream.runtime.errors import UserError
from picustream.runtime.logs import logger, place
from picustream.scoring.chart.series import HistoryNeeded
from picustream.scoring.port import EnginePort
from picustream.streams.kafka.publisher import PublisherFenced
from picustream.streams.partition import metrics
from picustream.streams.partition.failures import StayFailed
from picustream.streams.partition.intake import StreamGap
from picustream.streams.partition.suspects import Place, Suspects
from picustream.streams.partition.takeover import Ownership
from picustream.streams.partition.trouble import TOO_LARGE, TROUBLE, named, passes
from picustream.streams.store.store import StateLost

log = logger(__name__)

FIRST_BACK_OFF, LAST_BACK_OFF = 0.1, 2.0
"""Seconds before taking over again: doubled from one failure to the next, until something gets done."""
MOST_RELOADS = 5
"""Times in a row that the same batch may ask for history; then it will never have enough."""


class Recovery:
    """What outlasts the take-overs of one partition."""

    def __init__(self, number: int) -> None:
        self.ownership = Ownership()
        self.suspects = Suspects()
        self.pause = 0.0
        """Seconds to wait before the next take-over."""
        self.trouble: str | None = None
        """What nothing gets done for, in a word."""
        self.waits = False
        """Whether that is a server, which is away or refuses: a new start would not help."""
        self._number = number
        self._rounds = 0
        """Take-overs in a row that nothing came of."""
        self._reloads = 0
        self._asked_by: Sequence[Place] | None = None
        """The records that needed the history which is read in the take-over under way."""

    def passed(self, records: int) -> None:
        """A batch with so many records is written, or there was nothing to do."""
        self.pause, self.trouble, self.waits = 0.0, None, False
        self._rounds = self._reloads = self.ownership.too_large = 0
        self._asked_by = None
        if records:
            self.suspects.passed(records)

    def after(self, error: Exception, places: Sequence[Place] | None, engine: EnginePort | None, behind: bool) -> str:
        """Why the partition is to be taken over again, in a word; raises `error` where that would not help.

        `places`: the records of the batch that was being applied, None where none was, or it is written.
        """
        if isinstance(error, UserError):
            raise error
        if isinstance(error, HistoryNeeded):
            return self._with_history(error, places, engine, behind)
        if (known := _KNOWN.get(type(error))) is not None:
            return self._again(known)
        if isinstance(error, StayFailed) and error.stay_id not in self.suspects.failing_stays:
            self.suspects.failing_stays.add(error.stay_id)
            self._put_off(error.__cause__ or error)
            return "stay-failed"
        if places is None and self._asked_by is not None and not isinstance(error, TROUBLE):
            return self._without_history(error)
        self._weigh(error, places)
        return type(error).__name__

    def _weigh(self, error: Exception, places: Sequence[Place] | None) -> None:
        """Wait for a server, or look for the record at which it fails."""
        if isinstance(error, TROUBLE) and (passes(error) or places is None):
            self.waits = True
            self.ownership.too_large += isinstance(error, TOO_LARGE)
            if places:
                self.suspects.stumbled(places)
        elif places is None or not self.suspects.failed(places):
            raise error
        else:
            self.waits = False
        self.pause = self._backed_off() if self.waits else FIRST_BACK_OFF
        self._log(error, len(places or ()))

    def _put_off(self, error: BaseException) -> None:
        self.trouble, self.waits, self.pause = named(error), False, 0.0
        log.error("stay-failed", partition=self._number, trouble=self.trouble, **place(error))

    def _log(self, error: BaseException, records: int) -> None:
        self.trouble = named(error)
        fields = {"partition": self._number, "trouble": self.trouble, "again_in": self.pause, **place(error)}
        if self.waits:
            log.warning("no-progress", **fields)
        else:
            log.error("batch-failed", records=records, **fields)

    def _backed_off(self, rounds: int = 1) -> float:
        """Longer from one round to the next; none for what the next take-over repairs at once (`rounds` 0)."""
        self._rounds += 1
        power = self._rounds + rounds - 2
        return min(FIRST_BACK_OFF * 2**power, LAST_BACK_OFF) if power >= 0 else 0.0

    def _again(self, known: str) -> str:
        self.pause = self._backed_off(rounds=0)
        if known == "state-lost":
            metrics.STATE_LOST.inc()
            log.error("state-lost", partition=self._number)
        if known == "stream-gap":
            log.warning("stream-gap", partition=self._number)
        return known

    def _with_history(
        self, needed: HistoryNeeded, places: Sequence[Place] | None, engine: EnginePort | None, behind: bool
    ) -> str:
        self.pause = self._backed_off(rounds=0)
        self._reloads += 1
        self._asked_by = places
        if self._reloads > MOST_RELOADS:
            return self._without_history(needed)
        # All at once, where it may come again: what is read is the whole partition.
        others = engine.pruned_stays() if engine is not None and behind else set()
        self.ownership.needs_history |= {needed.stay_id} | others
        return "recall"

    def _without_history(self, error: Exception) -> str:
        """What asked for it, and not the partition, is what cannot go on."""
        places, stays = self._asked_by or (), set(self.ownership.needs_history)
        self._asked_by, self._reloads = None, 0
        self.ownership.needs_history.clear()
        if places:
            self._weigh(error, places)
        else:  # time alone did
            self.suspects.failing_stays |= stays
            self._put_off(error)
        return type(error).__name__


_KNOWN: dict[type[Exception], str] = {
    PublisherFenced: "producer-fenced",
    StateLost: "state-lost",
    StreamGap: "stream-gap",
}
