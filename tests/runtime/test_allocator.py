"""One arena of the C library for all threads."""

import platform
import subprocess
import sys

import pytest

ARENAS = """
import ctypes, sys, threading
from picustream.runtime.allocator import one_arena
if "one" in sys.argv:
    one_arena()
kept = []
gate = threading.Barrier(3)
def take():
    gate.wait()
    kept.extend(bytes(5_000) for _ in range(100))
    gate.wait()
threads = [threading.Thread(target=take) for _ in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
c = ctypes.CDLL(None)
c.malloc_info(0, ctypes.c_void_p.in_dll(c, "stdout"))
c.fflush(None)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="asks glibc for its arenas")
@pytest.mark.parametrize("wanted", ["one", "each its own"])
def test_all_threads_share_one_arena_where_it_is_wanted(wanted: str) -> None:
    """glibc says itself how many there are; without our wish each thread has its own, so that the test can fail."""
    found = subprocess.run([sys.executable, "-c", ARENAS, wanted], capture_output=True, check=True, text=True).stdout
    assert (found.count("<heap nr=") == 1) is (wanted == "one"), found
