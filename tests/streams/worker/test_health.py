"""`/healthz`: a partition is stuck where nothing gets done though there is work."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

from picustream.streams.worker.health import REBUILDING, STUCK, TROUBLED, Health


class TestHealth:
    """Stuck is: no progress though there is work."""

    def row(self, since: float, lag: int, trouble: str | None = None, rebuilt: int | None = None) -> dict[str, Any]:
        now = time.monotonic()
        working = asyncio.Event()
        one: Any = SimpleNamespace(number=3, progress_at=now, working=working, trouble=trouble, idle=not lag)
        one.state, one.rebuilt = "working", rebuilt
        if trouble or rebuilt is not None:
            one.progress_at = now - since
        health = Health(SimpleNamespace(owned={3: one}))  # type: ignore[arg-type]
        health.note(3, lag, done=7)
        health._done[3] = 7, now - since
        health.note(3, lag, done=7)
        return health.report()["partitions"][0]

    def test_nothing_to_do_is_well(self) -> None:
        assert not self.row(since=STUCK * 2, lag=0)["stuck"]

    def test_lag_that_does_not_shrink_is_stuck_though_the_partition_still_ticks(self) -> None:
        assert self.row(since=STUCK + 1, lag=5)["stuck"]

    def test_lag_for_a_moment_is_well(self) -> None:
        assert not self.row(since=1, lag=5)["stuck"]

    def test_trouble_that_lasts_is_stuck(self) -> None:
        assert self.row(since=TROUBLED + 1, lag=0, trouble="ConnectionError")["stuck"]
        assert not self.row(since=1, lag=0, trouble="ConnectionError")["stuck"]

    def test_a_rebuild_counts_as_progress_by_the_records_it_reads_and_not_by_the_lag(self) -> None:
        """I5: and between two portions the core may compute for long."""
        assert not self.row(since=STUCK + 1, lag=5, rebuilt=200)["stuck"]
        assert self.row(since=REBUILDING + 1, lag=0, rebuilt=200)["stuck"]

    def test_a_partition_that_comes_back_begins_anew(self) -> None:
        health = Health(SimpleNamespace(owned={}))  # type: ignore[arg-type]
        health.note(3, 5, done=7)
        health._done[3] = 7, time.monotonic() - STUCK * 2
        health.keep([])
        health.note(3, 5, done=7)
        assert time.monotonic() - health._done[3][1] < STUCK
