"""Causes of revisions."""

from picustream.models.event import Event
from picustream.models.record import Cause

TIME = Cause(reason="time", event_id=None)
REBUILT = Cause(reason="state-rebuilt", event_id=None)


def cause_of(event: Event) -> Cause:
    """The event as a cause; the reason is its type, and its status where that is not the usual one."""
    status = event.status.value
    kind = getattr(event, "type", None) or "observation"
    reason = kind if status in ("final", "preliminary") else f"{kind}-{status}"
    return Cause(reason=reason, event_id=event.event_id)
