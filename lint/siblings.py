"""What LOINC codes are that no code map has, as far as `codemaps/siblings.toml` knows them.

A unit does not show what a code is: a creatinine and a bilirubin come in the same. So a code has a suggestion where the
table knows it, and is called unknown where it does not.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from picustream.lint.spelling import compatible
from picustream.models.codemap import CodeMap
from picustream.models.observation import LOINC
from picustream.models.variable import Variable


@dataclass(frozen=True, slots=True)
class Sibling:
    """A LOINC code of the very quantity that a variable is."""

    variable: Variable
    what: str
    why: str
    """Why it is not read unless a code map says so."""


@cache
def siblings() -> Mapping[str, Sibling]:
    """By code."""
    return {
        code: Sibling(Variable(variable), **words)
        for variable, codes in _table()["same"].items()
        for code, words in codes.items()
    }


@cache
def others() -> frozenset[str]:
    """Codes of other quantities, which nobody has to be asked about."""
    return frozenset(_table()["other"])


def mistyped(code: str, codemap: CodeMap) -> str | None:
    """The accepted code of LOINC with the same number and another check digit: no two codes differ in that alone."""
    number, dash, digit = code.rpartition("-")
    if not dash or not number.isdecimal() or len(digit) != 1 or not digit.isdecimal():
        return None
    alike = (f"{number}-{other}" for other in range(10) if str(other) != digit)
    return next((one for one in alike if codemap.variable(LOINC, one) is not None), None)


def otherwise_written(code: str, codemap: CodeMap) -> str | None:
    """The accepted code of LOINC that is in a code: in other digits, dashes or invisible blanks, with zeros before it,
    with its name or its system around it. None where there is none, or more than one."""
    plain = "".join("-" if unicodedata.category(char) == "Pd" else char for char in compatible(code))
    found = {f"{number}-{digit}" for number, digit in _LOINC.findall(plain)}
    accepted = [one for one in found if one != code and codemap.variable(LOINC, one) is not None]
    return accepted[0] if len(accepted) == 1 else None


def has_its_form(code: str) -> bool:
    """Whether a code may be one of LOINC: a number, a dash, a check digit."""
    return _LOINC.fullmatch(code) is not None


_LOINC = re.compile(r"(?<![0-9])0*([1-9][0-9]{0,6})\s*-\s*([0-9])(?![0-9])")


@cache
def _table() -> Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]]:
    text = files("picustream.codemaps").joinpath("siblings.toml").read_text("utf-8")
    return tomllib.loads(text)
