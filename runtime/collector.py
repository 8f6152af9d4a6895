"""Python's collector of cycles, kept from walking all that a process holds again and again.

Nearly everything here dies by its reference count. Walking all stays again and again took 15 to 23 % of the time of a
long replay, and paused it for up to 4.5 s.
"""

import gc

THRESHOLDS = 10_000, 10, 10
"""Python's own are 700, 10, 10. With 50,000 one walk over the youngest takes 20 ms."""


def settle() -> None:
    """What is there by now, which is the program itself, is never walked again; to be called once, when it has
    started."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
