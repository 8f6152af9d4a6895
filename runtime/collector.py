"""Python's collector of cycles, kept from walking all that a process holds again and again.

Nearly everything here dies by its reference count: a stay holds no cycle (a test says so). Walking all stays again and
again took 15 to 23 % of the time of a long replay, and paused it for up to 4.5 s.
"""

import gc
import time

THRESHOLDS = 10_000, 3, 3
"""Python's own are 700, 10, 10. With 50,000 one walk over the youngest takes 20 ms, and 160,000 objects,
after which there is a walk over all, about as much."""
LONG = 0.010
"""Seconds of a walk over all after which what it walked is not walked again."""
THAW_AFTER = 1_000
"""So many such walks later everything is, for what is part of a cycle and died since then is found in no other way."""


class Walks:
    """Notes how long walks over all take, and freezes what takes long."""

    def __init__(self) -> None:
        self._since = 0.0
        self._frozen = 0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        if info["generation"] != 2:
            return
        if phase == "start":
            self._since = time.thread_time()
        elif time.thread_time() - self._since > LONG:
            self._frozen += 1
            if self._frozen % THAW_AFTER:
                gc.freeze()
            else:
                gc.unfreeze()


_walks = Walks()


def settle() -> None:
    """What is there by now, which is the program itself, is never walked again, nor is what takes long to walk; to be
    called once, when it has started."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    if _walks not in gc.callbacks:
        gc.callbacks.append(_walks)
