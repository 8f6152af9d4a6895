"""`picustream publish FILE...`: event files to Kafka, validated, keyed by stay, each delivery awaited."""

import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from picustream.eventfiles import files
from picustream.eventfiles.deliveries import BATCHING, Deliveries
from picustream.eventfiles.files import BrokenLine, Line
from picustream.models.event import INPUT_TOPICS
from picustream.runtime.settings import Settings
from picustream.scoring.faults import Fault
from picustream.scoring.rules import load_rules
from picustream.scoring.validation import InputRecord, ValidatedInput, Validator
from picustream.streams.kafka import rights
from picustream.streams.kafka.limits import LARGEST_EVENT
from picustream.streams.kafka.rights import Targets
from picustream.terminal.output import summed
from picustream.terminal.progress import Reading

SHOWN = 20
"""Refusals shown one by one; a file of another kind has one per line, and the sums are clearer."""
_FRAMING = 1024
"""Bytes left for key and record framing within the broker's limit."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A fault and the line that has it. It holds no value of the event."""

    file: str
    line: int
    fault: Fault

    def __str__(self) -> str:
        where = f" at {self.fault.path}" if self.fault.path else ""
        return f"{self.file}:{self.line}: {self.fault.reason}{where}: {self.fault.message}"


@dataclass(slots=True)
class Summary:
    """What became of the lines."""

    sent: Counter[str] = field(default_factory=Counter)
    refused: list[Refusal] = field(default_factory=list)
    faulty: Counter[str] = field(default_factory=Counter)
    """Faults by reason in what was sent all the same: of single observations, or of invalid events with --as-is."""

    def as_json(self) -> dict[str, Any]:
        """For `--json`: sums, then every refusal with its place."""
        return {
            "sent": self.sent.total(),
            "sent_by_topic": dict(self.sent),
            "refused": len(self.refused),
            "refused_by_reason": dict(self.reasons()),
            "faults_in_sent_by_reason": dict(self.faulty),
            "refusals": [{"file": one.file, "line": one.line, **asdict(one.fault)} for one in self.refused],
        }

    def reasons(self) -> Counter[str]:
        """Refused lines by reason."""
        return Counter(one.fault.reason for one in self.refused)


def publish(
    paths: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Event files, plain or gzipped; - is standard input.")
    ],
    as_is: Annotated[
        bool, typer.Option("--as-is", help="Send invalid events too, to see what becomes of them.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> int:
    """Send event files to Kafka. An invalid line is reported and not sent. Exit status 1 if there was one."""
    from picustream.streams.kafka import clients

    settings, reading = Settings(), Reading("read", paths)
    check = checker(settings)
    with clients.admin(settings) as admin:
        targets = Targets(settings, rights.look(admin, INPUT_TOPICS))
    with clients.producer(settings, **BATCHING) as producer:
        summary = _publish(paths, reading, check, Deliveries(producer, targets.check), as_is)
    _print(summary, as_json)
    return 1 if summary.refused else 0


def checker(settings: Settings) -> Callable[[str, bytes], ValidatedInput]:
    """How the worker would validate a value on a topic, by the protocol and code maps of the settings.

    There is no clock here, so only what lies beyond all reason is in the future (T6).
    """
    validator = Validator(load_rules(settings.protocol, settings.codemap))

    def check(topic: str, value: bytes) -> ValidatedInput:
        input_record = InputRecord(topic, None, None, None, value)
        if topic in INPUT_TOPICS:
            return validator.validate(input_record)
        fault = Fault("unknown-topic", "", f"no input topic; these are: {', '.join(INPUT_TOPICS)}")
        return ValidatedInput(input_record, None, (fault,))

    return check


def stay_of(value: bytes) -> str | None:
    """The stay that an invalid event names, to key it by; None if none can be read."""
    try:
        event = json.loads(value.decode(), parse_float=str, parse_int=str)
        stay = event.get("stay_id")
        return stay if isinstance(stay, str) and stay.encode() else None
    except (ValueError, AttributeError, RecursionError):
        return None


def _publish(
    paths: list[Path],
    reading: Reading,
    check: Callable[[str, bytes], ValidatedInput],
    deliveries: Deliveries,
    as_is: bool,
) -> Summary:
    summary = Summary(sent=deliveries.delivered)

    def broken(error: BrokenLine) -> None:
        _refuse(summary, Refusal(error.file, error.number, Fault("broken-line", "", error.reason)))

    with reading:
        for path in paths:
            with reading.open(path) as file:
                for line in files.lines(file, str(path), broken):
                    _one(line, check(line.topic, line.value), deliveries, summary, as_is)
                    reading.count()
        deliveries.flush()
    return summary


def _one(line: Line, validated: ValidatedInput, deliveries: Deliveries, summary: Summary, as_is: bool) -> None:
    """Send a line unless a fault of the whole event forbids it; of one with faulty observations the others are used."""
    if validated.accepted is None and not (as_is and _can_be_sent(line)):
        _refuse(summary, Refusal(line.file, line.number, validated.faults[0]))
        return
    summary.faulty.update(fault.reason for fault in validated.faults)
    stay_id = validated.stay_id or stay_of(line.value)
    key = None if stay_id is None else stay_id.encode()
    deliveries.send(line.topic, line.record_value, key, origin=f"{line.file}:{line.number}")


def _can_be_sent(line: Line) -> bool:
    return line.topic in INPUT_TOPICS and len(line.value) + _FRAMING <= LARGEST_EVENT


def _refuse(summary: Summary, refusal: Refusal) -> None:
    summary.refused.append(refusal)
    if len(summary.refused) <= SHOWN:
        print(f"refused {refusal}", file=sys.stderr)
    elif len(summary.refused) == SHOWN + 1:
        print("refused more lines, summed up at the end", file=sys.stderr)


def _print(summary: Summary, as_json: bool) -> None:
    if as_json:
        print(json.dumps(summary.as_json(), indent=2))
        return
    print(summed("events sent", summary.sent))
    if summary.faulty:
        print(summed("faults in what was sent, for the dead letters", summary.faulty))
    if summary.refused:
        print(summed("lines refused", summary.reasons()))
