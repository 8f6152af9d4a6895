"""Events sent again after they had been refused: how the record says so (docs/topics.md, `resubmitted`)."""

from collections.abc import Iterable

from picustream.streams.store.outbox import Header

RESUBMITTED_HEADER = "picustream-resubmitted"
"""On an input record: the `event_id` of the dead letter that it was taken from. It stays on what is forwarded."""


def is_resubmitted(headers: Iterable[Header]) -> bool:
    """Whether the record was taken from a dead letter; if it is refused again, its dead letter says so."""
    return any(name == RESUBMITTED_HEADER for name, _ in headers)


def resubmission_of(headers: Iterable[Header]) -> str | None:
    """The `event_id` of the dead letter that the record was taken from, None if from none."""
    found = (value or b"" for name, value in headers if name == RESUBMITTED_HEADER)
    return next((value.decode("utf-8", "replace") for value in found), None)
