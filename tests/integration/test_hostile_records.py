"""Every kind of record that a Kafka client can put on a topic, sent between the morning and the evening of a good ward.

One worker runs all the while. In the end the ward's records are those of `replay`, every record that could not be used
is a dead letter, and what people see says that all is well; also after the state was lost and made again.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from kafka.admin import ConfigResource
from redis import Redis

from picustream.commands.main import main as picustream
from picustream.models.event import LAB, VITAL
from picustream.models.record import DEAD_LETTERS
from picustream.scoring.scores.mods.record import MODS
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from picustream.streams.kafka.topics import partition_of
from tests.integration import ending, raw
from tests.integration.realrun import PARTITIONS, RealRun
from tests.integration.workers import wait_for
from tests.streams.kafka.test_batches import RECORDS, packed

pytestmark = pytest.mark.servers

MIB = 1 << 20
POISON = "poison-1"
"""An event at which the worker is made to fail, as a fault of ours would."""
Sent = dict[str, Any]


@pytest.fixture
def ward(real_run: RealRun) -> "Ward":
    return Ward(real_run)


class Ward:
    """Sends parts of a good ward in odd ways, and hostile records among them."""

    def __init__(self, run: RealRun) -> None:
        self.run = run
        self.server = run.bench.env["PICUSTREAM_KAFKA"]
        self._lines = [json.loads(line) for line in run.lines]
        self._next = len(self._lines) // 3

    def part(self, count: int = 12, topic: str | None = None) -> list[tuple[str, int, raw.Said]]:
        """The next events of the ward, or of one of its topics: topic, partition, and what a feed says."""
        rest = self._lines[self._next :]
        found = [one for one in rest if topic in (None, one["topic"])][:count]
        self._lines[self._next :] = [one for one in rest if one not in found]
        return [self._record(one) for one in found]

    def evening(self) -> list[tuple[str, int, raw.Said]]:
        """All that is left."""
        return self.part(len(self._lines))

    def _record(self, line: Sent) -> tuple[str, int, raw.Said]:
        stay = line["value"]["stay_id"]
        return line["topic"], partition_of(stay, PARTITIONS), (stay.encode(), json.dumps(line["value"]).encode(), ())

    def send(self, records: list[tuple[str, int, raw.Said]], **how: Any) -> None:
        """Batch by batch; the broker must take each."""
        places = defaultdict(list)
        for topic, partition, said in records:
            places[topic, partition].append(said)
        for (topic, partition), some in places.items():
            self.put(topic, partition, raw.batch(some, **how))

    def put(self, topic: str, partition: int, batch: bytes) -> None:
        assert raw.send(self.server, topic, partition, b"\0" * 8 + batch[8:]) is raw.NoError

    def lab(self, event_id: str) -> raw.Said:
        """An event of the ward's first stay that would show in its scores."""
        stay = self._lines[0]["value"]["stay_id"]
        moment = self._lines[0]["value"].get("recorded_at") or self._lines[0]["value"]["occurred_at"]
        event = {"event_id": event_id, "source": "lis", "patient_id": "P-9", "stay_id": stay, "observed_at": moment}
        creatinine = {"code": "14682-9", "value": 999, "unit": "umol/L"}
        return stay.encode(), json.dumps(event | {"observations": [creatinine]}).encode(), ()

    def letters(self) -> list[Sent]:
        return [json.loads(one.value) for one in self.run.bench.records(DEAD_LETTERS)]


def codecs(ward: Ward) -> None:
    for codec in raw.CODECS:
        ward.send(ward.part(), codec=codec)


def transactions(ward: Ward) -> None:
    """What was aborted never was (k02)."""
    raw.transaction(ward.server, ward.part(), "commit")
    home = partition_of(json.loads(ward.lab("aborted")[1] or b"")["stay_id"], PARTITIONS)
    raw.transaction(ward.server, [(LAB, home, ward.lab("aborted"))], "abort")
    raw.transaction(ward.server, [(LAB, number, ward.lab("aborted")) for number in range(PARTITIONS)], "open", "dead")


def null_headers(ward: Ward) -> None:
    """On records that have to be sent on, which keeps them as they are (k03)."""
    for topic, partition, (_, value, _) in ward.part(8):
        ward.put(topic, (partition + 1) % PARTITIONS, raw.batch([(None, value, (("traceparent", None), ("a", b"1")))]))


def odd_headers(ward: Ward) -> None:
    """Large ones stay behind; a name that is no UTF-8 costs nothing."""
    for topic, partition, (key, value, _) in ward.part(2):
        elsewhere = (partition + 1) % PARTITIONS
        ward.put(topic, elsewhere, raw.batch([(key, value, (("blob", bytes(7 * MIB)),))]))
    for topic, partition, (key, value, _) in ward.part(2):
        plain = raw.batch([(key, value, (("name", b"x"),))])
        ward.put(topic, partition, packed(plain, 0, plain[RECORDS:].replace(b"name", b"n\xffme")))


