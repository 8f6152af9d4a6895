"""Where a replay's time goes: each stage by itself, without the stages that it calls.

The functions of a stage are wrapped for the time of a measurement, and one clock is handed from the stage that is left
to the stage that is entered, so that the stages and the rest add up to the whole. What a wrapping costs, about 0.5 us a
call, is counted in the stage.
"""

import importlib
import io
import json
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr
from functools import wraps
from typing import Any

from bench.plan import Plan
from bench.processes import python
from bench.table import Column, Table

STAGES = {
    "read the file": ["picustream.commands.replay:files.lines"],
    "validate": ["picustream.scoring.validation:Validator.validate"],
    "file": ["picustream.scoring.stay_state:StayState.file"],
    "evaluate": ["picustream.scoring.assessor:Assessor.bodies"],
    "revise": ["picustream.scoring.stay_state:StayState.revisions"],
    "encode": ["picustream.scoring.engine:record_output", "picustream.scoring.engine:dead_letter_output"],
    "watch the sources": [
        f"picustream.scoring.alerts.feed_monitor:FeedMonitor.{name}" for name in ("note", "note_stay_of", "revisions")
    ],
    "the engine between": ["picustream.scoring.engine:Engine.process", "picustream.scoring.engine:Engine.advance"],
    "write the records": ["picustream.commands.replay:_Writer.outputs"],
}
"""Stage -> `module:name` of what it does."""
START, REST, ALL = "start", "the rest", "all"


class Clock:
    """Seconds by stage."""

    def __init__(self, stages: Iterable[str]) -> None:
        self.seconds: dict[str, float] = dict.fromkeys((START, *stages, REST), 0.0)
        self._stage, self._since = START, time.perf_counter()

    def enter(self, stage: str) -> str:
        """The clock runs for another stage; the one to go back to."""
        now, before = time.perf_counter(), self._stage
        self.seconds[before] += now - self._since
        self._stage, self._since = stage, now
        return REST if before == START else before

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function whose time is the stage's; an iterator's is that of its steps."""

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            before = self.enter(stage)
            try:
                found = function(*args, **kwargs)
            finally:
                self.enter(before)
            return self._steps(stage, found) if isinstance(found, Iterator) else found

        return call

    def _steps(self, stage: str, steps: Iterator[Any]) -> Iterator[Any]:
        while True:
            before = self.enter(stage)
            step = next(steps, _END)
            self.enter(before)
            if step is _END:
                return
            yield step


_END = object()


@contextmanager
def staged(stages: Mapping[str, list[str]]) -> Iterator[Clock]:
    """A clock, and every stage wrapped by it as long as this lasts."""
    clock = Clock(stages)
    with ExitStack() as stack:
        for stage, names in stages.items():
            for name in names:
                holder, attribute = _found(name)
                function = getattr(holder, attribute)
                stack.callback(setattr, holder, attribute, function)
                setattr(holder, attribute, clock.timed(stage, function))
        yield clock
        clock.enter(REST)


def _found(name: str) -> tuple[Any, str]:
    module, _, path = name.partition(":")
    holder: Any = importlib.import_module(module)
    *steps, attribute = path.split(".")
    for step in steps:
        holder = getattr(holder, step)
    return holder, attribute


def tables(plan: Plan) -> Generator[Table]:
    """A table for each feed."""
    for number, feed in enumerate(plan.replayed()):
        columns = [Column("us/event", 1), Column("share in %")]
        note = "Processor time of one replay, divided by what each stage took of its wall time."
        table = Table(f"stages-{number}", f"the stages of a replay of {feed}", columns, note=note)
        for _ in plan.each_round():
            command = python("-m", "bench.stages", str(feed.path), str(plan.folder / "replayed"))
            found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            for stage, seconds in found.items():
                table.add(stage, {"us/event": seconds / feed.events * 1e6, "share in %": 100 * seconds / found[ALL]})
        yield table


def replayed(events: str, folder: str) -> dict[str, float]:
    """Processor seconds of a replay, by stage."""
    from picustream.commands.main import main

    with staged(STAGES) as clock, redirect_stderr(io.StringIO()):
        started = time.process_time()
        main(["replay", events, "--out", folder])
        used = time.process_time() - started
    whole = sum(clock.seconds.values())
    return {stage: used * seconds / whole for stage, seconds in clock.seconds.items()} | {ALL: used}


if __name__ == "__main__":
    print(json.dumps(replayed(*sys.argv[1:])))
