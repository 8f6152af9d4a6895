"""What the worker counts, for Prometheus. No label can hold a patient (I10)."""

import json

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from picustream.streams.outbox import Entry
from picustream.streams.topics import DEAD_LETTER

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
PARTITIONS = Gauge("picustream_partitions", "Partitions this worker owns", registry=REGISTRY)


def published(entry: Entry) -> None:
    """Count a record that Kafka has."""
    OUTPUTS.labels(entry.topic).inc()
    if entry.topic == DEAD_LETTER:
        DEAD_LETTERS.labels(_reason(entry.value)).inc()


def _reason(value: bytes) -> str:
    try:
        return str(json.loads(value)["reason"])
    except (ValueError, KeyError, TypeError):
        return "unknown"
