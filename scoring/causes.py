"""Causes of revisions."""

from picustream.models.fact import FactEvent
from picustream.models.record import Cause
from picustream.scoring.chart.entries import Filed

TIME = Cause(reason="time", event_id=None)
REBUILT = Cause(reason="state-rebuilt", event_id=None)


def cause_of(filed: Filed, fact: FactEvent | None) -> Cause:
    """The event as a cause; the reason is its type, and its status where that is not the usual one."""
    status = filed.status.value
    kind = getattr(fact, "type", None) or "observation"
    reason = kind if status in ("final", "preliminary") else f"{kind}-{status}"
    return Cause(reason=reason, event_id=filed.event_id)
