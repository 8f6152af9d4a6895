"""What the follower of a read model counts, for `/metrics`. Labels are topics and kinds: nothing of a patient."""

from collections.abc import Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge

from picustream.readmodel.writing import Place

REGISTRY = CollectorRegistry()
_NAME = "picustream_store"

records = Counter(f"{_NAME}_records", "records that were read and written", registry=REGISTRY)
faults = Counter(
    f"{_NAME}_faults", "revisions missing, published twice or unreadable", ["topic", "kind"], registry=REGISTRY
)
lag = Gauge(f"{_NAME}_lag", "offsets that are committed and not read", ["topic"], registry=REGISTRY)
known_until = Gauge(
    f"{_NAME}_known_until_timestamp_seconds", "all that was committed before this is there", registry=REGISTRY
)


def note(positions: Mapping[Place, int], ends: Mapping[Place, int], until: datetime | None) -> int | None:
    """How far the reading is; the offsets that are left, None while that is not known of a partition."""
    behind: dict[str, int] = {}
    for place, offset in positions.items():
        if place in ends:
            behind[place[0]] = behind.get(place[0], 0) + max(ends[place] - offset, 0)
    for topic, count in behind.items():
        lag.labels(topic).set(count)
    if until is not None:
        known_until.set(until.timestamp())
    return sum(behind.values()) if positions.keys() == ends.keys() else None
