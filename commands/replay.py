"""`picustream replay FILE...`: event files through the same engine as the worker's, with no broker and no Redis."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from picustream.eventfiles import files
from picustream.eventfiles.files import BrokenLine
from picustream.eventfiles.replay import Replay, memory_of, together
from picustream.models.event import INPUT_TOPICS
from picustream.models.record import DEAD_LETTERS
from picustream.runtime import collector
from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings
from picustream.scoring.outputs import Output
from picustream.scoring.scores.registry import OUTPUT_TOPICS
from picustream.scoring.validation import InputRecord
from picustream.terminal.options import loaded_rules, moment
from picustream.terminal.progress import Reading

SHOWN = 20
"""Broken lines shown one by one."""


def replay(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Event files, plain or gzipped; - is stdin.")],
    out: Annotated[Path | None, typer.Option(help="Write <topic>.ndjson per output topic into this folder.")] = None,
    until: Annotated[str | None, typer.Option(help="Let the clock run on to this time; default: 60 days on.")] = None,
    protocol: Annotated[Path | None, typer.Option(help="Trial protocol (TOML); default: the one shipped.")] = None,
    codemap: Annotated[Path | None, typer.Option(help="Site code map (TOML), added to the one shipped.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The summary on standard error as JSON.")] = False,
) -> int:
    """Runs event files through the engine: the clock is the greatest filing time seen, and runs on at the end.

    Output records are written as event files, so that `explain` and other tools read them. Exit 1: some lines were
    no events (they are listed on standard error); dead letters are outputs and no fault of the run.
    """
    settings = Settings()
    rules = loaded_rules(protocol or settings.protocol, codemap or settings.codemap)
    run = Replay(rules, moment(until, "--until"), memory_of(settings.memory_mb << 20) if settings.memory_mb else None)
    collector.settle()
    broken = _BrokenLines()
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        write = stack.enter_context(_Writer(out))
        reading = stack.enter_context(Reading("replayed", paths))
        for some in together(_inputs(reading, paths, broken)):
            write.outputs(run.take(some), counts)
        write.outputs(run.end(), counts)
    _sum_up(reading.events, counts, broken, as_json)
    return 1 if broken.count else 0


class _BrokenLines:
    """Lines that are no events: counted, and the first ones shown."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, error: BrokenLine) -> None:
        self.count += 1
        if self.count <= SHOWN:
            print(f"{error.file}:{error.number}: {error.reason}", file=sys.stderr)


def _inputs(reading: Reading, paths: list[Path], broken: _BrokenLines) -> Iterator[InputRecord]:
    for path in paths:
        with reading.open(path) as file:
            for line in files.lines(file, str(path), broken):
                if line.topic in INPUT_TOPICS:
                    number = reading.events
                    yield InputRecord(line.topic, None, number, None, line.record_value, message=line.message)
                    reading.count()
                else:
                    broken(BrokenLine(line.file, line.number, "not one of the input topics"))


class _Writer:
    """Writes outputs as event files: one per topic into a folder, or all to standard output."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._open: dict[str, BinaryIO] = {}

    def __enter__(self) -> "_Writer":
        if self._folder is not None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._open = {topic: (self._folder / f"{topic}.ndjson").open("wb") for topic in OUTPUT_TOPICS}
            except OSError as error:
                raise UserError(
                    f"{self._folder} cannot be written: {error.strerror}.", "Name another folder."
                ) from None
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._open.values():
            file.close()

    def outputs(self, found: Iterable[Output], counts: Counter[str]) -> None:
        for output in found:
            counts[output.topic] += 1
            self._open.get(output.topic, sys.stdout.buffer).write(files.output_line(output.topic, output.value))


def _sum_up(events: int, counts: Counter[str], broken: _BrokenLines, as_json: bool) -> None:
    if as_json:
        summary = {"events": events, "broken_lines": broken.count, "records": dict(sorted(counts.items()))}
        print(json.dumps(summary), file=sys.stderr)
        return
    records = sum(number for topic, number in counts.items() if topic not in DEAD_LETTERS)
    dead_letters = sum(counts[topic] for topic in DEAD_LETTERS)
    parts = [f"{events:,} events", f"{records:,} records", f"{dead_letters:,} dead letters"]
    if broken.count:
        parts.append(f"{broken.count:,} lines that are no events")
    print(", ".join(parts), file=sys.stderr)
