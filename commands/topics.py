"""`picustream topics`: creates the topics that are missing and checks the others."""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from picustream.runtime.settings import Settings
from picustream.streams.kafka import topics as topic_table
from picustream.streams.kafka.rights import NotAllowed
from picustream.streams.kafka.topics import TopicProblem


def topics(
    only_check: Annotated[bool, typer.Option("--check", help="Check only; create and change nothing.")] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Set retention and message size where they are wrong.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> int:
    """Create what is missing, check partitions, retention and message size. Exit status 1 if something is wrong."""
    from picustream.streams.kafka import clients

    settings = Settings()
    with clients.admin(settings) as admin:
        created = [] if only_check else topic_table.missing(admin)
        topic_table.create(admin, settings, created)
        for right, names in topic_table.unseen(admin).items():
            raise NotAllowed(settings, right, ", ".join(names))
        findings = topic_table.check(admin, settings)
        if repair and not only_check:
            topic_table.repair(admin, settings, findings)
            findings = topic_table.check(admin, settings)
        counts = topic_table.partition_counts(admin, topic_table.ALL)
    partitions = {name: count for name, count in counts.items() if count}
    _print(partitions, created, findings, as_json)
    return 1 if findings else 0


def _print(partitions: dict[str, int], created: list[str], findings: list[TopicProblem], as_json: bool) -> None:
    if as_json:
        found = [asdict(finding) for finding in findings]
        print(json.dumps({"topics": partitions, "created": created, "findings": found}, indent=2))
        return
    wrong = {finding.topic for finding in findings}
    for name in topic_table.ALL:
        state = "wrong" if name in wrong else "created" if name in created else "as it must be"
        print(f"{name:25}  {partitions.get(name, 0):4} partitions  {state}")
    _advise(findings)


def _advise(findings: list[TopicProblem]) -> None:
    """What is wrong and what to do, once for all topics that have the same."""
    alike: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        alike.setdefault((finding.what, finding.advice), []).append(finding.topic)
    for (what, advice), names in alike.items():
        print(f"{what}: {', '.join(names)}.\n{advice}", file=sys.stderr)
