"""How long Python's collector of cycles pauses a replay: `python -m bench.pauses FILE FOLDER`."""

import gc
import io
import json
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import redirect_stderr

from bench.plan import Plan
from bench.processes import python
from bench.table import Column, Table


class Pauses:
    """The walks of Python's collector, in seconds of processor time."""

    def __init__(self) -> None:
        self.longest = self.all = self._since = 0.0
        self.count = 0
        gc.callbacks.append(self._note)

    def _note(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._since = time.process_time()
        else:
            paused = time.process_time() - self._since
            self.longest, self.all, self.count = max(self.longest, paused), self.all + paused, self.count + 1


def tables(plan: Plan) -> Generator[Table]:
    """One table, a row for each feed."""
    columns = [Column("pauses"), Column("share in %", 1), Column("longest ms", 1)]
    note = "Processor time of the walks of Python's collector, of that of one replay."
    table = Table("pauses", "pauses of a replay", columns, note=note)
    for _ in plan.each_round():
        for feed in plan.replayed():
            command = python("-m", "bench.pauses", str(feed.path), str(plan.folder / "replayed"))
            found = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
            table.add(str(feed), json.loads(found))
    yield table


def measured(events: str, folder: str) -> dict[str, float]:
    """Of one replay."""
    from picustream.commands.main import main

    pauses, started = Pauses(), time.process_time()
    with redirect_stderr(io.StringIO()):
        main(["replay", events, "--out", folder])
    share = 100 * pauses.all / (time.process_time() - started)
    return {"pauses": pauses.count, "share in %": share, "longest ms": pauses.longest * 1_000}


if __name__ == "__main__":
    print(json.dumps(measured(*sys.argv[1:])))
