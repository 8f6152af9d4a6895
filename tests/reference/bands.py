"""The bands of MODS (M1), and the points that a value with a comparator stands for (V4)."""

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from operator import ge, gt, le, lt

from .variables import VARIABLES


def band(value: Fraction, upper: tuple[int, ...]) -> int:
    """M1: the number of the band, counted from the lowest; bands are open below and closed above."""
    return sum(value > limit for limit in upper)


def pf_points(ratio: Fraction) -> int:
    """Respiratory points of P/F in mmHg."""
    return 4 - band(ratio, (75, 150, 225, 300))


def creatinine_points(value: Fraction) -> int:
    """Renal points of creatinine in umol/L."""
    return band(value, (100, 200, 350, 500))


def bilirubin_points(value: Fraction) -> int:
    """Hepatic points of total bilirubin in umol/L."""
    return band(value, (20, 60, 120, 240))


def par_points(value: Fraction) -> int:
    """Cardiovascular points of PAR = HR x CVP / MAP."""
    return band(value, (10, 15, 20, 30))


def platelet_points(value: Fraction) -> int:
    """Haematologic points of platelets in 10^9/L."""
    return 4 - band(value, (20, 50, 80, 120))


def gcs_points(score: Fraction) -> int:
    """Neurologic points of a GCS."""
    return 4 - band(score, (6, 9, 12, 14))


ONE_VALUE: dict[str, tuple[Callable[[Fraction], int], tuple[int, ...]]] = {
    "creatinine": (creatinine_points, (100, 200, 350, 500)),
    "bilirubin_total": (bilirubin_points, (20, 60, 120, 240)),
    "platelets": (platelet_points, (20, 50, 80, 120)),
}
"""The variables of M3: their points, and the limits of their bands."""

COMPARATORS = {"<": lt, "<=": le, ">=": ge, ">": gt}


def one_value_points(variable: str, number: Fraction, comparator: str | None) -> int | None:
    """M3, V4: the points of a value; with a comparator those of all values on that side inside the reject range.

    None where these give no points or not the same ones. Between two neighbouring limits the points are the same,
    so one value of each stretch stands for all of it.
    """
    points, limits = ONE_VALUE[variable]
    if comparator is None:
        return points(number)
    low, high = Fraction(VARIABLES[variable].low), Fraction(VARIABLES[variable].high)
    marks = sorted({low, high, number, *map(Fraction, limits)})
    witnesses = [*marks, *((one + other) / 2 for one, other in pairwise(marks))]
    on_that_side = COMPARATORS[comparator]
    given = {points(one) for one in witnesses if low <= one <= high and on_that_side(one, number)}
    return given.pop() if len(given) == 1 else None


def decides(variable: str, comparator: str, number: Fraction) -> bool:
    """V4: whether a value with a comparator is usable."""
    return variable in ONE_VALUE and one_value_points(variable, number, comparator) is not None
