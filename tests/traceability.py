"""Which code implements each rule and which tests prove it: read from the sources, written to docs/traceability.md.

Which rules there are is read from docs/rules.md and docs/invariants.md: a heading with the number, and a title in bold.

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
_STATED = re.compile(r"^### ([A-Z]\d+)\n\n\*\*(.+?)\.\*\* ", re.MULTILINE)
"""A number, its title in bold, and the statement."""


def _stated(page: str) -> dict[str, dict[str, str]]:
    """By heading of a page the rules stated under it: number and title."""
    parts = re.split(r"^#{1,2} ", (DOCS / page).read_text(), flags=re.MULTILINE)
    found = {part.partition("\n")[0]: dict(_STATED.findall(part)) for part in parts}
    return {heading: rules for heading, rules in found.items() if rules}


RULES = _stated("rules.md")
INVARIANTS = _stated("invariants.md")["Invariants"]
TITLES = {rule: title for rules in (*RULES.values(), INVARIANTS) for rule, title in rules.items()}

NOT_RULES = {"T0"}
"""Words of the protocol that only look like a rule: T0 is the start of treatment."""

_LETTERS = "".join(sorted({rule[0] for rule in TITLES}))
_RULE = re.compile(rf"(?<![\w/-])([{_LETTERS}])(\d{{1,2}})(?:[-–]\1(\d{{1,2}}))?(?!\w)")
_IN_A_NAME = re.compile(rf"(?<=_)[{_LETTERS.lower()}]\d{{1,2}}(?=_|$)")


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
