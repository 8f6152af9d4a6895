"""The core is pure: who may import whom, no clock, no chance, no servers, and modules that can be read in one go."""

import ast
import tomllib
from collections.abc import Iterator
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
    "clinical": {"chart", "records", "clinical"},
    "alerts": {"chart", "records", "clinical", "alerts", "rules", "validation"},
}
"""What each folder of scoring/ may import of scoring/; what stands beside them may import all."""
READ = (*sorted(FOLDERS), "tests/scoring", "tests/reference")


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


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


@pytest.mark.parametrize("path", modules(*(f"scoring/{room}" for room in ROOMS)), ids=name)
def test_rules_know_nothing_of_the_engine(path: Path) -> None:
    """From the chart to the records to the rules to the alerts, and never back; none of them knows who asks."""
    of_scoring = [module.split(".")[2] for module in imported(path) if module.startswith("picustream.scoring.")]
    assert set(of_scoring) <= ROOMS[path.parent.name]


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
