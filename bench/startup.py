"""How long it takes until the command line answers, beside a bare Python."""

from collections.abc import Generator

from bench.plan import Plan
from bench.processes import COLUMNS, python, run
from bench.table import Table


def tables(plan: Plan) -> Generator[Table]:
    """One table."""
    table = Table("startup", "start of the command line", COLUMNS, "processor s", "python")
    for _ in plan.each_round():
        table.add("python", run(python("-c", "pass")).figures())
        table.add("picustream --help", run(python("-m", "picustream", "--help")).figures())
    yield table
