"""The verdict on what survived, and the page that shows it."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.mutation.mutants import Mutant, source_of
from tests.mutation.results import Results

LEAST_SHARE = 0.95
SURVIVORS = Path(__file__).parent / "survivors.toml"

Reasons = Mapping[tuple[str, str, str, str], str]
"""Why nothing notices a mutant, by its module, function, line before and line after."""


@dataclass(frozen=True)
class Module:
    """One module of scoring/ and what became of its mutants."""

    name: str
    mutants: list[Mutant]
    results: Results

    @property
    def complete(self) -> bool:
        return all(self.results.of(one) is not None for one in self.mutants)

    @cached_property
    def survivors(self) -> list[Mutant]:
        return [one for one in self.mutants if self.results.of(one) == "survived"]

    @property
    def killed(self) -> int:
        return sum(self.results.of(one) in ("killed", "ended") for one in self.mutants)


def reasons(path: Path = SURVIVORS) -> Reasons:
    """The hand-kept list."""
    listed = tomllib.loads(path.read_text()).get("survivor", [])
    return {(one["module"], one["function"], one["was"], one["now"]): one["reason"] for one in listed}


def verdict(modules: list[Module], known: Reasons) -> list[str]:
    """What is wrong, in lines to read; none when all is well."""
    total, killed = sum(len(module.mutants) for module in modules), sum(module.killed for module in modules)
    print(f"{killed} of {total} mutants noticed ({_share(killed, total)})")
    lines = [] if killed >= LEAST_SHARE * total else [f"fewer than {LEAST_SHARE:.0%} of the mutants are noticed"]
    return lines + [_to_be_listed(one) for module in modules for one in module.survivors if not known.get(one.name)]


def _to_be_listed(one: Mutant) -> str:
    """A survivor without a reason, as it would be in the list."""
    fields = dict(zip(("module", "function", "was", "now"), one.name, strict=True)) | {"reason": ""}
    said = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in fields.items()]
    head = f"\n# {source_of(one.module)}:{one.line}: kill it, or say in survivors.toml why nothing notices"
    return "\n".join([head, "[[survivor]]", *said])


def page(modules: list[Module], known: Reasons) -> str:
    """The whole of docs/mutation.md."""
    total, killed = sum(len(module.mutants) for module in modules), sum(module.killed for module in modules)
    rows = [
        f"| `{module.name}` | {len(module.mutants)} | {module.killed} | {len(module.survivors)} |"
        for module in modules
        if module.mutants
    ]
    parts = [_HEAD, *rows, f"| all | {total} | {killed} ({_share(killed, total)}) | {total - killed} |", _SURVIVORS]
    for module in modules:
        if module.survivors:
            parts.append(f"### {module.name}\n")
            parts += [_entry(one, known) for one in module.survivors]
    return "\n".join(parts).rstrip() + "\n"


def _entry(one: Mutant, known: Reasons) -> str:
    where = f"`{one.function}`" if one.function else "the head of the module"
    reason = known.get(one.name, "**no reason given**")
    return f"In {where}: {reason}\n\n```diff\n- {one.was}\n+ {one.now}\n```\n"


def _share(killed: int, total: int) -> str:
    return f"{killed / total:.1%}" if total else "none"


_HEAD = """\
# Mutation testing

Written by `make mutation`; do not edit. The reasons are kept by hand in `tests/mutation/survivors.toml`.

Each mutant is `scoring/` with one thing changed: a limit's other side, an operator's inverse, a number one off, a
condition turned round, a loop that does not run, a decorator gone ([cosmic-ray](https://cosmic-ray.readthedocs.io)
makes them). It is noticed when a random history no longer ends where the independent reference does, or when a test of
the rules fails. Changes of annotations are no mutants, and a change that can be made in two ways counts once.

| module | mutants | noticed | not noticed |
|---|---|---|---|"""
_SURVIVORS = """
## What nothing notices, and why
"""
