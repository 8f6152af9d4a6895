"""Units that are certainly none of the known ones in another spelling: of another size, or of another quantity.

No code map can fix them, for it has spellings and no factors: the feed has to convert. What is not recognised here may
be a spelling, and is asked about.
"""

import re

from picustream.lint.spelling import compatible

_POWERS = {"": 0, "k": 3, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15}
_AMOUNT = re.compile(r"[kdcmunpf]?(mol|g|eq|val|osm|u|iu|kat)/[kdcmunpf]?l")
"""An amount in a volume: mmol/L, ug/L, U/L."""
_NUMBER = re.compile(r"(?:x?10[*^e](\d{1,2}))?/([kdcmunpf]?)l")
"""A number in a volume: 10*6/uL, /nL."""
_KNOWN_NUMBER = 9
"""Power of ten, in a litre, of 10*9/L and of 10*3/uL."""
_OTHERS = re.compile(
    r"[hm]?pa|m?bar|psi|atm|cel|degc|k|m?s|min|h|hz|/s|/h|[kmu]?g|m?l|fl|pg|m?l/min|ml/kg",
)
"""Other pressures, temperatures, times, rates, masses, volumes, flows."""


def another(unit: str) -> bool:
    """Whether a unit that no code map has is a unit of its own, which has to be converted."""
    if compatible(unit).startswith("G/"):
        return False  # giga in a litre, as laboratories write it: no gram
    plain = re.sub(r"\s", "", compatible(unit)).lower()
    number = _NUMBER.fullmatch(plain)
    if number is not None:
        return int(number[1] or 0) - _POWERS[number[2]] != _KNOWN_NUMBER
    return any(units.fullmatch(plain) for units in (_AMOUNT, _OTHERS))
