"""Where a run must end: the topics held against `replay`, against the reference, and against every input offset.

Each check gives its faults in lines to read; none means that all is right.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from redis import Redis

from picustream.commands.main import main as picustream
from picustream.eventfiles import files
from picustream.models.event import INPUT_TOPICS
from picustream.models.record import ALERT, DEAD_LETTERS
from picustream.scoring.outputs import Output
from picustream.scoring.scores.registry import OUTPUT_TOPICS
from picustream.streams.partition.misrouted import FORWARDED_HEADER, forwarded
from picustream.streams.store.outbox import OUTBOX_HEADER
from tests import reference
from tests.integration.workers import Bench
from tests.scoring import compare
from tests.scoring.histories import compared

ON_THE_WAY = {"revision", "supersedes", "cause", "emitted_at", "event_id"}
"""What a record says of the way to it and not of where it ended (I1)."""

Key = tuple[Any, ...]
Records = dict[Key, dict[str, Any]]
Published = list[tuple[str, dict[str, Any]]]
"""Topic and body of each record, in the order of its partition."""


def faults(bench: Bench, events: Path, until: datetime, *, by_reference: bool = False) -> "Verdict":
    """All that is wrong with the topics, after every event of the file `events` was published to them.

    `until`: what the workers' clock read in the end, about; nothing may fall due around it. `by_reference`: compared
    with the independent reference, too, which knows the shipped protocol alone.
    """
    inputs, outputs = bench.records(INPUT_TOPICS), bench.records()
    published = [(record.topic, json.loads(record.value)) for record in outputs]
    verdict = Verdict()
    places = Counter((one.topic, one.partition, one.offset) for one in inputs + outputs)
    verdict.add("read twice, a fault of the reader", (str(place) for place, times in places.items() if times > 1))
    verdict.add("published twice", _twice(published))
    verdict.add("chain", broken_chains(published))
    replayed = run_replay(events, bench.folder / "replayed", until)
    verdict.add("not as replayed", unlike(current(published), current(replayed)))
    verdict.add("alerts", unlike_alerts(published, replayed))
    if by_reference:
        verdict.add("not as the reference", unlike_reference(outputs, events, until))
    _account(bench, inputs, published, until, verdict)
    verdict.counts |= {"events": sum(1 for _ in events.open("rb")), "records": len(published)}
    if verdict.faults:
        (bench.folder / "outputs.ndjson").write_text("".join(map(_dumped, outputs)))
    verdict.counts["state-rebuilt"] = sum(
        topic == ALERT and body["name"] == "state-rebuilt" for topic, body in published
    )
    return verdict


@dataclass
class Verdict:
    """Faults, and what was counted on the way."""

    faults: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, what: str, lines: Iterable[str]) -> None:
        self.faults += [f"{what}: {line}" for line in lines]

    def __str__(self) -> str:
        counted = ", ".join(f"{name} {count:,}" for name, count in self.counts.items())
        more = [f"... and {len(self.faults) - 20} more"] if len(self.faults) > 20 else []
        return "\n".join([counted, *(self.faults[:20] or ["all right: every record, each once"]), *more])


def run_replay(events: Path, out: Path, until: datetime) -> Published:
    """What `picustream replay` makes of an event file."""
    assert picustream(["replay", str(events), "--out", str(out), "--until", until.isoformat()]) == 0
    found = [out / f"{topic}.ndjson" for topic in OUTPUT_TOPICS]
    lines = (
        json.loads(line) for file in found if file.exists() for line in file.read_bytes().splitlines()
    )  # of bytes: a text may have other line ends
    return [(line["topic"], line["value"]) for line in lines]


def current(records: Iterable[tuple[str, dict[str, Any]]]) -> Records:
    """The last revision of each record key, without what it says of the way."""
    last: Records = {}
    for topic, body in records:
        if topic in (ALERT, *DEAD_LETTERS):
            continue  # alerts depend on the way, too: a condition that time or a late event brought and took again
        for criterion in body.get("criteria", ()):
            if criterion["detail"].endswith("-h-to-go"):
                criterion["detail"] = "h-to-go"  # as of the moment at which it was published
        key = (topic, *(body.get(name) for name in ("stay_id", "basis", "day", "episode", "milestone")))
        if key not in last or last[key]["revision"] < body["revision"]:
            last[key] = body
    return {
        key: {name: value for name, value in body.items() if name not in ON_THE_WAY}
        | {"status": body["status"].replace("amended", "final")}
        for key, body in last.items()
        if body["status"] != "entered-in-error"  # withdrawn: said on the way, and there is no such record any more
    }


SETTLED = {"correction-unmatched", "id-reused", "admission-moved", "birth-date-implausible", "patient-mismatch"}
"""Alerts that depend on what came, and on no order in which it came."""


def unlike_alerts(published: Published, replayed: Published) -> list[str]:
    """Alerts that fire in the end on one side alone, and those that fired or resolved twice in a row."""
    ours, theirs = states_of_alerts(published), states_of_alerts(replayed)
    firing, expected = ({name for name, chain in one.items() if chain[-1] == "firing"} for one in (ours, theirs))
    lines = [f"{name}: should fire" for name in expected - firing]
    lines += [f"{name}: should not fire" for name in firing - expected]
    in_turn = ["firing", "resolved"]
    return lines + [f"{name}: {chain}" for name, chain in ours.items() if chain != (in_turn * len(chain))[: len(chain)]]


def states_of_alerts(published: Published) -> dict[str, list[str]]:
    """The states of each settled alert, in the order of its revisions."""
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for topic, body in published:
        if topic == ALERT and body["name"] in SETTLED:
            found[body["alert_id"]].append((body["revision"], body["state"]))
    return {name: [state for _, state in sorted(chain)] for name, chain in found.items()}


def different(ours: Records, theirs: Records) -> list[tuple]:
    """Record key, field, ours, theirs: of each field that differs."""
    return [
        (key, name, body.get(name), theirs[key].get(name))
        for key, body in ours.items()
        for name in body.keys() | theirs[key].keys()
        if body.get(name) != theirs[key].get(name)
    ]


def unlike(ours: Records, theirs: Records) -> list[str]:
    """Records that only one side has, and fields that differ."""
    lines = [f"{key}: missing" for key in theirs.keys() - ours.keys()]
    lines += [f"{key}: should not be" for key in ours.keys() - theirs.keys()]
    both = {key: body for key, body in ours.items() if key in theirs}
    return lines + [
        f"{key}/{name}: {one!r} is not {other!r}"[:300] for key, name, one, other in different(both, theirs)
    ]


def unlike_reference(outputs: list[Any], events: Path, until: datetime) -> list[str]:
    """Where the records in force are not what the independent reference makes of the events."""
    ours = compare.current(Output(one.topic, one.key, "", one.value, ()) for one in outputs)
    theirs = reference.current_records((one for one in reference.read(events) if reference.accepts(*one, until)), until)
    return [line[:300] for line in compared(ours, theirs)]


def _dumped(one: Any) -> str:
    """A line that leads from a wrong record to who published it."""
    marks = [value.decode(errors="replace") for name, value in one.headers if name == OUTBOX_HEADER]
    fields = {"topic": one.topic, "partition": one.partition, "offset": one.offset, "timestamp": one.timestamp}
    return json.dumps({**fields, "mark": marks, "value": json.loads(one.value)}) + "\n"


def _twice(published: Published) -> list[str]:
    return [name for name, times in Counter(body["event_id"] for _, body in published).items() if times > 1]


def broken_chains(published: Published) -> list[str]:
    """I3: revisions 1, 2, ... of each record in their order, each superseding the one before."""
    chains: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for topic, body in published:
        if topic not in DEAD_LETTERS:
            chains[body["event_id"].rpartition("/r")[0]].append(body)
    return [
        f"{name}: {[(one['revision'], one['supersedes']) for one in chain]}"[:300]
        for name, chain in chains.items()
        if [one["revision"] for one in chain] != list(range(1, len(chain) + 1))
        or [one["supersedes"] for one in chain] != [None, *(one["event_id"] for one in chain[:-1])]
    ]


def _account(bench: Bench, inputs: list[Any], published: Published, until: datetime, verdict: Verdict) -> None:
    """I2: every input offset is accepted, refused, forwarded or a repeat, and Redis says that it is done."""
    astray = [record for record in inputs if _belongs_elsewhere(record, bench.partitions)]
    processed = [record for record in inputs if not _belongs_elsewhere(record, bench.partitions)]
    verdict.add("never forwarded", _never_forwarded(astray, inputs))
    verdict.add("dead letters", _unlike_letters(bench, processed, published, until))
    verdict.add("not processed", unprocessed(bench, inputs))
    refused = {
        (body["topic"], body["partition"], body["offset"])
        for topic, body in published
        if topic in DEAD_LETTERS and body["scope"] == "event"
    }
    usable = [one for one in processed if (one.topic, one.partition, one.offset) not in refused]
    accepted = len({(one.topic, one.value) for one in usable})
    verdict.counts |= {
        "input offsets": len(inputs),
        "accepted": accepted,
        "repeats": len(usable) - accepted,
        "refused": len(processed) - len(usable),
        "forwarded": len(astray),
    }
    if refused - {(one.topic, one.partition, one.offset) for one in processed}:
        verdict.add("dead letters", ["of offsets that were not processed"])


def _belongs_elsewhere(one: Any, partitions: int) -> bool:
    return bool(forwarded(one.topic, one.partition, one.offset, one.key, one.value, one.headers, partitions))


def _never_forwarded(astray: Iterable[Any], inputs: Iterable[Any]) -> list[str]:
    """A copy that came after state was lost may be a second one: it is a repeat like any other."""
    copied = {value.decode() for one in inputs for name, value in one.headers if name == FORWARDED_HEADER}
    return [place for one in astray if (place := f"{one.topic}/{one.partition}/{one.offset}") not in copied]


def _unlike_letters(bench: Bench, processed: list[Any], published: Published, until: datetime) -> list[str]:
    """Each dead letter that `replay` makes of what stands on the input topics is there once, and no other."""
    file = bench.folder / "inputs.ndjson"
    file.write_bytes(b"".join(files.record_line(one.topic, one.value) for one in processed))
    theirs = Counter(
        _letter(one) for one in run_replay(file, bench.folder / "letters", until) if one[0] in DEAD_LETTERS
    )
    ours = Counter(_letter(one) for one in published if one[0] in DEAD_LETTERS)
    lines = [f"{times} missing: {what[:4]}" for what, times in (theirs - ours).items()]
    return lines + [f"{times} too many: {what[:4]}" for what, times in (ours - theirs).items()]


def _letter(record: tuple[str, dict[str, Any]]) -> tuple[Any, ...]:
    return tuple(record[1][name] for name in ("topic", "scope", "reason", "path", "payload"))


def unprocessed(bench: Bench, inputs: Iterable[Any]) -> Iterator[str]:
    """Input partitions with records past what Redis says is processed, and outboxes that still hold something."""
    last: dict[tuple[str, int], int] = {}
    for record in inputs:
        place = record.topic, record.partition
        last[place] = max(last.get(place, 0), record.offset)
    with Redis.from_url(bench.settings.redis, decode_responses=True) as redis:
        group = bench.env["PICUSTREAM_GROUP"]
        for (topic, partition), offset in sorted(last.items()):
            done = int(redis.hget(f"picustream:{{{group}.{partition}}}:control", f"next:{topic}") or 0)
            if done <= offset:
                yield f"{topic} partition {partition}: {done} of {offset + 1}"
        for partition in range(bench.partitions):
            if redis.xlen(f"picustream:{{{group}.{partition}}}:outbox"):
                yield f"the outbox of partition {partition}"
