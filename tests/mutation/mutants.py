"""The mutants of a module: cosmic-ray makes them, and what is no change of behaviour or made twice is left out."""

import ast
import difflib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

OPERATORS = re.compile(
    "core/(?:ReplaceComparisonOperator_(?:Lt_LtE|LtE_Lt|Gt_GtE|GtE_Gt|Eq_NotEq|NotEq_Eq|Is_IsNot|IsNot_Is)"
    "|ReplaceBinaryOperator_(?:Add_Sub|Sub_Add|Mul_Div|Div_Mul|FloorDiv_Mul|Mod_Mul|Pow_Mul|BitOr_BitAnd|BitAnd_BitOr)"
    "|ReplaceUnaryOperator_(?:Delete_.*|USub_UAdd)|Replace(?:True|False|And|Or|Break|Continue)With.*"
    "|AddNot|NumberReplacer|RemoveDecorator|ZeroIterationForLoop)"
)
"""One neighbour of each operator: the limit's other side, the inverse. What is further off is no harder to see."""

KEPT_DECORATORS = ("cache", "cached_property", "dataclass", "lru_cache")
"""Without these a function is slower and a class fails as it is imported: nothing is learned."""


@dataclass(frozen=True)
class Mutant:
    """A module with one thing changed."""

    module: str
    function: str
    """Qualified name of what it was changed in; empty at the head of the module."""
    line: int
    was: str
    now: str
    """The line before and after, without its indentation."""
    source: str
    key: str
    """The same as long as the statement around it is the same, wherever it stands."""

    @property
    def name(self) -> tuple[str, str, str, str]:
        return self.module, self.function, self.was, self.now


def names(tree: Path = Path()) -> list[str]:
    """Every module of scoring/: by its name, and of a score's folder with that before it (`mods.score`)."""
    return sorted(_name(path) for path in (tree / "scoring").rglob("[!_]*.py"))


def _name(path: Path) -> str:
    return f"{path.parent.name}.{path.stem}" if path.parent.parent.name == "scores" else path.stem


def source_of(module: str, tree: Path = Path()) -> Path:
    """The file of a module."""
    [path] = [path for path in (tree / "scoring").rglob("[!_]*.py") if _name(path) == module]
    return path


def mutants(module: str, source: str) -> list[Mutant]:
    """Every mutant of a module once, in the order of its lines."""
    plain = _statements(source)
    found: dict[str, Mutant] = {}
    for mutated in _mutated(source):
        changed = _statements(mutated) - plain
        key = hashlib.sha256("\n".join([module, *sorted(changed), *sorted(plain - _statements(mutated))]).encode())
        if changed and key.hexdigest() not in found:
            one = _described(module, source, mutated, key.hexdigest())
            if not (one.was.startswith("@") and one.was[1:].split("(")[0] in KEPT_DECORATORS):
                found[one.key] = one
    return sorted(found.values(), key=lambda one: (one.line, one.now))


def _mutated(source: str) -> Iterator[str]:
    for name in operator_names():
        if OPERATORS.fullmatch(name):
            operator = get_operator(name)()
            for occurrence in count():
                mutated = mutate_code(source, operator, occurrence)
                if mutated is None:
                    break
                if _is_a_program(mutated):
                    yield mutated


def _is_a_program(source: str) -> bool:
    """The stars of `f(**fields)` are taken for a power, for one."""
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def _statements(source: str) -> set[str]:
    """The top-level statements as they run, and those of each class: no annotations, one form of what is the same."""
    return set(_dumped(_AsItRuns().visit(ast.parse(source)).body, ""))


def _dumped(body: list[ast.stmt], around: str) -> Iterator[str]:
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            yield from _dumped(statement.body, f"{around}{statement.name}.")
            statement.body = []
        yield around + ast.dump(statement)


class _AsItRuns(ast.NodeTransformer):
    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        """The star or the slash of a signature is no product and no quotient."""
        node.args, node.posonlyargs, node.kwonlyargs = [*node.posonlyargs, *node.args, *node.kwonlyargs], [], []
        node.defaults, node.kw_defaults = [*node.defaults, *filter(None, node.kw_defaults)], []
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        inner = node.operand
        if isinstance(node.op, ast.UAdd):
            return inner
        if isinstance(node.op, ast.Not) and isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.Not):
            return inner.operand
        if isinstance(node.op, ast.Not) and isinstance(inner, ast.Compare) and len(inner.ops) == 1:
            opposite = _OPPOSITES.get(type(inner.ops[0]))
            if opposite is not None:
                return ast.Compare(inner.left, [opposite()], inner.comparators)
        return node


_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


def _described(module: str, source: str, mutated: str, key: str) -> Mutant:
    before, after = source.splitlines(), mutated.splitlines()
    [(start, end, new_start, new_end)] = [
        (i1, i2, j1, j2)
        for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        if tag != "equal"
    ]
    was, now = _told(before[start:end]), _told(after[new_start:new_end])
    return Mutant(module, _around(source, start + 1), start + 1, was, now, mutated, key)


def _told(lines: list[str]) -> str:
    return " ".join(" ".join(lines).split())


def _around(source: str, line: int) -> str:
    """The qualified name of the function or class that a line is in."""
    names, body = [], ast.parse(source).body
    while True:
        inside = [node for node in body if isinstance(node, ast.ClassDef | ast.FunctionDef) and _holds(node, line)]
        if not inside:
            return ".".join(names)
        names.append(inside[0].name)
        body = inside[0].body


def _holds(node: ast.ClassDef | ast.FunctionDef, line: int) -> bool:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return first <= line <= (node.end_lineno or first)
