"""Which code implements each rule and which tests prove it: read from the sources, written to docs/traceability.md.

`python -m tests.traceability` rewrites the page; `tests/project/test_traceability.py` fails when it is out of date.
Code counts when its docstring names the rule; a test counts when it is marked with `proves` or, where it has no such
mark, when its name or docstring names the rule. A docstring at the head of a module is no implementation: it only says
what the module is about.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from tests.paths import DOCS, ROOT

PAGE = DOCS / "traceability.md"

CODE = ("models", "scoring", "streams")
RULES = {
    "Time and days": {
        "T1": "the local calendar day",
        "T2": "the bounds of a stay",
        "T3": "PICU, elapsed and SDTM days",
        "T4": "closing a day",
        "T5": "days that fall out of the stay",
        "T6": "times in the future",
    },
    "Variables": {
        "V1": "usable values and their order",
        "V2": "exact decimals",
        "V3": "PEEP in force",
        "V4": "values of which only a side is known",
    },
    "Marshall MODS": {
        "M1": "bands",
        "M2": "the first value of the day",
        "M3": "creatinine, bilirubin, platelets",
        "M4": "respiratory",
        "M5": "cardiovascular",
        "M6": "neurologic, and sedation",
        "M7": "carried forward",
        "M8": "measured, carried and assumed kept apart; the range",
        "M9": "assumed while sedated",
        "M10": "the verbal score of the intubated",
        "M11": "derived from adults",
    },
    "Pairing": {
        "P1": "FiO2 with a PaO2",
        "P2": "support in force",
        "P3": "P/F",
        "P4": "heart rate and pressure with a CVP",
    },
    "ARDS and APPS": {
        "A1": "points and total",
        "A2": "candidates",
        "A3": "episodes and their assessment",
        "A4": "24 hours after onset",
        "A5": "daily",
        "A6": "plateau pressure",
        "A7": "missing components",
        "A8": "standard settings",
    },
    "Eligibility": {
        "E1": "age",
        "E2": "48 hours",
        "E3": "consent",
        "E4": "completeness",
        "E5": "state",
    },
    "Outcomes": {
        "O1": "discharge and length of stay",
        "O2": "death in the PICU",
        "O3": "death and survival in follow-up",
        "O4": "the analysis window",
        "O5": "ARDS onset and its APPS",
    },
}
INVARIANTS = {
    "I1": "convergence",
    "I2": "nothing lost",
    "I3": "nothing twice",
    "I4": "one writer",
    "I5": "state can be rebuilt",
    "I6": "missing is never zero",
    "I7": "explained",
    "I8": "time closes",
    "I9": "bounded",
    "I10": "private",
}
TITLES = {rule: title for rules in (*RULES.values(), INVARIANTS) for rule, title in rules.items()}

NOT_RULES = {"T0"}
"""Words of the protocol that only look like a rule: T0 is the start of treatment."""

_RULE = re.compile(r"(?<![\w/-])([TVMPAEOI])(\d{1,2})(?:[-–]\1(\d{1,2}))?(?!\w)")
_IN_A_NAME = re.compile(r"(?<=_)[tvmpaeoi]\d{1,2}(?=_|$)")


@dataclass(frozen=True, order=True)
class Place:
    """Where a rule is named: a file, and in it a qualified name (empty: the head of the module)."""

    path: str
    name: str


def rules_in(docstring: str) -> set[str]:
    """The rules that a text names, existing or not; `A4-A8` names five."""
    found: set[str] = set()
    for letter, first, last in _RULE.findall(docstring):
        found |= {f"{letter}{number}" for number in range(int(first), int(last or first) + 1)}
    return found - NOT_RULES


def docstrings(body: list[ast.stmt], around: str = "") -> Iterator[tuple[str, str]]:
    """(qualified name, text) of every docstring of a module's body: module, classes, functions, attributes."""
    name = around
    for node in body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield name, node.value.value
        name = ".".join(filter(None, (around, _name(node))))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from docstrings(node.body, name)


def _name(node: ast.stmt) -> str:
    """What a statement defines, or nothing."""
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    return target.id if isinstance(target, ast.Name) else ""


