"""What is wrong after a run: records, accounts, dead letters, the worker's log, the commands, and the rebuild."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from picustream.eventfiles import files
from picustream.models.event import INPUT_TOPICS
from picustream.scoring.scores.registry import OUTPUT_TOPICS
from tests.hostile import reading
from tests.hostile.account import LETTERS, Account, Place, account, origin_of
from tests.hostile.commands import command_faults
from tests.hostile.dress import PARTITIONS
from tests.hostile.records import Plan, Sent
from tests.hostile.run import Outcome, Run, StandsStill
from tests.hostile.standing import Read
from tests.integration import ending
from tests.integration.ending import Published, Verdict

_PATIENTS = re.compile(r"C\d-S-|\bH-\d|\bHP-|\bN-\d|\bevt-\d|Zwetsch|王小明|u738b|肌酐")
"""What a log may not show: stays, patients, events, and words of what they said."""

USED_EVENTS = "used.ndjson"
LONGEST_LINE = 4_000
"""Characters of a line of the log; a longer one shows what somebody sent."""


def outcome(run: Run, *, briefly: bool = False) -> Outcome:
    """Runs the plan and judges; `briefly`: without the commands and the rebuild."""
    verdict = Verdict()
    result = Outcome(verdict)
    try:
        run.through()
    except StandsStill as error:
        verdict.add("stands still", [str(error)])
        result.suspects = run.unread()
    result.sent = run.sent
    verdict.add("not well meanwhile", sorted(set(run.unwell))[:3])
    if not verdict.faults:
        _judge(run, result, briefly)
    verdict.add("in the log", _named(run.bench.workers))
    return result


def _judge(run: Run, result: Outcome, briefly: bool) -> None:
    verdict = result.verdict
    inputs, outputs = _records(run, INPUT_TOPICS), _records(run, OUTPUT_TOPICS)
    accounts = account(result.sent, inputs, [one for one in outputs if one.topic in LETTERS], run.now)
    result.suspects = accounts.suspects
    verdict.add("account", accounts.faults)
    verdict.counts |= {"records": len(result.sent), "letters": sum(one.topic in LETTERS for one in outputs)}
    verdict.counts |= accounts.counts
    verdict.add("ignored", _ignored(run, accounts))
    verdict.add("not processed", ending.unprocessed(run.bench, inputs))
    published = _published(outputs)
    verdict.add("chain", ending.broken_chains(published))
    verdict.add("records", _unlike_replay(run, accounts, published))
    verdict.add("reference", ending.unlike_reference(outputs, run.bench.folder / USED_EVENTS, run.now))
    if briefly:
        return
    verdict.add("command", command_faults(run, inputs, outputs, accounts.unreadable))
    try:
        run.rebuild()
    except StandsStill as error:
        verdict.add("rebuild", [str(error)])
        return
    verdict.add("rebuild", _unlike_before(run, outputs))


def _records(run: Run, names: Iterable[str]) -> list[Read]:
    return reading.records(run.servers.kafka, names, PARTITIONS)


def _published(outputs: Iterable[Read]) -> Published:
    return [(one.topic, json.loads(one.value or b"null")) for one in outputs]


def _unlike_replay(run: Run, accounts: Account, published: Published) -> Iterator[str]:
    """Everything that went in gives the records of `replay` and of the reference; the good ward alone those of its own
    events, whatever came between them."""
    until = run.now
    whole, alone = run.bench.folder / USED_EVENTS, run.bench.folder / "good.ndjson"
    whole.write_bytes(b"".join(_line(one) for one in accounts.used))
    alone.write_bytes(b"".join(files.record_line(line.topic, line.value) for line in run.plan.good))
    ours = ending.current(published)
    yield from ending.unlike(ours, ending.current(ending.run_replay(whole, run.bench.folder / "replayed", until)))
    good = ending.current(ending.run_replay(alone, run.bench.folder / "alone", until))
    stays = good_stays(run.plan)
    of_them = {key: body for key, body in ours.items() if body["stay_id"] in stays}
    yield from (f"of the good ward: {line}" for line in ending.unlike(of_them, good))


def good_stays(plan: Plan) -> set[str]:
    """The stays of the good ward."""
    return {json.loads(line.value)["stay_id"] for line in plan.good}


def _line(sent: Sent) -> bytes:
    return files.record_line(sent.record.topic, (sent.record.value or b"").removeprefix(b"\xef\xbb\xbf"))


def _ignored(run: Run, accounts: Account) -> Iterator[str]:
    """Unmapped codes are counted, each observation once; a worker that dies takes its counts with it."""
    if run.plan.ground.crash:
        return
    counted = {name: float(value) for name, value in run.counted.items() if name.startswith("picustream_ignored_total")}
    if sum(counted.values()) != accounts.ignored.total():
        yield f"{sum(counted.values()):g} counted of {accounts.ignored.total()}"


def _unlike_before(run: Run, before: Sequence[Read]) -> Iterator[str]:
    """After the rebuild the same records are in force, and the same dead letters are there.

    What a partition had forwarded it may forward again: a second copy changes no record, but where the first was
    refused it is refused, too. So a dead letter counts as that of the record that its feed sent.
    """
    after = _records(run, OUTPUT_TOPICS)
    yield from ending.unlike(ending.current(_published(after)), ending.current(_published(before)))
    yield from ending.broken_chains(_published(after))
    origins = {one.place: origin for one in _records(run, INPUT_TOPICS) if (origin := origin_of(one))}
    ours, theirs = ({_letter(one, origins) for one in records if one.topic in LETTERS} for records in (after, before))
    yield from (f"a letter too many: {what}" for what in sorted(ours - theirs))
    yield from (f"a letter is gone: {what}" for what in sorted(theirs - ours))


def _letter(one: Read, origins: Mapping[Place, Place]) -> tuple[Any, ...]:
    body = json.loads(one.value or b"{}")
    place = body["topic"], body["partition"], body["offset"]
    return (*origins.get(place, place), body["reason"], body["path"])


def _named(workers: Iterable[Any]) -> Iterator[str]:
    """I10, of the logs of all workers."""
    for worker in workers:
        for line in Path(worker.log).read_text(errors="replace").splitlines():
            if len(line) > LONGEST_LINE:
                yield f"a line of {len(line):,} characters: {line[:200]}"
            if found := _PATIENTS.search(line):
                yield f"{found[0]!r} in: {line[:200]}"
