"""How long it takes until the command line answers, and until a worker makes its first record."""

import json
import time
from collections.abc import Generator
from datetime import UTC, datetime, timedelta

from kafka import TopicPartition

from bench.ground import Ground, ground, new_group
from bench.plan import Plan
from bench.processes import COLUMNS, Child, Failed, python, run
from bench.table import Column, Table
from picustream.models.event import ADT
from picustream.scoring.trial.records import ELIGIBILITY
from picustream.streams.kafka import clients

IDLE, FIRST, RESTART = "Faust's idle loop", "worker, first start", "worker, started again"
READY, RECORD = "s until ready", "s until a record"
PATIENCE = 60.0


def tables(plan: Plan) -> Generator[Table]:
    """One table."""
    table = Table("startup", "start of the command line", COLUMNS, "processor s", "python")
    for _ in plan.each_round():
        table.add("python", run(python("-c", "pass")).figures())
        table.add("picustream --help", run(python("-m", "picustream", "--help")).figures())
    yield table


def worker_tables(plan: Plan) -> Generator[Table]:
    """One table, with servers."""
    with ground(plan) as servers:
        columns = [Column(READY, 2), Column(RECORD, 2)]
        note = "Until it logs that it is ready; and until the record is there of an admission that waited for it."
        table = Table("start", "start of a worker, 4 partitions", columns, READY, IDLE, note)
        for _ in plan.each_round():
            servers.made_anew(partitions=4)
            _admit(servers, 1)
            began = datetime.now(UTC)
            idle = servers.child(*python("-m", "bench.peers.idle", "1"), group=new_group())
            idle.end()
            table.add(IDLE, {READY: _since(began, idle)})
            group = new_group()
            table.add(FIRST, _started(servers, group, 1))
            _admit(servers, 2)
            table.add(RESTART, _started(servers, group, 2))
        yield table


def _admit(servers: Ground, number: int) -> None:
    """A child is admitted an hour ago."""
    now = datetime.now(UTC)
    event = {"event_id": f"a{number}", "source": "his", "patient_id": f"P-{number}", "stay_id": f"S-{number}"}
    event |= {"type": "admitted", "birth_date": "2020-02-03", "occurred_at": (now - timedelta(hours=1)).isoformat()}
    with clients.producer(servers.settings) as producer:
        producer.send(ADT, json.dumps(event).encode(), key=event["stay_id"].encode()).get(PATIENCE)


def _started(servers: Ground, group: str, records: int) -> dict[str, float]:
    """A worker that is started, and asked to end once there are so many records."""
    with clients.consumer(servers.settings, fetch_max_wait_ms=50) as consumer:
        consumer.assign([TopicPartition(ELIGIBILITY, number) for number in range(servers.partitions)])
        began, until, found = datetime.now(UTC), time.monotonic() + PATIENCE, set[bytes]()
        worker = servers.child(*python("-m", "picustream", "worker"), group=group, instance="bench-start")
        try:
            while len(found) < records and time.monotonic() < until:
                found |= {record.key for part in consumer.poll(100).values() for record in part}
            took = (datetime.now(UTC) - began).total_seconds()
            ready = _since(began, worker)
            worker.stop()
        finally:
            worker.kill()
    if len(found) < records:
        raise Failed("a worker made no record in a minute")
    return {READY: ready, RECORD: took}


def _since(began: datetime, child: Child) -> float:
    return (child.said("ready") - began).total_seconds()
