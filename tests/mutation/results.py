"""What became of each mutant, kept as it is found out, so that a run can be broken off and gone on with."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from tests.mutation.mutants import Mutant

Outcome = Literal["killed", "survived", "ended"]
"""`ended`: it took too long, or crashed the process; noticed all the same."""


class Results:
    """Outcomes by mutant, in a file of one line each."""

    def __init__(self, path: Path, tests: Path = Path("tests")) -> None:
        self._path = path
        self._tests = _hash_of(tests)
        self._found: dict[str, tuple[Outcome, str]] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                kept = json.loads(line)
                self._found[kept["key"]] = (kept["outcome"], kept["tests"])

    def of(self, mutant: Mutant) -> Outcome | None:
        """What became of it, or None."""
        found = self._found.get(mutant.key)
        return found[0] if found else None

    def known(self, mutant: Mutant) -> bool:
        """Whether it need not be tried: a survivor is tried again whenever the tests have changed."""
        found = self._found.get(mutant.key)
        return found is not None and (found[0] != "survived" or found[1] == self._tests)

    def add(self, mutant: Mutant, outcome: Outcome) -> None:
        self._found[mutant.key] = (outcome, self._tests)
        with self._path.open("a") as lines:
            lines.write(f"{self._line(mutant)}\n")

    def write(self, path: Path, mutants: Iterable[Mutant]) -> None:
        """Keeps what is known of some mutants, in an order of its own."""
        lines = sorted(self._line(one) for one in mutants if one.key in self._found)
        path.write_text("".join(f"{line}\n" for line in lines))

    def _line(self, mutant: Mutant) -> str:
        outcome, tests = self._found[mutant.key]
        return json.dumps({"key": mutant.key, "outcome": outcome, "tests": tests})


def _hash_of(tests: Path) -> str:
    """Of what a mutant is tried with: the tests of the core, and the reference."""
    every = sorted(path for part in ("scoring", "reference") for path in (tests / part).rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in every)).hexdigest()[:16]
