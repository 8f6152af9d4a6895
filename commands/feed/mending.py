"""The lines of a code map that would mend a feed, for somebody who knows the feed to fill in.

Nothing is guessed: a unit or a code that is taken for another one makes wrong scores that nobody sees. So every line
stands behind a `#`, and says what has to be known before it is taken away. Only a spelling that differs from a known
one in nothing but case, spaces, brackets and the like is set beside it, for the eye to compare.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from picustream.commands.feed.tallies import CodeKey, CodeTally
from picustream.models.codemap import CodeMap
from picustream.models.event import LOINC
from picustream.models.text import quote
from picustream.models.variable import Variable
from picustream.scoring.chart.units import KNOWN_UNITS, QUANTITIES

MOST_CODES = 40
"""Unknown codes told, the most frequent ones."""

Codes = dict[CodeKey, CodeTally]


@dataclass(slots=True)
class Unknown:
    """A unit or code that no code map has."""

    count: int = 0
    first: str = ""
    variables: set[Variable] = field(default_factory=set)
    """That a unit came with, or that a code might be by its unit."""
    units: set[str] = field(default_factory=set)

    def add(self, count: int, first: str | None, variables: Iterable[Variable]) -> None:
        self.count += count
        self.first = self.first or first or ""
        self.variables.update(variables)


def codemap_lines(codes: Codes, codemap: CodeMap) -> list[str]:
    """TOML that changes nothing as it stands; empty where nothing is unknown."""
    return [*_unit_lines(_unknown_units(codes), codemap), *_code_lines(_unknown_codes(codes, codemap))]


def look_alike(unit: str, codemap: CodeMap) -> str | None:
    """The one UCUM unit that is known under a spelling which differs in nothing but signs and case; else None."""
    known = {unit: unit for unit in KNOWN_UNITS} | dict(codemap.spellings)
    found = {ucum for spelling, ucum in known.items() if _bare(spelling) == _bare(unit)}
    return found.pop() if len(found) == 1 else None


def _bare(unit: str) -> str:
    """`10*9/L`, `x10^9/l` and `10e9/L` alike; never one letter for another: mmol/L is not umol/L."""
    plain = re.sub(r"[^a-z0-9%/]", "", unit.lower().replace("µ", "u").replace("μ", "u"))
    return re.sub(r"^x?10e?(?=\d)", "10", plain)


# Units. --------------------------------------------------------------------------------------------------------------


def _unknown_units(codes: Codes) -> dict[str, Unknown]:
    found: dict[str, Unknown] = defaultdict(Unknown)
    for key, tally in codes.items():
        refused = tally.refused.get("unit-unknown")
        if refused is not None and key.unit is not None and tally.variable is not None:
            found[key.unit].add(refused.count, refused.first, [tally.variable])
    return dict(found)


def _unit_lines(unknown: dict[str, Unknown], codemap: CodeMap) -> Iterator[str]:
    if not unknown:
        return
    yield "[spellings]"
    alike: dict[str, list[str]] = defaultdict(list)
    for unit, one in sorted(unknown.items(), key=lambda item: -item[1].count):
        accepted = set.intersection(*(set(QUANTITIES[variable].factors) for variable in one.variables))
        twin = look_alike(unit, codemap)
        yield f"# {_quoted(unit)}: {one.count:,} with {_listed(one.variables)}, first at {_comment(one.first)}."
        if twin is not None and twin in accepted:
            alike[twin].append(unit)
        elif accepted:
            yield f"# What does it mean? Write it in the place of UNIT, which is one of {_units(accepted)}:"
            yield f"# UNIT = [{_quoted(unit)}]"
        else:
            yield "# No one unit fits all of these: the feed has to send another one."
    for twin, units in alike.items():
        yield f"# Spelt almost like {twin}. If the feed's own documentation says that it is that, take the # away:"
        yield f"# {_quoted(twin)} = [{', '.join(map(_quoted, units))}]"


# Codes. --------------------------------------------------------------------------------------------------------------


def _unknown_codes(codes: Codes, codemap: CodeMap) -> dict[tuple[str, str], Unknown]:
    """Codes nobody asked for whose unit fits a variable: of LOINC, one that the feed never gives; of a site's own
    system, any."""
    given = {tally.variable for tally in codes.values() if tally.accepted.count}
    found: dict[tuple[str, str], Unknown] = defaultdict(Unknown)
    for key, tally in codes.items():
        if tally.variable is not None or key.unit is None:
            continue
        fitting = _measured_in(key.unit, codemap)
        wanted = fitting - given if key.system == LOINC else fitting
        if wanted:
            found[key.system, key.code].add(tally.ignored.count, tally.ignored.first, wanted)
            found[key.system, key.code].units.add(key.unit)
    return dict(found)


def _measured_in(unit: str, codemap: CodeMap) -> set[Variable]:
    ucum = codemap.ucum(unit)
    known = ucum if ucum in KNOWN_UNITS else look_alike(unit, codemap)
    return {variable for variable, quantity in QUANTITIES.items() if known in quantity.factors}


def _code_lines(unknown: dict[tuple[str, str], Unknown]) -> Iterator[str]:
    ranked = sorted(unknown.items(), key=lambda item: -item[1].count)
    systems: dict[str, list[tuple[str, Unknown]]] = defaultdict(list)
    for (system, code), one in ranked[:MOST_CODES]:
        systems[system].append((code, one))
    for system, found in sorted(systems.items()):
        yield "[loinc]" if system == LOINC else f"[codes.{_quoted(system)}]"
        for code, one in found:
            yield f"# {_quoted(code)} in {_units(one.units)}: {one.count:,}, first at {_comment(one.first)}. If it is"
            yield f"# one of {_listed(one.variables)}, write which in the place of VARIABLE:"
            yield f"# VARIABLE = [{_quoted(code)}]"
    if len(ranked) > MOST_CODES:
        yield f"# {len(ranked) - MOST_CODES:,} more codes with such units came less often."


def _quoted(text: str) -> str:
    """A TOML string: what JSON leaves as it is and TOML does not is written out."""
    return quote(text).replace("\x7f", "\\u007f")


def _units(units: Iterable[str]) -> str:
    return ", ".join(map(_quoted, sorted(units)))


def _listed(variables: Iterable[Variable]) -> str:
    return ", ".join(sorted(variables))


def _comment(where: str) -> str:
    """A file name may hold anything; a comment may not hold a line break."""
    return "".join(char if char.isprintable() else "?" for char in where)
