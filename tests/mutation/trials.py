"""The trials: `python -m tests.mutation.trials RESULTS PART/PARTS MODULE...`, started inside a copy of the tree.

Each mutant is written over its module, and a forked process tries it: what is slow to import and what the reference
says is there already. A process that takes too much of the processor's time or memory is ended: the mutant is killed.
"""

import contextlib
import os
import resource
import signal
import sys
from pathlib import Path

import hypothesis  # noqa: F401 - imported before the forks, so that no fork has to
import jsonschema  # noqa: F401
import pytest  # noqa: F401

import picustream.models.codemap
import picustream.models.event
import picustream.models.protocol
import picustream.models.record  # noqa: F401
from tests.mutation.killers import Expected, expected, kills
from tests.mutation.likely import Likely
from tests.mutation.mutants import Mutant, mutants, source_of
from tests.mutation.results import Outcome, Results

MEMORY = 4 << 30
"""Bytes."""
SLACK_SECONDS, TIMES_SLOWER = 3.0, 2.0
"""A mutant may take so much more of the processor's time than the module as it is."""


def main() -> int:
    """Try one part of the mutants of some modules; 0, or 1 where the tests fail without any."""
    results, modules = Results(Path(sys.argv[1])), sys.argv[3:]
    part, parts = map(int, sys.argv[2].split("/"))
    histories, likely = expected(), Likely(Path("likely.txt"))
    for module in modules:
        path = source_of(module)
        every = mutants(module, path.read_text())
        waiting = [one for one in every[part::parts] if not results.known(one)]
        print(f"{module}: {len(every)} mutants, {len(waiting)} to try", flush=True)
        if not waiting:
            continue
        begun = _cpu()
        if _outcome(module, histories, 3600.0, likely) != "survived":
            print(f"{module}: its tests fail as it is; mend that first")
            return 1
        limit = SLACK_SECONDS + TIMES_SLOWER * (_cpu() - begun)
        for number, one in enumerate(waiting, 1):
            outcome = _tried(one, path, histories, limit, likely)
            results.add(one, outcome)
            print(f"{module}: {number} of {len(waiting)}: line {one.line} {outcome}", flush=True)
    return 0


def _cpu() -> float:
    return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def _tried(mutant: Mutant, path: Path, histories: list[Expected], limit: float, likely: Likely) -> Outcome:
    source, stat = path.read_text(), path.stat()
    path.write_text(mutant.source)
    os.utime(path, (1, 1))  # no compiled file is of that time
    try:
        return _outcome(mutant.module, histories, limit, likely)
    finally:
        path.write_text(source)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def _outcome(module: str, histories: list[Expected], limit: float, likely: Likely) -> Outcome:
    child = os.fork()
    if child == 0:
        os._exit(_child(module, histories, limit, likely))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    likely.learn()
    return {0: "survived", 1: "killed"}.get(status, "ended")


def _child(module: str, histories: list[Expected], limit: float, likely: Likely) -> int:
    sys.dont_write_bytecode = True
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with (
        Path(os.devnull).open("w") as nowhere,
        contextlib.redirect_stdout(nowhere),
        contextlib.redirect_stderr(nowhere),
    ):
        try:
            return int(kills(module, histories, limit, likely))
        except BaseException:  # noqa: BLE001 - whatever a mutant raises, it has been noticed: that is the outcome
            return 1


if __name__ == "__main__":
    sys.exit(main())
