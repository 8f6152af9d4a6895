"""The commands that somebody types after such a day: they work, and count what is there."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from picustream.models.event import INPUT_TOPICS
from tests.hostile.account import LETTERS
from tests.hostile.run import Run
from tests.hostile.standing import Read

PATIENCE = 120.0
DONE, FINDINGS = 0, 1


def command_faults(
    run: Run, inputs: Sequence[Read], outputs: Sequence[Read], unreadable: set[tuple[str, int, int]]
) -> Iterator[str]:
    """What is wrong with the commands, where those of `unreadable` may show anything."""
    yield from _doctor(run)
    yield from _topics(run)
    yield from _deadletters(run, outputs)
    yield from _works(run, "deadletters", "resubmit", "--all", "--dry-run", "--json")
    yield from _works(run, "alerts", "--json")
    yield from _consume(run, inputs, INPUT_TOPICS, unreadable)
    yield from _consume(run, [one for one in outputs if one.topic in LETTERS], LETTERS, set())


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


def _works(run: Run, *arguments: str) -> Iterator[str]:
    status, out, err = _asked(run, *arguments)
    if status not in (DONE, FINDINGS) or not json.loads(out):
        yield f"{' '.join(arguments)}: status {status}: {err[-300:]}"


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


def _consume(
    run: Run, there: Sequence[Read], names: Sequence[str], unreadable: set[tuple[str, int, int]]
) -> Iterator[str]:
    """Every committed record once, and nothing else."""
    status, out, err = _asked(run, "consume", *names)
    if status:
        yield f"consume: status {status}: {err[-300:]}"
        return
    lines = [_Line(**json.loads(line, parse_int=str, parse_float=str)) for line in out.splitlines()]
    found = {one.place: one for one in lines if one.place not in unreadable}
    wanted = {one.place: one for one in there if one.place not in unreadable}
    if len(found) < sum(one.place not in unreadable for one in lines):
        yield "consume: a record twice"
    yield from (f"consume: {place} is missing" for place in wanted.keys() - found.keys())
    yield from (f"consume: {place} is one too many" for place in found.keys() - wanted.keys())
    both = found.keys() & wanted.keys()
    yield from (f"consume: {place} is not what it was" for place in both if not found[place].holds(wanted[place].value))


_NOTHING = object()


@dataclass
class _Line:
    """A line of an event file; numbers as they are written, for a value may hold one of any length."""

    topic: str
    partition: str
    offset: str
    timestamp: str | None = None
    value: Any = _NOTHING
    value_base64: Any = _NOTHING

    @property
    def place(self) -> tuple[str, int, int]:
        return self.topic, int(self.partition), int(self.offset)

    def holds(self, raw: bytes | None) -> bool:
        """Whether it says what stands on the topic."""
        if self.value_base64 is not _NOTHING:
            return (None if self.value_base64 is None else base64.b64decode(self.value_base64)) == raw
        return raw is not None and json.loads(raw, parse_int=str, parse_float=str) == self.value
