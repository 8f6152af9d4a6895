"""What the worker counts: no label names a patient (I10)."""

from prometheus_client import generate_latest

from picustream.models.event import LAB
from picustream.streams.partition import metrics


def test_the_gauges_of_a_partition_that_moved_away_are_gone() -> None:
    metrics.LAG.labels(LAB, "77").set(5)
    metrics.OUTBOX_PENDING.labels("77").set(3)
    metrics.forget(77)
    metrics.forget(77)
    assert b'partition="77"' not in generate_latest(metrics.REGISTRY)


def test_a_code_that_is_no_loinc_code_is_counted_and_not_shown() -> None:
    metrics._ignored("2951-2", 1)
    metrics._ignored("S-32604416", 1)
    labels = {sample.labels["code"] for sample in metrics.IGNORED.collect()[0].samples if "code" in sample.labels}
    assert labels == {"2951-2", "other"}
