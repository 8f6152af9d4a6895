"""A short form of the fuzz; `make fuzz-hl7` is the long one."""

import functools
import gc
import subprocess
import sys
import tracemalloc

from tests.gateways.hl7.fuzz import ROUND, Account, run
from tests.paths import ROOT


def test_no_broken_frame_breaks_the_reader() -> None:
    account = Account()
    run(1, 0, 15 * ROUND, account)
    kinds = {
        "frame message",
        "frame truncated",
        "frame too-large",
        "refused charset-broken",
        "values",
        "values refused",
    }
    assert kinds <= {word for word, count in account.seen.items() if count}


def test_broken_frames_leave_nothing_behind() -> None:
    """In a process of its own: what others do in this one would count."""
    command = [sys.executable, "-c", f"from {__name__} import grown; print(grown())"]
    assert int(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout) < 500_000


def grown() -> int:
    """Bytes by which the reader grows over some thousand frames."""
    run(2, 0, 3 * ROUND, Account())  # what is compiled and looked up once
    tracemalloc.start()
    run(2, 3 * ROUND, 5 * ROUND, Account())
    forget()
    before = tracemalloc.get_traced_memory()[0]
    run(2, 5 * ROUND, 9 * ROUND, Account())
    forget()
    return tracemalloc.get_traced_memory()[0] - before


def forget() -> None:
    """Empty what is kept on purpose, and bounded: it fills for as long as it sees fields that it has not seen."""
    for one in gc.get_objects():
        if isinstance(one, functools._lru_cache_wrapper) and one.__module__.startswith("picustream.gateways"):
            one.cache_clear()
    gc.collect()
