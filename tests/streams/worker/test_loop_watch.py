"""What a worker says that fails and then does not come to its end: as much as one that does."""

import subprocess
import sys

PROGRAM = """
import time
from picustream.runtime.errors import ENVIRONMENT, UserError
from picustream.streams.worker.loop_watch import LoopWatch
error = UserError("Something is wrong.", "Do this.", ENVIRONMENT)
watch = LoopWatch(60)
watch.start()
watch.stopping(error.status, error.lines)
watch.stopping(70, "too late")
time.sleep(60)
"""


def test_a_stop_that_hangs_is_ended_with_the_status_and_both_lines_of_the_first_error() -> None:
    ended = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30)
    assert ended.returncode == 3
    *_, wrong, what_to_do = ended.stderr.splitlines()
    assert (wrong, what_to_do) == ("picustream: Something is wrong.", "Do this.")
