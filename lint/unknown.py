"""The units and codes of a feed that no code map has, and what each of them may be."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from picustream.lint.siblings import Sibling, mistyped, others, otherwise_written, siblings
from picustream.lint.sizes import another
from picustream.lint.tallies import CodeKey, CodeTally
from picustream.models.codemap import CodeMap
from picustream.models.observation import LOINC, VARIABLE
from picustream.models.variable import Variable
from picustream.scoring.chart.units import KNOWN_UNITS, QUANTITIES

Codes = dict[CodeKey, CodeTally]
Twins = Mapping[str, str | None]
"""Units of the feed that no code map has -> the one known unit that they look like."""


@dataclass(slots=True)
class UnknownUnit:
    """A unit that is refused, or would be once its code is known."""

    unit: str
    twin: str | None
    """The known unit that it is spelt almost like, and that fits."""
    candidates: set[str] = field(default_factory=set)
    """Known units that it may be a spelling of."""
    came_with: set[str] = field(default_factory=set)
    """Variables, or codes that are unknown themselves."""
    count: int = 0
    first: str = ""


@dataclass(slots=True)
class UnknownCode:
    """A code that is ignored and may be a variable that scores need."""

    system: str
    code: str
    candidates: set[Variable] = field(default_factory=set)
    units: set[str] = field(default_factory=set)
    unspelt: set[str] = field(default_factory=set)
    """Of its units those that are unknown, too."""
    bare: bool = False
    """It came without a unit."""
    sibling: Sibling | None = None
    """What it is, if that is known: one of LOINC."""
    elsewhere: bool = False
    """It is known under another system."""
    fitting: bool = False
    """A unit that it came with is known, or looks like one that is."""
    count: int = 0
    first: str = ""


def unknown_units(codes: Codes, twins: Twins, asked: list[UnknownCode]) -> list[UnknownUnit]:
    """Units that may be spellings: of variables, and of the codes that are `asked` about. One that is certainly another
    unit is none of them."""
    fitting: dict[str, list[set[str]]] = defaultdict(list)
    found: dict[str, UnknownUnit] = {}
    for key, tally in codes.items():
        refused = tally.refused.get("unit-unknown")
        if refused is None or key.unit is None or tally.variable is None or foreign(key.unit, twins):
            continue
        one = found.setdefault(key.unit, UnknownUnit(key.unit, None, first=refused.first or ""))
        one.count += refused.count
        one.came_with.add(tally.variable)
        fitting[key.unit].append(set(QUANTITIES[tally.variable].factors))
    for code in asked:
        for unit in code.unspelt:
            one = found.setdefault(unit, UnknownUnit(unit, None, first=code.first))
            one.count += 0 if fitting[unit] else code.count
            one.came_with.add(f"code {code.code}")
    for unit, one in found.items():
        _settle(one, fitting[unit], twins.get(unit))
    return list(found.values())


def _settle(one: UnknownUnit, fitting: list[set[str]], twin: str | None) -> None:
    """What it may be, by what it came with; where that is unknown itself, any unit."""
    one.candidates = set.intersection(*fitting) if fitting else set(KNOWN_UNITS)
    if twin in one.candidates:
        one.twin, one.candidates = twin, {twin}


def unknown_codes(codes: Codes, codemap: CodeMap, twins: Twins) -> Iterator[UnknownCode]:
    """Of LOINC, codes that are known to be of one of our quantities, and codes nobody knows here whose unit one of them
    has; of a site's own system, all but those whose unit is certainly none of ours."""
    found: dict[tuple[str, str], UnknownCode] = {}
    for key, tally in codes.items():
        if tally.variable is not None:
            continue
        known = _known(key.unit, codemap, twins)
        candidates = _candidates(key, known, codemap, twins)
        if candidates:
            one = found.setdefault((key.system, key.code), UnknownCode(key.system, key.code))
            one.sibling = sibling_of(key)
            one.elsewhere = meant_elsewhere(key, codemap) is not None
            _add(one, key.unit, tally, candidates, known, codemap)
    yield from found.values()


def sibling_of(key: CodeKey) -> Sibling | None:
    """What a code of LOINC is that no code map has, if it is one of our quantities; whatever its system is called."""
    return siblings().get(key.code)


def meant_elsewhere(key: CodeKey, codemap: CodeMap) -> Variable | None:
    """What a code is under LOINC that came under a system which does not have it."""
    known = codemap.known_elsewhere(key.system, key.code)
    return codemap.variable(LOINC, key.code) if known and key.system != VARIABLE else None


def _candidates(key: CodeKey, known: str | None, codemap: CodeMap, twins: Twins) -> set[Variable]:
    """What a code may be. A unit alone makes no suggestion: several quantities have it."""
    sibling, meant = sibling_of(key), meant_elsewhere(key, codemap)
    if sibling is not None:
        return {sibling.variable}
    if meant is not None:
        return {meant}
    if key.code in others() or key.code in list(Variable) or key.system == VARIABLE:
        return set()  # nobody has to be asked, or the feed has to send the right name or system
    fitting = {variable for variable, quantity in QUANTITIES.items() if known in quantity.factors}
    if otherwise_written(key.code, codemap):
        return set()
    if key.system == LOINC:
        return set() if mistyped(key.code, codemap) or key.code.lower() in list(Variable) else fitting
    return fitting or (set() if foreign(key.unit, twins) else set(Variable))


def _add(
    one: UnknownCode, unit: str | None, tally: CodeTally, candidates: set[Variable], known: str | None, codemap: CodeMap
) -> None:
    one.candidates |= candidates
    one.count += tally.total
    one.first = one.first or tally.first or ""
    one.fitting |= known is not None
    if unit is None:
        one.bare = True
        return
    one.units.add(unit)
    if codemap.ucum(unit) not in KNOWN_UNITS:
        one.unspelt.add(unit)


def _known(unit: str | None, codemap: CodeMap, twins: Twins) -> str | None:
    """The known unit that it is, or looks like."""
    if unit is None:
        return None
    ucum = codemap.ucum(unit)
    return ucum if ucum in KNOWN_UNITS else twins.get(unit)


def foreign(unit: str | None, twins: Twins) -> bool:
    """Whether a unit is certainly none of ours in another spelling."""
    return unit is not None and unit in twins and twins[unit] is None and another(unit)
