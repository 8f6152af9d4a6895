"""The tables of a code map that would fix a feed, for somebody who knows the feed to fill in.

Nothing is guessed: a unit or a code that is taken for another one makes wrong scores that nobody sees. So every list is
empty but for what the site's own map has already, and comments say what may belong into them. As TOML the tables are
whole, each unit and each variable is there once, and they take the place of the same tables of the site's map.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from picustream.lint.siblings import has_its_form
from picustream.lint.spelling import compatible, hidden_characters, quoted
from picustream.lint.unknown import Codes, UnknownCode, UnknownUnit, foreign, unknown_codes, unknown_units
from picustream.models.codemap import CodeMap, CodeMapFile
from picustream.models.observation import LOINC
from picustream.scoring.chart.units import KNOWN_UNITS

MOST_CODES = 40
"""Unknown codes shown."""
FEW = 4
"""Variables or units that are named one by one."""


def codemap_lines(found: Codes, codemap: CodeMap, site: CodeMapFile) -> list[str]:
    """TOML that changes nothing as it is; empty where nothing is unknown. `site`: the map that it would go into."""
    twins = twins_of(found, codemap)
    asked = sorted(unknown_codes(found, codemap, twins), key=_worth)
    shown_codes = asked[:MOST_CODES]
    lines = [*_units(unknown_units(found, twins, shown_codes), site.spellings)]
    for system in sorted({one.system for one in shown_codes}):
        known = site.loinc if system == LOINC else site.codes.get(system, {})
        entries = {str(variable): codes for variable, codes in known.items()}
        header = "[loinc]" if system == LOINC else f"[codes.{quoted(system)}]"
        lines += [""] * bool(lines)
        lines += [*_codes(header, [one for one in shown_codes if one.system == system], entries)]
    if len(asked) > MOST_CODES:
        lines.append(f"# {len(asked) - MOST_CODES:,} more codes that no code map has: see what is ignored.")
    return [*_HEAD, *lines] if lines else []


def _worth(one: UnknownCode) -> tuple[bool, bool, int]:
    """What is known goes first, then what has a unit that fits, then what is frequent."""
    return one.sibling is None, not one.fitting, -one.count


_HEAD = (
    "# For your code map (PICUSTREAM_CODEMAP, --codemap). Each table takes the place",
    "# of the same table there, if there is one, and has what is in it.",
)


def foreign_units(codes: Codes, codemap: CodeMap) -> frozenset[str]:
    """Units of the feed that are certainly none of ours in another spelling."""
    twins = twins_of(codes, codemap)
    return frozenset(unit for unit in twins if foreign(unit, twins))


def twins_of(codes: Codes, codemap: CodeMap) -> dict[str, str | None]:
    """Every unit of the feed that no code map has, and the known one that it looks like."""
    units = {key.unit for key in codes if key.unit is not None}
    return {unit: look_alike(unit, codemap) for unit in units if codemap.ucum(unit) not in KNOWN_UNITS}


def look_alike(unit: str, codemap: CodeMap) -> str | None:
    """The one UCUM unit that is known under a spelling which differs in nothing but signs and case; else None."""
    known = {unit: unit for unit in KNOWN_UNITS} | dict(codemap.spellings)
    found = {ucum for spelling, ucum in known.items() if _bare(spelling) == _bare(unit)}
    return found.pop() if len(found) == 1 else None


def _bare(unit: str) -> str:
    """`10*9/L`, `x10^9/l`, `10⁹/L` and `10e9/L` alike; never one letter for another: mmol/L is not umol/L."""
    plain = re.sub(r"[^a-z0-9%/]", "", compatible(unit).lower())
    return re.sub(r"^x?10e?(?=\d)", "10", plain)


def _units(unknown: list[UnknownUnit], site: Mapping[str, list[str]]) -> Iterator[str]:
    if not unknown:
        return
    yield "[spellings]"
    yield "# Write a unit below into a list only if it is another spelling of the very same"
    yield "# unit, by the feed's own documentation. Another unit must be converted by the"
    yield "# feed, whatever it looks like: taken for this one it makes wrong scores."
    for one in sorted(unknown, key=lambda one: -one.count):
        yield f"#   {quoted(one.unit)} with {_listed(one.came_with)}: {one.count:,}, first at {_comment(one.first)};"
        yield f"#     {_meaning(one)}"
    names = {unit for one in unknown for unit in one.candidates} | site.keys()
    yield from _lists({quoted(unit): site.get(unit, []) for unit in names})


def _meaning(one: UnknownUnit) -> str:
    if one.twin is not None:
        inside = hidden_characters(one.unit)
        return f"spelt almost like {quoted(one.twin)}" + (f"; in it: {inside}" if inside else "")
    if not one.candidates:
        return "no one unit fits all of these: the feed has to send another"
    return f"which of {_choice(map(quoted, one.candidates))}?"


def _codes(header: str, unknown: list[UnknownCode], site: Mapping[str, list[str]]) -> Iterator[str]:
    yield header
    yield "# Write a code below into the list of the variable that it is, by the feed's own"
    yield "# documentation. Leave out what is none of them: to ignore it is no fault."
    for one in unknown:
        units = ", ".join(sorted(map(quoted, one.units)))
        origins = " and ".join([f"in {units}"] * bool(units) + ["without a unit"] * one.bare)
        yield f"#   {quoted(one.code)} {origins}: {one.count:,}, first at {_comment(one.first)};"
        yield from (f"#     {words}" for words in _what(one))
    names = {str(variable) for one in unknown for variable in one.candidates} | site.keys()
    yield from _lists({variable: site.get(variable, []) for variable in names})


def _what(one: UnknownCode) -> Iterator[str]:
    """What a code is, or may be, and what else it takes."""
    if one.sibling is not None:
        under = "" if one.system == LOINC else "under LOINC "
        yield f"{under}{one.sibling.what}: {one.sibling.variable}, if your laboratory or device agrees.{_besides(one)}"
        yield f"Not read by itself: {one.sibling.why}."
    elif one.elsewhere:
        yield f"{_choice(one.candidates)}, if this system is LOINC by another name.{_besides(one)}"
    elif one.system == LOINC and not has_its_form(one.code):
        yield "no code of LOINC, though it came without another system: the feed should send"
        yield f"its own. By its unit it may be {_choice(one.candidates)}, or none.{_besides(one)}"
    elif one.system == LOINC:
        yield f"not known here: look it up at loinc.org. Its unit fits {_choice(one.candidates)},"
        yield f"which does not show what it is.{_besides(one)}"
    else:
        yield f"which of {_choice(one.candidates)}?{_besides(one)}"


def _besides(one: UnknownCode) -> str:
    """What else it takes."""
    spelling = " Its unit goes into a list above, too." if one.unspelt else ""
    return spelling + (" The feed has to send a unit, unless it is fio2." if one.bare else "")


def _lists(entries: Mapping[str, list[str]]) -> Iterator[str]:
    """Every name once, with what the site has there."""
    for name, known in sorted(entries.items()):
        yield f"{name} = [{', '.join(map(quoted, known))}]"


def _listed(names: Iterable[str]) -> str:
    known = sorted(names)
    return ", ".join(known[:FEW]) + (f" and {len(known) - FEW:,} more" if len(known) > FEW else "")


def _choice(names: Iterable[str]) -> str:
    known = sorted(names)
    return ", ".join(known) if len(known) <= FEW else f"these {len(known)}"


def _comment(where: str) -> str:
    """A file name may hold anything; a comment may not hold a line break."""
    return "".join(char if char.isprintable() else "?" for char in where)
