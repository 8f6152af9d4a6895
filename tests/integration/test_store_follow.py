"""`picustream store follow` on a real Kafka: killed at any moment, the read model equals the topics byte for byte."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pytest
from kafka import KafkaProducer, TopicPartition

from picustream.local.servers import Servers
from picustream.models.desk import DESK
from picustream.readmodel.audience import Audience
from picustream.readmodel.database import Address, address
from picustream.readmodel.intake import digest
from picustream.readmodel.reading import ReadModel
from picustream.readmodel.rows import Progress
from picustream.runtime.crash_points import STORE_POINTS
from picustream.runtime.settings import Settings
from picustream.scoring.presence.record import STAY
from picustream.scoring.scores.mods.record import MODS
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from tests.integration.workers import Worker, wait_for
from tests.readmodel.test_following import letter, note, revision, stored
from tests.scoring.histories import LONG

pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("servers")]

PARTITIONS = 3
KILLS = 100 if LONG else 10


class Ward:
    """Topics that fill, in transactions of which every third is aborted, and followers of them."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self.env, self.folder = env, folder
        self.settings = Settings()
        self._producer: KafkaProducer | None = None
        self._numbers: dict[str, int] = {}
        self._count = 0

    def send(self, transactions: int, size: int = 40) -> None:
        """Some more of everything. What was aborted never was: its revisions come again, with other content."""
        if self._producer is None:
            self._producer = kafka_clients.producer(self.settings, transactional_id="picustream-test")
            self._producer.init_transactions()
        for _ in range(transactions):
            aborted = self._count % 3 == 2
            before = dict(self._numbers)
            self._producer.begin_transaction()
            for _ in range(size):
                self._send_one("aborted" if aborted else "")
            self._producer.abort_transaction() if aborted else self._producer.commit_transaction()
            self._numbers = before if aborted else self._numbers
            self._count += 1

    def _send_one(self, word: str) -> None:
        assert self._producer is not None
        dice = random.Random(f"{self._count}/{len(self._numbers)}/{sum(self._numbers.values())}")
        stay = f"S-{dice.randrange(20)}"
        kind = dice.choice(["mods"] * 5 + ["stay", "letter", "desk"])
        record = f"{stay}/{kind}"
        number = self._numbers[record] = self._numbers.get(record, 0) + 1
        topic, value = {
            "mods": lambda: (MODS, revision(record, number, stay, total=number, padding=word * 50)),
            "stay": lambda: (STAY, revision(record, number, stay, unit="A", state="present")),
            "letter": lambda: ("picu.dead-letter.v1", letter(number)),
            "desk": lambda: (DESK, note(number)),
        }[kind]()
        self._producer.send(topic, value, key=stay.encode())

    def close(self) -> None:
        if self._producer is not None:
            self._producer.close()

    def follow(self, store: str, *options: str, **env: str) -> Worker:
        log = self.folder / "follower.log"
        command = [sys.executable, "-P", "-m", "picustream", "store", "follow", "--store", store, *options]
        with log.open("ab") as file:
            process = subprocess.Popen(command, env=os.environ | self.env | env, stderr=file, stdout=file)
        return Worker(process, "follower", log)

    def drained(self, store: str, *options: str) -> tuple[int, str]:
        """Follow to the end; the exit status, and what was said last."""
        worker = self.follow(store, "--drain", *options)
        return worker.end(), worker.log.read_text()

    def committed(self, names: tuple[str, ...]) -> dict[tuple[str, int, int], bytes]:
        """Every committed record of topics, by its place, as another client reads them."""
        consumer = kafka_clients.consumer(self.settings)
        parts = [TopicPartition(name, number) for name in names for number in range(PARTITIONS)]
        consumer.assign(parts)
        consumer.seek_to_beginning(*parts)
        ends, found = kafka_clients.stable_ends(self.settings, consumer, parts), {}
        while any(consumer.position(part) < ends[part] for part in parts):
            for records in consumer.poll(timeout_ms=200).values():
                found |= {(one.topic, one.partition, one.offset): one.value for one in records}
        consumer.close()
        return found


@pytest.fixture
def ward(
    fresh_servers: Servers, settings_env: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ward]:
    env = {**settings_env, "PICUSTREAM_PARTITIONS": str(PARTITIONS)}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    made = Ward(env, tmp_path)
    with kafka_clients.admin(made.settings) as admin:
        topics.create(admin, made.settings, topics.ALL)
    yield made
    made.close()


