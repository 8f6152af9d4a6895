"""`python -m tests.mutation [--module NAME]... [--jobs N] [--fresh]`: which mutants of scoring/ would no test notice?

Works on a copy of the tree in `.mutation/`, where the outcomes stay: a run that was broken off goes on, and only what
was changed since is tried again. A run that ended keeps them in `outcomes.ndjson`; `--fresh` asks nobody. Exit status 0
when at least 95 % of the mutants are noticed and each survivor is in `survivors.toml` with its reason; 1 when not.
`docs/mutation.md` is written when every module has been tried.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.mutation.mutants import mutants, names, source_of
from tests.mutation.report import Module, page, reasons, verdict
from tests.mutation.results import Results
from tests.paths import ROOT

WORK = ROOT / ".mutation"
OUTCOMES = Path(__file__).parent / "outcomes.ndjson"
"""What was found out before, by whomever: a first run on a machine begins with it."""
PAGE = ROOT / "docs" / "mutation.md"
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
FOLDERS = sorted({Path(folder).parts[0] for folder in SETUPTOOLS["package-dir"].values()} - {"picustream"})
ENVIRONMENT = {"PICUSTREAM_TEST_SEEDS": "5", "PYTHONSAFEPATH": ""}
"""The random tests are short: the histories have been tried before them."""


def main() -> int:
    """Try what has to be tried, and judge; the exit status."""
    options = _options()
    every = names(ROOT)
    if options.fresh:
        shutil.rmtree(WORK, ignore_errors=True)
    results = WORK / "results.ndjson"
    if not results.exists() and not options.fresh:
        WORK.mkdir(exist_ok=True)
        shutil.copy(OUTCOMES, results)
    trees = [_copied(WORK / f"tree-{number}") for number in range(options.jobs)]
    if failed := _tried(trees, results, options.module or every):
        return failed
    kept = Results(results, ROOT / "tests")
    modules = [Module(name, mutants(name, source_of(name, ROOT).read_text()), kept) for name in every]
    kept.write(OUTCOMES, [one for module in modules for one in module.mutants])
    asked = [module for module in modules if module.name in (options.module or every)]
    lines = verdict(asked, reasons())
    print("\n".join(lines) if lines else "all right: every survivor has its reason")
    if all(module.complete for module in modules):
        PAGE.write_text(page(modules, reasons()))
    return 1 if lines else 0


def _tried(trees: list[Path], results: Path, modules: list[str]) -> int:
    """Try what has to be tried, a part of the mutants in each tree; not 0 where a part failed."""
    command, environment = [sys.executable, "-m", "tests.mutation.trials", str(results)], {**os.environ, **ENVIRONMENT}
    parts = [
        subprocess.Popen([*command, f"{number}/{len(trees)}", *modules], cwd=tree, env=environment)
        for number, tree in enumerate(trees)
    ]
    return max(abs(part.wait()) for part in parts)


def _copied(tree: Path) -> Path:
    """A copy of what the tests need, its folders inside the package as they are when installed."""
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    for name in (*FOLDERS, "picustream", "tests", "docs"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tree)
    for folder in FOLDERS:
        (tree / "picustream" / folder).symlink_to(tree / folder)
    return tree


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--module", action="append", help="only this module of scoring/; may be given often")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="mutants tried at a time (one per core)")
    parser.add_argument("--fresh", action="store_true", help="forget the outcomes of earlier runs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