def named_in_code(*folders: str) -> dict[str, set[Place]]:
    """Every rule that a docstring names, existing or not, with the places that name it."""
    places: dict[str, set[Place]] = defaultdict(set)
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for name, said in docstrings(ast.parse(path.read_text()).body):
                for rule in rules_in(said):
                    places[rule].add(Place(path.relative_to(ROOT).as_posix(), name))
    return places


def proved_by_tests() -> dict[str, set[Place]]:
    """Every rule that a test proves, existing or not, with the tests."""
    places: dict[str, set[Place]] = defaultdict(set)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node, name in _tests(ast.parse(path.read_text()).body):
            for rule in _proves(node) or _says(node):
                places[rule].add(Place(path.relative_to(ROOT).as_posix(), name))
    return places


def _tests(body: list[ast.stmt], around: str = "") -> Iterator[tuple[ast.FunctionDef | ast.AsyncFunctionDef, str]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _tests(node.body, f"{around}{node.name}.")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node, around + node.name


def _proves(test: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The rules of the marks; a rule that is no plain string is a ValueError."""
    marks = [mark for mark in test.decorator_list if isinstance(mark, ast.Call)]
    named = [rule for mark in marks if ast.unparse(mark.func) == "pytest.mark.proves" for rule in mark.args]
    return {str(ast.literal_eval(rule)) for rule in named}


def _says(test: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    """The rules of the name and the docstring; what only looks like one (`test_v1_of_a_file`) does not count."""
    said = {rule.upper() for rule in _IN_A_NAME.findall(test.name)} | rules_in(ast.get_docstring(test) or "")
    return said & TITLES.keys()


def implemented(rule: str, code: dict[str, set[Place]]) -> list[Place]:
    """The functions, classes and attributes whose docstring names a rule."""
    return sorted(place for place in code.get(rule, ()) if place.name)


def page() -> str:
    """The whole of docs/traceability.md."""
    code, tests = named_in_code(*CODE), proved_by_tests()
    parts = [_HEAD]
    for heading, rules in RULES.items():
        parts += [f"## {heading}\n", *(_entry(rule, code, tests) for rule in rules)]
    parts += ["## Invariants\n", _INVARIANTS, *(_entry(rule, code, tests) for rule in INVARIANTS)]
    return "\n".join(parts)


def _entry(rule: str, code: dict[str, set[Place]], tests: dict[str, set[Place]]) -> str:
    found, proofs = implemented(rule, code), sorted(tests.get(rule, ()))
    page = "invariants" if rule in INVARIANTS else "rules"
    lines = [f"### {rule}: {TITLES[rule]}\n", f"[What it says]({page}.md#{rule.lower()})\n"]
    lines += [f"Code: {_code(found)}\n" if found else "Code: no single function; it holds by the whole.\n"]
    lines += [f"Tests ({len(proofs)}):\n", *_by_file(proofs)] if proofs else ["Tests: **not yet shown by a test.**"]
    return "\n".join(lines) + "\n"


def _code(places: list[Place]) -> str:
    names = [f"{place.path.removesuffix('.py').replace('/', '.')}:{place.name}" for place in places]
    return ", ".join(f"[`{name}`](../{place.path})" for name, place in zip(names, places, strict=True))


def _by_file(places: list[Place]) -> list[str]:
    files: dict[str, list[str]] = defaultdict(list)
    for place in places:
        files[place.path].append(place.name)
    return [f"- [`{path}`](../{path}): {', '.join(f'`{name}`' for name in names)}" for path, names in files.items()]


_HEAD = """\
# Rules, code and tests

Written by `make trace` from the sources; do not edit. A rule's code is every function, class and attribute whose
docstring names it; its tests are those marked with it (`@pytest.mark.proves`) or, without a mark, named after it. What
the rules say stands in [rules.md](rules.md), and what holds of the whole in [invariants.md](invariants.md).
"""
_INVARIANTS = """\
What holds of the whole system. An invariant is seldom the work of one function; where no test shows it yet, it says so.
"""


if __name__ == "__main__":
    PAGE.write_text(page())
