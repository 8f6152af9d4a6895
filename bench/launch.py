"""Runs a command and writes what it used: `python -S bench/launch.py FILE COMMAND ...`.

A process of its own, and a small one: the greatest memory of a process is at least what its parent had when it forked.
"""

import os
import resource
import signal
import sys
import time


def launch(file: str, command: list[str]) -> int:
    """Run a command to its end; its exit status. SIGTERM is passed on to it."""
    started = time.perf_counter()
    child = os.fork()
    if not child:
        os.execvp(command[0], command)
    signal.signal(signal.SIGTERM, lambda number, _: os.kill(child, number))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    wall, used = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    kilobytes = used.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    with open(file, "w") as written:  # noqa: PTH123 - pathlib is twice the memory of this process
        written.write(f"{wall} {used.ru_utime + used.ru_stime} {kilobytes / 1024}")
    return status if status >= 0 else 1


if __name__ == "__main__":
    sys.exit(launch(sys.argv[1], sys.argv[2:]))
