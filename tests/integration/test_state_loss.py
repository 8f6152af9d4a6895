"""Redis loses what it was given, while the worker runs and while it does not: noticed, rebuilt, published once (I5,
I3)."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from picustream.local import servers as local
from tests.integration.realrun import RealRun
from tests.integration.workers import started_again, wait_for

pytestmark = [pytest.mark.servers, pytest.mark.proves("I5", "I3")]

LAST_SECOND = 0.2
"""Share of the append-only file that a failover lost."""


def wiped(run: RealRun, _: Path) -> None:
    shutil.rmtree(run.redis_data)


def set_back(run: RealRun, copy: Path) -> None:
    shutil.rmtree(run.redis_data)
    shutil.copytree(copy, run.redis_data)


def cut_short(run: RealRun, _: Path) -> None:
    """The end of the append-only file is gone, in the midst of a command."""
    # One file until Redis 6, a folder of them since.
    (written,) = [*run.redis_data.glob("*.aof"), *run.redis_data.glob("appendonlydir/*.incr.aof")]
    size = written.stat().st_size
    with written.open("r+b") as file:
        file.truncate(int(size * (1 - LAST_SECOND)))


LOSSES: list[Callable[[RealRun, Path], None]] = [wiped, set_back, cut_short]


@pytest.mark.parametrize("running", [True, False], ids=["while-the-worker-runs", "while-it-is-stopped"])
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_lost_state_is_noticed_rebuilt_and_said(
    real_run: RealRun, tmp_path: Path, loss: Callable[[RealRun, Path], None], running: bool
) -> None:
    run, copy = real_run, tmp_path / "older"
    worker = run.worker()
    run.publish(0, 0.3)
    run.all_processed()
    shutil.copytree(run.redis_data, copy)
    run.publish(0.3, 0.6)
    run.all_processed()
    if not running:
        assert worker.stop() == 0
    local.kill_redis(run.servers.dir)
    loss(run, copy)
    started_again(local.start_redis, run.servers.dir)
    run.publish(0.6, 1)
    if not running:
        worker = run.worker()
    wait_for(lambda: worker.logged("state-rebuilt"), "the loss is noticed and repaired")
    run.all_processed()
    assert worker.stop() == 0
    run.drain()
    assert run.alerts("state-rebuilt")
    assert run.verdict().faults == []
