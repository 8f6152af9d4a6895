"""The collector leaves alone what is there when a program has started, and what takes long to walk."""

import gc
import subprocess
import sys

import pytest

from picustream.runtime import collector

PROGRAM = """
import gc
from picustream.runtime import collector
kept = [[] for _ in range(1000)]
collector.settle()
later = []
print(gc.get_freeze_count() > 1000, any(one is kept for one in gc.get_objects()), gc.get_threshold()[0] > 700)
print(any(one is later for one in gc.get_objects()))
"""


def test_what_is_there_at_the_start_is_not_walked_again_and_what_comes_later_is() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "False", "True", "True"]


LARGE = """
import gc
from picustream.runtime import collector
collector.LONG = {long}
collector.settle()
before = gc.get_freeze_count()
kept = [[] for _ in range(100_000)]
gc.collect()
print(gc.get_freeze_count() - before >= 100_000, any(one is kept for one in gc.get_objects()))
"""


@pytest.mark.parametrize(("long", "frozen"), [("0.0", "True False"), ("1000.0", "False True")])
def test_what_takes_long_to_walk_is_not_walked_again(long: str, frozen: str) -> None:
    run = subprocess.run([sys.executable, "-c", LARGE.format(long=long)], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == frozen


def test_a_cycle_that_was_frozen_and_died_is_found_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    thawed: list[str] = []
    monkeypatch.setattr(collector, "LONG", -1.0)
    monkeypatch.setattr(collector, "THAW_AFTER", 3)
    monkeypatch.setattr(gc, "freeze", lambda: thawed.append("freeze"))
    monkeypatch.setattr(gc, "unfreeze", lambda: thawed.append("unfreeze"))
    walks = collector.Walks()
    for _ in range(6):
        walks("start", {"generation": 2})
        walks("stop", {"generation": 2})
    walks("stop", {"generation": 1})
    assert thawed == ["freeze", "freeze", "unfreeze"] * 2