def unreadable(ward: Ward) -> None:
    """Batches that the broker takes and no client reads: 3 records and 2."""
    one = raw.batch([ward.lab("unreadable")])
    ward.put(LAB, 0, packed(raw.batch([ward.lab("unreadable")] * 3), 0, one[RECORDS:] * 3))
    ward.put(LAB, 1, packed(one, 1, raw.packed_with("gzip", bytes([one[RECORDS] + 2]) + one[RECORDS + 1 :])))
    ward.put(LAB, 2, raw.batch([(None, bytes(100 * MIB), ())], "zstd"))


def too_large(ward: Ward) -> None:
    """A dead letter of each is small: 14 MB of gzip, 7 MB without a key, a key of 5 MB."""
    event = ward.lab("large")[1] or b""
    ward.put(LAB, 0, raw.batch([(None, event + b" " * 14_000_000, ())], "gzip"))
    ward.put(LAB, 1, raw.batch([(None, event + b" " * 7_000_000, ())]))
    ward.put(LAB, 2, raw.batch([(b"k" * 5_000_000, event, ())]))


def odd_stamps(ward: Ward) -> None:
    """Where the producer stamps its records: not at all, and in microseconds."""
    with kafka_clients.admin(ward.run.bench.settings) as admin:
        stamps = {"message.timestamp.type": "CreateTime", "message.timestamp.after.max.ms": str(2**63 - 1)}
        admin.alter_configs([ConfigResource("TOPIC", VITAL, stamps)])
        for stamp in (-1, 1_764_000_000_000_000):
            records = ward.part(6, VITAL)
            wait_for(lambda: topics.check(admin, ward.run.bench.settings), "the broker has the configuration")
            ward.send(records, stamp=stamp)
        admin.alter_configs([ConfigResource("TOPIC", VITAL, topics.configuration(VITAL))])


def poisoned(ward: Ward) -> None:
    """In one batch with good ones."""
    [(topic, partition, said)] = ward.part(1, LAB)
    home = partition_of((ward.lab(POISON)[0] or b"").decode(), PARTITIONS)
    if partition != home:
        ward.put(topic, partition, raw.batch([said]))
    key, value, _ = ward.lab(POISON)
    large = (key, (value or b"") + b" " * (300 << 10), ())  # its dead letter holds the head alone
    ward.put(LAB, home, raw.batch([large, *([said] if partition == home else [])]))


KINDS: list[Callable[[Ward], None]] = [
    codecs, transactions, null_headers, odd_headers, unreadable, too_large, odd_stamps, poisoned,
]  # fmt: skip
REASONS = ["key-mismatch", *["too-large"] * 2, "unprocessable", *["unreadable"] * 5]


def test_hostile_records_between_the_morning_and_the_evening(ward: Ward, capsys: pytest.CaptureFixture[str]) -> None:
    run = ward.run
    worker = run.worker(fail_on=POISON)
    run.publish(0, 1 / 3)
    for kind in KINDS:
        kind(ward)
    ward.send(ward.evening())
    wait_for(lambda: sorted(one["reason"] for one in ward.letters()) == REASONS, "every letter is there", 120)
    run.all_processed()
    wait_for(lambda: worker.page("/healthz")[0] == 200 and not any(worker.lags), "the worker is well")
    _as_if_nothing_had_been(ward)
    largest = max(len(one.value) + len(one.key or b"") for one in run.bench.records(DEAD_LETTERS))
    assert largest < MIB
    assert len(run.alerts("record-quarantined")) == 2 * (1 + 3)  # fired and resolved: a record, and three batches
    assert worker.stop() == 0
    capsys.readouterr()
    assert picustream(["deadletters", "list", "--json"]) in (0, 1)
    assert "unprocessable" in capsys.readouterr().out
    assert picustream(["doctor", "--json"]) in (0, 1)
    assert picustream(["consume", "lab"]) == 0
    with Redis.from_url(run.bench.settings.redis) as redis:
        redis.flushall()
    run.drain()
    assert run.alerts("state-rebuilt")
    _as_if_nothing_had_been(ward)
    assert picustream(["deadletters", "resubmit", "--all", "--reason", "unprocessable"]) == 0
    run.drain()  # by a worker that does not fail at it
    assert sorted(one["reason"] for one in ward.letters()) == REASONS
    assert any('"poison-1"' in one.value.decode() for one in run.bench.records([MODS]))


def _as_if_nothing_had_been(ward: Ward) -> None:
    run = ward.run
    events = run.bench.folder / "events.ndjson"
    events.write_text("\n".join(run.lines) + "\n")
    published = [(one.topic, json.loads(one.value)) for one in run.bench.records()]
    replayed = ending.run_replay(events, run.bench.folder / "replayed", run.until)
    assert len(ending.current(replayed)) > 50
    assert ending.unlike(ending.current(published), ending.current(replayed)) == []
    assert ending.broken_chains(published) == []
    assert len({body["event_id"] for _, body in published}) == len(published)
