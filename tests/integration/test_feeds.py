"""A source goes silent and sends again, over two workers, a kill and a wiped Redis: each alert once (I3, I5, I8)."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from redis import Redis

from picustream.models.event import ADT, VITAL
from picustream.models.record import ALERT
from picustream.runtime.clock import Clock
from picustream.scoring.trial.records import ELIGIBILITY
from picustream.streams.kafka import clients as kafka_clients
from picustream.streams.kafka import topics
from picustream.streams.kafka.topics import partition_of
from tests.integration.workers import Bench, Worker, wait_for

pytestmark = pytest.mark.servers

PARTITIONS = 4
WORKER = "picustream worker"
SPEED = 600
"""Ward seconds per second: two hours are twelve seconds."""
LIMITS = "[sources.monitor]\nsilence_after_hours = 2\n"
STAYS = list({partition_of(f"S-{number}", PARTITIONS): f"S-{number}" for number in range(100)}.values())
"""One for each partition."""


@pytest.fixture
def bench(fresh_servers: Any, settings_env: dict[str, str], tmp_path: Any) -> Iterator[Bench]:
    (tmp_path / "site.toml").write_text(LIMITS)
    env = settings_env | {
        "PICUSTREAM_PARTITIONS": str(PARTITIONS),
        "PICUSTREAM_SESSION_TIMEOUT": "6",
        "PICUSTREAM_CODEMAP": str(tmp_path / "site.toml"),
        "PICUSTREAM_CLOCK_START": "2025-01-02T00:00:00+00:00",
        "PICUSTREAM_CLOCK_AT": datetime.now(UTC).isoformat(),
        "PICUSTREAM_CLOCK_SPEED": str(SPEED),
    }
    bench = Bench(env, tmp_path, PARTITIONS)
    with kafka_clients.admin(bench.settings) as admin:
        topics.create(admin, bench.settings, topics.ALL)
    yield bench
    bench.close()


class Ward:
    """Sends events with the ward's clock, and reads what came of them."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        start, at = (datetime.fromisoformat(bench.env[f"PICUSTREAM_CLOCK_{name}"]) for name in ("START", "AT"))
        self._clock = Clock(start, at, SPEED)
        self._sent = 0

    def send(self, topic: str, source: str, stay: str, partition: int | None = None, **fields: Any) -> None:
        self._sent += 1
        body = {"event_id": f"e{self._sent}", "source": source, "patient_id": "P", "stay_id": stay, **fields}
        with kafka_clients.producer(self._bench.settings) as producer:
            producer.send(topic, json.dumps(body).encode(), key=stay.encode(), partition=partition).get(30)

    def admit(self, stay: str) -> None:
        self.send(ADT, "his", stay, type="admitted", occurred_at=self._now())

    def vital(self, source: str, stay: str, partition: int | None = None) -> None:
        said = [{"system": "urn:picustream:variable", "code": "heart_rate", "value": 120, "unit": "/min"}]
        self.send(VITAL, source, stay, partition, observed_at=self._now(), observations=said)

    def unread(self, source: str, stay: str) -> None:
        """Six observations of unmapped codes."""
        said = [{"system": "urn:gw", "code": f"c{number}", "value": 1, "unit": "1"} for number in range(6)]
        self.send(VITAL, source, stay, observed_at=self._now(), observations=said)

    def _now(self) -> str:
        return self._clock.now().isoformat()

    def alerts(self, alert_id: str) -> list[tuple[int, str]]:
        """Revision and state of every record of an alert, in order."""
        records = [json.loads(record.value) for record in self._bench.records([ALERT])]
        return sorted((one["revision"], one["state"]) for one in records if one["alert_id"] == alert_id)

    def processed(self, stay: str) -> bool:
        """Whether a stay has come out anywhere."""
        return any(json.loads(one.value)["stay_id"] == stay for one in self._bench.records([ELIGIBILITY]))

    def gets_on(self, stay: str) -> None:
        """What comes now is processed: whatever was to be published before it is published."""
        self.admit(stay)
        wait_for(lambda: self.processed(stay), f"{stay} is processed")


