"""Who may import whom: imports go one way over all folders, in no circle, and the core is pure.

import-linter does not do it: it looks for a package's folders inside one folder, and ours stand side by side.
"""

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.paths import ROOT

SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
FOLDERS = {Path(folder).parts[0] for folder in SETUPTOOLS["package-dir"].values()}
LONGEST = 300
"""Lines of a module."""

CORE = ("models", "scoring")
FORBIDDEN = {
    "faust", "mode", "kafka", "aiokafka", "redis", "time", "random", "secrets", "uuid", "socket", "asyncio",
    "threading", "subprocess", "logging", "structlog", "os",
}  # fmt: skip
CLOCKS = {"datetime", "date", "time", "calendar"}
CLOCK_CALLS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter", "localtime"}
MAY_IMPORT = {"models": {"models"}, "scoring": {"models", "scoring"}}
"""Which of our folders each folder of the core may import."""
ROOMS = {
    "chart": {"chart"},
    "records": {"chart", "records", "rules"},
    "clinical": {"chart", "clinical"},
    "scores": {"chart", "records", "clinical", "budget", "scores", "trial", "presence"},
    "trial": {"chart", "records", "clinical", "budget", "scores", "trial"},
    "presence": {"chart", "records", "clinical", "budget", "scores", "presence"},
    "alerts": {"chart", "records", "clinical", "alerts", "rules", "validation"},
}
"""What each folder of scoring/ may import of scoring/; what stands beside them may import all."""
LAYERS = (
    ("models", "runtime"),
    ("scoring",),
    ("contract",),
    ("streams.store",),
    ("streams.kafka",),
    ("streams.partition",),
    ("streams.worker",),
    ("eventfiles",),
    ("terminal",),
    ("deadletters", "explain", "lint", "local"),
    ("gateways", "readmodel"),
    ("doctor",),
    ("board",),
    ("agents", "demo"),
    ("commands",),
)
"""Each folder may import what stands before it, and nothing of its own line but itself: so only commands import agents
and the demo. `picustream/` has the version, which all may read, and what it shows of them to others."""
LEVEL = {layer: level for level, line in enumerate(LAYERS) for layer in line}
READ = (*sorted(FOLDERS), "tests/scoring", "tests/reference")


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def imported(path: Path) -> Iterator[str]:
    """Full names of everything a module imports, at its top or anywhere inside."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield f"{node.module}"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def dotted(path: Path) -> str:
    """The name that a module is imported by."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return ".".join(parts if parts[0] == "picustream" else ("picustream", *parts))


VERSION = ("picustream", "__version__")
"""What every module may know."""
PRODUCT = {dotted(path): path for path in modules(*FOLDERS)}


def ours(path: Path) -> Iterator[tuple[str, str | None]]:
    """Every module of the product that a module imports, with the name that it takes from it, if it takes one."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names if alias.name in PRODUCT)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                module = f"{node.module}.{alias.name}"
                if module in PRODUCT:
                    yield module, None
                elif node.module in PRODUCT and (node.module, alias.name) != VERSION:
                    yield node.module, alias.name


def defined(path: Path) -> set[str]:
    """The names of a module's own classes, functions and constants."""
    nodes = list(ast.walk(tree_of(path)))
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return stored | {node.name for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef)}


def layer_of(module: str) -> str:
    """`streams.kafka` of `picustream.streams.kafka.topics`, `commands` of `picustream.commands.main`."""
    return next((layer for layer in LEVEL if f"{module}.".startswith(f"picustream.{layer}.")), "picustream")


def before(layer: str, own: str) -> bool:
    """Whether a folder may import another; what has no place in the order is of no folder, and may import all."""
    return layer == own or LEVEL.get(layer, len(LAYERS)) < LEVEL.get(own, len(LAYERS))


@pytest.mark.proves("I8")
@pytest.mark.parametrize("path", modules(*CORE), ids=name)
def test_the_core_imports_no_server_no_clock_and_no_chance(path: Path) -> None:
    """Models and rules know nothing of Faust, Kafka, Redis, the time or the dice."""
    assert {module.partition(".")[0] for module in imported(path)}.isdisjoint(FORBIDDEN)


@pytest.mark.proves("I8")
@pytest.mark.parametrize("path", modules(*CORE), ids=name)
def test_the_core_asks_no_clock(path: Path) -> None:
    """Time enters as a value: nothing calls now, today or the like."""
    calls = (node.func for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call))
    asked = {
        f"{call.value.id}.{call.attr}"
        for call in calls
        if isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name) and call.value.id in CLOCKS
    }
    assert {call for call in asked if call.partition(".")[2] in CLOCK_CALLS} == set()


@pytest.mark.parametrize("path", modules(*MAY_IMPORT), ids=name)
def test_imports_go_one_way(path: Path) -> None:
    """Models import nothing of ours, scoring imports models."""
    folder = path.relative_to(ROOT).parts[0]
    ours = {module.split(".")[1] for module in imported(path) if module.startswith("picustream.")}
    assert ours - {"__version__"} <= MAY_IMPORT[folder]


def test_folders_import_what_stands_before_them() -> None:
    """One order of all folders: nothing imports what is built on it, be it inside a function or for types alone."""
    back = {
        (name(path), other)
        for module, path in PRODUCT.items()
        for other, _ in ours(path)
        if not before(layer_of(other), layer_of(module))
    }
    assert back == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Each can be read after those that it imports."""
    left = {module: {other for other, _ in ours(path)} - {module} for module, path in PRODUCT.items()}
    while free := {module for module, others in left.items() if not others}:
        left = {module: others - free for module, others in left.items() if module not in free}
    assert left == {}


def test_names_are_imported_from_where_they_are_defined() -> None:
    """No module hands on what it has from another."""
    has = {module: {taken for _, taken in ours(path)} for module, path in PRODUCT.items()}
    handed_on = {
        (name(path), other, taken)
        for path in PRODUCT.values()
        for other, taken in ours(path)
        if taken and taken in has[other] and taken not in defined(PRODUCT[other])
    }
    assert handed_on == set()


@pytest.mark.parametrize("path", modules(*(f"scoring/{room}" for room in ROOMS)), ids=name)
def test_rules_know_nothing_of_the_engine(path: Path) -> None:
    """From the chart to the records to the rules to the alerts, and never back; none of them knows who asks."""
    of_scoring = [module.split(".")[2] for module in imported(path) if module.startswith("picustream.scoring.")]
    assert set(of_scoring) <= ROOMS[path.relative_to(ROOT).parts[1]]


@pytest.mark.parametrize("path", modules(*CORE), ids=name)
def test_the_core_never_catches_everything(path: Path) -> None:
    """No bare except, and no except Exception: an error that nobody foresaw is seen."""
    caught = [node.type for node in ast.walk(tree_of(path)) if isinstance(node, ast.ExceptHandler)]
    names = {getattr(kind, "id", None) for kind in caught}
    assert None not in caught
    assert names.isdisjoint({"Exception", "BaseException"})


def test_no_module_is_longer_than_can_be_read_in_one_go() -> None:
    """At most 300 lines, in the product and in the tests of its core."""
    lines = {name(path): len(path.read_text().splitlines()) for path in modules(*READ)}
    assert {path: count for path, count in lines.items() if count > LONGEST} == {}
