"""`python -m bench [NAME ...]`: run the benchmarks named, or all; `--help` says the rest."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

from bench import (
    batches,
    drain,
    gateway,
    growth,
    hl7,
    latency,
    page,
    pages,
    pauses,
    readmodel,
    rebuild,
    replay,
    stages,
    startup,
    workers,
)
from bench.plan import FULL, QUICK, TINY, Plan
from bench.table import Table

BENCHMARKS: dict[str, Callable[[Plan], Generator[Table]]] = {
    "replay": replay.tables,
    "stages": stages.tables,
    "pauses": pauses.tables,
    "batches": batches.tables,
    "growth": growth.tables,
    "year": growth.year_tables,
    "held": growth.held_tables,
    "startup": startup.tables,
    "store": readmodel.tables,
    "pages": pages.tables,
    "hl7": hl7.tables,
    "gateway": gateway.tables,
    "drain": drain.tables,
    "workers": workers.tables,
    "latency": latency.tables,
    "start": startup.worker_tables,
    "rebuild": rebuild.tables,
}
SIZES = {"full": FULL, "quick": QUICK, "tiny": TINY}


def main(arguments: list[str]) -> int:
    """Run benchmarks and print their figures; the exit status."""
    found = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # or the servers of a run that is ended would stay
    if found.write:
        page.write(page.kept(found.write))
        return 0
    with tempfile.TemporaryDirectory(prefix="picustream-bench-") as folder:
        rounds = found.rounds or (5 if found.size == "full" else 1)
        plan = Plan(SIZES[found.size], rounds, Path(folder), found.against)
        for name in found.names or BENCHMARKS:
            with closing(BENCHMARKS[name](plan)) as tables:  # servers, too, end with it
                for table in tables:
                    print(table.text(), end="\n\n", flush=True)
                    if found.json:
                        page.keep(found.json, [table])
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure, beside a baseline of the same run: median (min - max).",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*BENCHMARKS, []], help=", ".join(BENCHMARKS))
    parser.add_argument("--rounds", type=int, help="rounds of each measurement (default: 5, of a shorter form 1)")
    parser.add_argument("--quick", dest="size", action="store_const", const="quick", default="full", help="small feeds")
    parser.add_argument("--tiny", dest="size", action="store_const", const="tiny", help="only whether it runs")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="keep all figures there, beside those of other tables"
    )
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="measure nothing: the page from figures that were kept"
    )
    parser.add_argument(
        "--against", default="", metavar="PYTHON", help="the Python of an environment with another picustream"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
