"""No reference leads nowhere: links, files, folders, modules, names and tests in documents and docstrings are there."""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from tests.paths import DOCS, ROOT

FILE = re.compile(r"(?<![\w/.:-])((?:\.\./)*[\w@.-]+(?:/[\w.@-]+)*/[\w.@-]+\.(?:py|md|lua|toml|yml|json|csv))(?!\w)")
"""A file with its folder. What stands behind `://` or in a pattern is none."""
BARE = re.compile(r"`(\w[\w@-]*\.(?:py|lua))`")
"""A file without its folder."""
FOLDER = re.compile(r"`(\w[\w-]*(?:/[\w-]+)*)/`")
MODULE = re.compile(r"(?<![\w.])picustream(?![\w.]*\.toml)(?:\.[a-z_]\w*)+")
TEST = re.compile(r"`(test_\w+)`")
NAME = re.compile(r"`((?:[a-z_]+\.)?_?(?:[A-Z][a-z]+)+(?:\.\w+)*)(?:\(\))?`")
"""A class, or what belongs to one."""
ELSEWHERE = re.compile(
    r"\b(?:design|contract|clinical|house|people|interop)\.md\b|\.\./shared"
    r"|\b(?:design|clinical|contract|section|issue)\s\d",
    re.IGNORECASE,
)
"""Documents that a reader of the repository does not have."""

MADE_UP = {"deploy/picustream.toml", "test_v1_of_a_file"}
"""Examples: a file that an operator writes, a name that no test has."""
OF_OTHERS = {"ConsumerScheduler", "Infinity", "InvalidTxnState", "LogAppendTime", "schema"}
"""Of Kafka, Faust, JSON and the Compose Specification."""
BESIDE = {"bench/real.py", "tests/paths.py", "docs/mutation.md"}
"""They say themselves that what they name may be missing."""


def files(*endings: str) -> list[Path]:
    """All of the repository's files with these endings; none of an environment, a cache or a build."""
    found = (path for path in ROOT.rglob("*") if path.suffix in endings)
    ours = ((path, path.relative_to(ROOT).parts) for path in found)
    return sorted(path for path, parts in ours if parts[0] != "build" and not any(one.startswith(".") for one in parts))


PAGES, SOURCES = files(".md"), files(".py")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def words(path: Path) -> str:
    """What a file says to people: a page whole, of a source its docstrings and comments."""
    text = path.read_text()
    if path.suffix == ".md":
        return text
    strings = (node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Expr))
    docstrings = (one.value for one in strings if isinstance(one, ast.Constant) and isinstance(one.value, str))
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return "\n".join([*docstrings, *(token.string for token in tokens if token.type == tokenize.COMMENT)])


def lost(wanted: re.Pattern[str], is_there: Callable[[str, Path], bool], paths: Iterable[Path]) -> dict[str, list[str]]:
    """By file, what it names that is not there."""
    found = {name(path): sorted(set(wanted.findall(words(path))) - MADE_UP - OF_OTHERS) for path in paths}
    missing = {path: [one for one in named if not is_there(one, ROOT / path)] for path, named in found.items()}
    return {path: named for path, named in missing.items() if named}


@cache
def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings, outside its fenced blocks."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """(file, anchor) of every link that stays in the repository."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if not re.match(r"\w+:", target):
            file, _, anchor = target.partition("#")
            yield (page.parent / file).resolve() if file else page, anchor


def test_every_link_leads_to_a_file_and_to_a_heading_that_it_has() -> None:
    every = [(page, *link) for page in PAGES for link in links(page)]
    assert [(name(page), str(file)) for page, file, _ in every if not file.exists()] == []
    assert [(name(page), name(to), at) for page, to, at in every if at and at not in anchors(to)] == []


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached:
            reached.add(page)
            waiting += [to for to, _ in links(page) if to.suffix == ".md"]
    assert set(DOCS.glob("*.md")) - reached == set()


def test_every_heading_that_a_docstring_names_is_there() -> None:
    heading = re.compile(r"docs/(\w+\.md#[\w-]+)")
    assert lost(heading, lambda one, _: one.partition("#")[2] in anchors(DOCS / one.partition("#")[0]), SOURCES) == {}


def test_every_file_and_every_folder_that_is_named_is_there() -> None:
    """By its way from the root of the repository, or from the folder of who names it; of a folder the end will do."""
    known = {path.name for path in files(".py", ".lua")}

    def is_there(one: str, by: Path) -> bool:
        return (ROOT / one).exists() or (by.parent / one).exists()

    assert lost(FILE, is_there, PAGES + SOURCES) == {}
    folders = [f"/{name(path.parent)}" for path in SOURCES]
    assert lost(FOLDER, lambda one, by: is_there(one, by) or any(f.endswith(f"/{one}") for f in folders), PAGES) == {}
    assert lost(BARE, lambda one, _: one in known, PAGES + SOURCES) == {}


def test_every_module_that_is_named_is_there() -> None:
    assert lost(MODULE, lambda one, _: module_is_there(one), PAGES + SOURCES) == {}


def module_is_there(module: str) -> bool:
    """A folder or a module of the package, or a name in one."""
    where = ROOT
    for part in module.split(".")[1:]:
        if (where / part).is_dir() or (where / f"{part}.py").exists():
            where /= part
            continue
        home = next(
            one
            for one in (where.with_suffix(".py"), where / "__init__.py", ROOT / "picustream/__init__.py")
            if one.exists()
        )
        return bool(re.search(rf"\b{part}\b", home.read_text()))
    return True


def test_every_class_that_is_named_is_there() -> None:
    """And what is said to belong to it: each part of the name is a name in the code."""
    known = {path.stem for path in SOURCES}
    for path in SOURCES:
        tokens = tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
        known |= {token.string for token in tokens if token.type == tokenize.NAME}
    assert lost(NAME, lambda one, _: set(one.split(".")) <= known, PAGES + SOURCES) == {}


def test_every_test_that_is_named_is_there() -> None:
    known = {path.stem for path in SOURCES}
    for path in files(".py"):
        if path.name.startswith("test_"):
            known |= set(re.findall(r"def (test_\w+)\(", path.read_text()))
    assert lost(TEST, lambda one, _: one in known, PAGES + SOURCES) == {}


def test_nothing_refers_to_a_document_that_the_reader_does_not_have() -> None:
    paths = [path for path in PAGES + SOURCES if name(path) not in BESIDE and path != Path(__file__)]
    assert lost(ELSEWHERE, lambda *_: False, paths) == {}
