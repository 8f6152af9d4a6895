"""What doctor finds about clocks."""

import pytest

from picustream.doctor.clocks import check_kafka_clock, check_redis_clock


@pytest.mark.parametrize(
    ("ahead", "level"), [(0.0, "ok"), (2.0, "ok"), (-2, "ok"), (2.1, "finding"), (-9, "finding"), (None, "skipped")]
)
def test_clocks_more_than_two_seconds_apart_are_a_finding(ahead: float | None, level: str) -> None:
    """I8: days close by the worker's clock."""
    assert check_redis_clock(ahead).level == level


@pytest.mark.parametrize(("newest", "level"), [(None, "skipped"), (990.0, "ok"), (1001.9, "ok"), (1002.1, "finding")])
def test_a_stamp_from_the_future_shows_that_the_brokers_clock_is_ahead(newest: float | None, level: str) -> None:
    assert check_kafka_clock(newest, 1000.0).level == level
