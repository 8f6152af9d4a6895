"""The collector leaves alone what is there when a program has started."""

import subprocess
import sys

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
