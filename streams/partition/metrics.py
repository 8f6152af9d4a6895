"""What the worker counts, for Prometheus. No label can hold a patient (I10)."""

import json
import re
from collections import Counter as Counted
from collections.abc import Sequence
from contextlib import suppress

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from picustream.models.event import INPUT_TOPICS
from picustream.models.record import DEAD_LETTERS as DEAD_LETTER_TOPICS
from picustream.scoring.batch import Effects
from picustream.streams.partition.intake import Intake
from picustream.streams.store.outbox import Entry

REGISTRY = CollectorRegistry()

EVENTS = Counter("picustream_events", "Input records processed", ["topic"], registry=REGISTRY)
FORWARDED = Counter(
    "picustream_forwarded", "Input records sent on to their right partition", ["topic"], registry=REGISTRY
)
OUTPUTS = Counter("picustream_outputs", "Records published and acknowledged", ["topic"], registry=REGISTRY)
DEAD_LETTERS = Counter("picustream_dead_letters", "Dead letters published", ["reason"], registry=REGISTRY)
TAKE_OVERS = Counter("picustream_take_overs", "Partitions taken over", ["why"], registry=REGISTRY)
FENCED = Counter("picustream_fenced", "Writes refused because another worker owns the partition", registry=REGISTRY)
STATE_LOST = Counter("picustream_state_lost", "Times that Redis held less than it had held before", registry=REGISTRY)
HISTORIES_READ = Counter(
    "picustream_recalls", "Stays whose history was read again, for part of it had been pruned", registry=REGISTRY
)
BATCH_SECONDS = Histogram(
    "picustream_batch_seconds",
    "From the records in hand to their outputs acknowledged",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
    registry=REGISTRY,
)
BATCH_RECORDS = Histogram(
    "picustream_batch_records",
    "Input records per batch",
    buckets=(1, 5, 20, 50, 100, 200, 500, 1000),
    registry=REGISTRY,
)
OUTBOX_PENDING = Gauge(
    "picustream_outbox_pending", "Records written and not yet acknowledged", ["partition"], registry=REGISTRY
)
LAG = Gauge("picustream_lag", "Input records not yet processed", ["topic", "partition"], registry=REGISTRY)
STUCK = Gauge("picustream_stuck", "Whether nothing gets done though there is work", ["partition"], registry=REGISTRY)
FEED_VIEW_AGE = Gauge(
    "picustream_feed_view_age_seconds",
    "Since every partition was last seen processed to its end; feeds are called silent by that",
    registry=REGISTRY,
)
PARTITIONS = Gauge("picustream_partitions", "Partitions this worker owns", registry=REGISTRY)

IGNORED = Counter("picustream_ignored", "Observations whose code nobody asked for", ["code"], registry=REGISTRY)

_LOINC = re.compile(r"[0-9]{1,7}-[0-9]")


def processed(intake: Intake, effects: Effects) -> None:
    """Count the records of a batch that is written."""
    BATCH_RECORDS.observe(len(intake.input_records) + len(intake.forwards))
    for topic, count in Counted(one.topic for one in intake.input_records).items():
        EVENTS.labels(topic).inc(count)
    for topic, count in Counted(entry.topic for entry in intake.forwards).items():
        FORWARDED.labels(topic).inc(count)
    for code, count in effects.ignored.items():
        _ignored(code, count)


def forget(partition: int) -> None:
    """Drop the gauges of a partition that has moved away: its new owner shows them."""
    for labels in [(topic, str(partition)) for topic in INPUT_TOPICS]:
        with suppress(KeyError):
            LAG.remove(*labels)
    for gauge in (OUTBOX_PENDING, STUCK):
        with suppress(KeyError):
            gauge.remove(str(partition))


def published(entries: Sequence[Entry]) -> None:
    """Count records that Kafka has."""
    for topic, count in Counted(entry.topic for entry in entries).items():
        OUTPUTS.labels(topic).inc(count)
    for entry in entries:
        if entry.topic in DEAD_LETTER_TOPICS:
            DEAD_LETTERS.labels(_reason(entry.value)).inc()


def _reason(value: bytes) -> str:
    try:
        return str(json.loads(value)["reason"])
    except (ValueError, KeyError, TypeError):
        return "unknown"


def _ignored(code: str, count: int) -> None:
    """Count observations of a code that no rule asks for; what is no LOINC code may say anything and is not shown."""
    IGNORED.labels(code if _LOINC.fullmatch(code) else "other").inc(count)
