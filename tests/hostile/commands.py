"""The commands that somebody types after such a day: they work, and count what is there."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

from picustream.streams.topics import INPUTS
from tests.hostile.account import LETTERS
from tests.hostile.run import Run
from tests.hostile.standing import Read

PATIENCE = 120.0
DONE, FINDINGS = 0, 1


def command_faults(run: Run, inputs: Sequence[Read], outputs: Sequence[Read]) -> Iterator[str]:
    """What is wrong with `doctor`, `topics --check`, `deadletters list` and `consume`."""
    yield from _doctor(run)
    yield from _topics(run)
    yield from _deadletters(run, outputs)
    yield from _consume(run, inputs, INPUTS)
    yield from _consume(run, [one for one in outputs if one.topic in LETTERS], LETTERS)


def _asked(run: Run, *arguments: str) -> tuple[int, bytes, str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith("PICUSTREAM_")} | run.bench.env
    done = subprocess.run(
        [sys.executable, "-m", "picustream", *arguments], env=env, capture_output=True, timeout=PATIENCE, check=False
    )
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def _doctor(run: Run) -> Iterator[str]:
    """Whatever it finds, it comes to its end."""
    status, out, err = _asked(run, "doctor", "--json")
    if status not in (DONE, FINDINGS) or not json.loads(out)["findings"]:
        yield f"doctor: status {status}: {err[-300:]}"


def _topics(run: Run) -> Iterator[str]:
    """Content with its own configuration; where the broker does not stamp the records, it says that alone."""
    status, _, err = _asked(run, "topics", "--check")
    wanted = DONE if run.plan.ground.stamps == "LogAppendTime" else FINDINGS
    if status != wanted and run.plan.ground.compression == "producer":
        yield f"topics --check: status {status}: {err[-300:]}"


def _deadletters(run: Run, outputs: Sequence[Read]) -> Iterator[str]:
    status, out, err = _asked(run, "deadletters", "list", "--json")
    there = sum(one.topic in LETTERS for one in outputs)
    if status not in (DONE, FINDINGS):
        yield f"deadletters list: status {status}: {err[-300:]}"
    elif json.loads(out)["letters"] != there:
        yield f"deadletters list: {json.loads(out)['letters']} letters of {there}"


def _consume(run: Run, there: Sequence[Read], names: Sequence[str]) -> Iterator[str]:
    """Every committed record once, and nothing else."""
    status, out, err = _asked(run, "consume", *names)
    if status:
        yield f"consume: status {status}: {err[-300:]}"
        return
    lines = [json.loads(line, parse_int=str) for line in out.splitlines()]  # a value may hold a number of any length
    found = Counter((one["topic"], int(one["partition"]), int(one["offset"])) for one in lines)
    missing = Counter(one.place for one in there)
    yield from (f"consume: {place} is missing" for place in missing - found)
    yield from (f"consume: {place} is one too many" for place in found - missing)