def assert_equals_kafka(where: Address, ward: Ward) -> None:
    """Every committed record once and byte for byte; of dead letters the hash of all of it."""
    found, wanted = stored(where), ward.committed(Audience.EVERYTHING.topics)
    assert found.keys() == wanted.keys()
    for place, (sha256, body) in found.items():
        assert sha256 == digest(wanted[place])
        assert place[0] == "picu.dead-letter.v1" or body == wanted[place]
    with closing(ReadModel.at(where)) as model:
        assert model.holes() == [] and len(found) > 50


def progress_of(where: Address) -> Progress:
    with closing(ReadModel.at(where)) as model:
        return model.progress()


@pytest.mark.proves("I3")
def test_killed_again_and_again_it_equals_kafka_byte_for_byte(ward: Ward, where: Address) -> None:
    """At each of its steps, and at random in between, while records come, a third of them in aborted transactions."""
    store = url(where)
    dice = random.Random(7)
    ward.send(6)
    for number in range(KILLS):
        point = f"{STORE_POINTS[number % len(STORE_POINTS)]}:{dice.randint(1, 3)}"
        at_a_point = number % 2 == 0
        worker = ward.follow(store, **({"PICUSTREAM_CRASH_AT": point} if at_a_point else {}))
        ward.send(2)
        if at_a_point:
            killed_at_its_point(worker, ward)
        else:
            at_work(worker, where)
            ward.send(dice.randint(0, 4))
            worker.kill()
    status, said = ward.drained(store)
    assert status == 0, said
    assert_equals_kafka(where, ward)
    assert progress_of(where).lag == 0


def killed_at_its_point(worker: Worker, ward: Ward) -> None:
    wait_for(lambda: worker.process.poll() is not None or ward.send(1), "the follower has come to its point")
    assert worker.process.returncode == -signal.SIGKILL


def at_work(worker: Worker, where: Address) -> None:
    me = f":{worker.process.pid}"
    wait_for(lambda: progress_of(where).follower.endswith(me), "the follower is at work")


def url(where: Address) -> str:
    if where.is_file:
        return str(where.path)
    return f"{where.url.render_as_string(hide_password=False)}&schema={where.schema}".replace("+psycopg", "")


def test_what_comes_is_there_at_once_and_it_ends_when_it_is_asked_to(ward: Ward, tmp_path: Path) -> None:
    where = address(str(tmp_path / "store.sqlite"))
    worker = ward.follow(str(where.path), PICUSTREAM_HTTP_PORT="0")
    wait_for(lambda: where.path.exists() and worker.logged("store-following"), "the follower is at work")
    ward.send(2)
    wait_for(lambda: len(stored(where)) == len(ward.committed(Audience.EVERYTHING.topics)), "all of it is there")
    first = wait_for(lambda: progress_of(where).known_until, "it is whole")
    wait_for(lambda: progress_of(where).known_until != first, "it is known to be as of later")
    port = worker.logged("store-pages")["http_port"]  # type: ignore[index]
    assert json.loads(_page(port, "/healthz"))["ok"] and "picustream_store_records_total" in _page(port, "/metrics")
    again, said = ward.drained(str(where.path))
    assert again == 3 and "Another follower has the read model" in said
    assert worker.stop() == 0
    assert_equals_kafka(where, ward)


def _page(port: int, path: str) -> str:
    with urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as answer:
        return str(answer.read().decode())


def test_a_topic_that_is_made_anew_and_another_kafka_are_refused(ward: Ward, tmp_path: Path) -> None:
    """Status 3 and what to do; then it is made anew beside the old one, and equals what Kafka has now."""
    where = address(str(tmp_path / "store.sqlite"))
    ward.send(3)
    assert ward.drained(str(where.path))[0] == 0
    before = stored(where)
    with kafka_clients.admin(ward.settings) as admin:
        admin.delete_topics([DESK])
        wait_for(lambda: DESK not in admin.list_topics(), "the topic is gone")
        topics.create(admin, ward.settings, [DESK])
    status, said = ward.drained(str(where.path))
    assert status == 3 and f"another {DESK}: the topic was made anew" in said and "store follow --anew" in said
    assert stored(where) == before
    ward.send(5)
    assert ward.drained(str(where.path), "--anew")[0] == 0
    assert_equals_kafka(where, ward)
    assert where.path.is_symlink() and not where.path.with_name("store.sqlite-wal").exists()


def test_what_may_not_be_read_is_said_and_not_taken_for_empty(ward: Ward, tmp_path: Path) -> None:
    with kafka_clients.admin(ward.settings) as admin:
        admin.delete_topics([DESK])
        wait_for(lambda: DESK not in admin.list_topics(), "the topic is gone")
    status, said = ward.drained(str(tmp_path / "store.sqlite"))
    assert status == 3 and f"Not on the broker: {DESK}" in said
    assert not (tmp_path / "store.sqlite").exists()