def holder(workers: list[Worker], partition: int) -> Worker:
    return wait_for(lambda: next((one for one in workers if partition in one.held), None), "somebody holds it")


@pytest.mark.proves("I3", "I5", "I8")
def test_i8_a_silent_source_is_reported_once_through_a_kill_and_a_wiped_redis(bench: Bench) -> None:
    """I8, I3, I5: silence is found by time alone; a killed worker and a lost state repeat nothing and forget
    nothing."""
    ward, silent, unread = Ward(bench), "alert/feed-silent/monitor", "alert/feed-unread/gw-2"
    workers = [bench.worker(name, command=WORKER) for name in ("w0", "w1")]
    wait_for(lambda: all(one.held for one in workers), "both hold partitions")
    for stay in STAYS:
        ward.admit(stay)
        ward.vital("monitor", stay)
        ward.unread("gw-2", stay)
    wait_for(lambda: ward.alerts(unread), "the source that nobody reads is known, though spread over all partitions")
    wait_for(lambda: ward.alerts(silent), "the silence is published")
    assert (ward.alerts(silent), ward.alerts(unread)) == ([(1, "firing")], [(1, "firing")])

    deciding = holder(workers, partition_of("monitor", PARTITIONS))
    deciding.kill()
    workers.remove(deciding)
    workers.append(bench.worker(deciding.name, command=WORKER))
    wait_for(lambda: workers[-1].logged("ready"), "it is back")
    ward.gets_on("T-1")
    assert ward.alerts(silent) == [(1, "firing")]

    ward.vital("monitor", STAYS[0])
    wait_for(lambda: len(ward.alerts(silent)) >= 2, "it is not silent any more")
    assert ward.alerts(silent) == [(1, "firing"), (2, "resolved")]
    wait_for(lambda: len(ward.alerts(silent)) >= 3, "it is silent again")

    with Redis.from_url(bench.settings.redis) as redis:
        redis.flushall()
    for stay in STAYS:
        ward.send(ADT, "his", stay, type="sedation", occurred_at=ward._now(), state="off")
    rebuilt = "state-rebuilt"
    wait_for(
        lambda: (
            len({line["partition"] for one in workers for line in one.log_lines if line["event"] == rebuilt})
            == PARTITIONS
        ),
        "every partition is rebuilt",
    )
    ward.gets_on("T-2")
    assert ward.alerts(silent) == [(1, "firing"), (2, "resolved"), (3, "firing")]
    ward.vital("monitor", STAYS[1])
    wait_for(lambda: len(ward.alerts(silent)) >= 4, "it is not silent after all")
    assert ward.alerts(silent)[-1] == (4, "resolved")
    assert ward.alerts(unread) == [(1, "firing")]
    published = [json.loads(record.value)["event_id"] for record in bench.records()]
    assert len(published) == len(set(published)), "an event_id twice"


@pytest.mark.proves("I2")
def test_a_feed_with_another_partitioner_is_reported_and_the_view_goes_on_past_the_markers(bench: Bench) -> None:
    """What is forwarded leaves the marker of a transaction behind it, which nobody processes: it is no lag, either."""
    ward = Ward(bench)
    worker = bench.worker("w0", command=WORKER)
    ward.admit("S-0")
    ward.vital("gw-crc32", "S-0", partition=(partition_of("S-0", PARTITIONS) + 1) % PARTITIONS)
    wait_for(lambda: ward.alerts("alert/misrouted-key/gw-crc32"), "the partitioner is named")
    wait_for(lambda: len(ward.alerts("alert/misrouted-key/gw-crc32")) == 2, "an hour has passed without another")
    assert ward.alerts("alert/misrouted-key/gw-crc32") == [(1, "firing"), (2, "resolved")]
    wait_for(lambda: worker.lags == [0] * PARTITIONS, "it says that nothing waits, though markers are left")
