"""Python's collector of cycles, kept from walking all that a process holds again and again.

Nearly everything here dies by its reference count: what the collector finds in a replay of 1,000 stays is a few hundred
objects, and it took 15 to 23 % of the time and paused for up to 4.5 s to find them.
"""

import gc

THRESHOLDS = 10_000, 10, 10
"""With Python's 700 the youngest objects are walked 15 times as often, for nothing; with 50,000 a walk takes 20 ms."""


def settle() -> None:
    """What is there by now, which is the program itself, is never walked again; to be called once, when it has
    started."""
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
