"""This machine's clock against those of the servers: the worker closes days by it (I8)."""

from picustream.doctor.finding import Finding, ok, skipped

TOLERATED = 2.0
"""Seconds. NTP keeps clocks within hundredths of one; days and deadlines do not turn on two."""
_FIX = "Set the clocks by NTP on every machine, then restart the worker."


def check_redis_clock(ahead: float | None) -> Finding:
    """`ahead`: seconds that the clock of Redis is ahead of this machine's; None if it may not be asked."""
    if ahead is None:
        return skipped("clock", "Redis does not give its time: TIME is not allowed")
    if abs(ahead) > TOLERATED:
        direction = "ahead of" if ahead > 0 else "behind"
        return Finding("clock", "finding", f"Redis is {abs(ahead):.1f} s {direction} this machine", _FIX)
    return ok("clock", f"this machine and Redis agree within {TOLERATED:g} s")


def check_kafka_clock(newest: float | None, now: float) -> Finding:
    """The broker stamps records as they arrive: a stamp from the future shows that it is ahead.

    Seconds since 1970, `newest` None for no record. That the broker is behind cannot be seen without writing.
    """
    if newest is None:
        return skipped("clock", "the broker's clock shows in what it stamps, and it has stamped nothing yet")
    if newest - now > TOLERATED:
        return Finding("clock", "finding", f"Kafka is at least {newest - now:.1f} s ahead of this machine", _FIX)
    return ok("clock", "nothing on Kafka is stamped later than now on this machine")
