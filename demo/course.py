"""Smooth courses: what a variable reads at any hour of a stay.

An illness curve runs through given points; slow waves ride on it, so that neighbouring readings resemble each other
as those of a patient do. There is no white noise.
"""

import math
import random
from dataclasses import dataclass
from itertools import pairwise

Points = tuple[tuple[float, float], ...]
"""(hours since admission, value), hours ascending; the first and last values hold outside."""

# Swings of hours, half a day and more than a day, the quick ones smaller.
_WAVES = ((4.0, 0.25), (11.0, 0.35), (31.0, 0.4))


@dataclass(frozen=True)
class Course:
    """A curve through `points` with waves of at most `wobble` (a share of the value) upon it."""

    points: Points
    wobble: float
    phases: tuple[float, ...]

    @classmethod
    def drawn(cls, points: Points, wobble: float, rng: random.Random) -> "Course":
        """A course whose waves start where `rng` chooses."""
        return cls(points, wobble, tuple(rng.uniform(0, math.tau) for _ in _WAVES))

    def at(self, hours: float) -> float:
        """The value at `hours` since admission, in the unit of the points."""
        waves = zip(_WAVES, self.phases, strict=True)
        swing = sum(share * math.sin(math.tau * hours / period + phase) for (period, share), phase in waves)
        return between(self.points, hours) * (1 + self.wobble * swing)


def between(points: Points, hours: float) -> float:
    """The curve through `points` at `hours`: level at each point, smooth between two."""
    if hours <= points[0][0]:
        return points[0][1]
    for (left, low), (right, high) in pairwise(points):
        if hours <= right:
            part = (hours - left) / (right - left)
            return low + (high - low) * part * part * (3 - 2 * part)
    return points[-1][1]


def saturation(pao2: float) -> float:
    """Arterial oxygen saturation in % of `pao2` in mm[Hg] (Severinghaus 1979)."""
    return 100 / (1 + 23400 / (pao2**3 + 150 * pao2))
