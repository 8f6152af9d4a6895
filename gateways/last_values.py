"""Values that were sent, for what later speaks of them and does not repeat them (OBX-11 U, a value taken back)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from picustream.gateways.state import State

KEPT_FOR = timedelta(days=30)
MOST = 50_000
"""Rows; the oldest leave first."""
_PRUNED = 1_000
"""Rows that leave at a time."""


class LastValues:
    """By the id of the observation. A row has the fields of an observation, and `at`, when it came."""

    def __init__(self, state: State) -> None:
        self._rows = state.table("values")

    def get(self, identity: str) -> Mapping[str, Any] | None:
        """What was sent last; None where nothing is known."""
        row: Mapping[str, Any] | None = self._rows.get(identity)
        return row

    def put(self, identity: str, row: dict[str, Any], at: datetime) -> None:
        """What was sent."""
        self._rows[identity] = {**row, "at": at.isoformat()}
        if len(self._rows) > MOST:
            self._prune(at)

    def forget(self, identity: str) -> None:
        """It was withdrawn."""
        self._rows.pop(identity, None)

    def _prune(self, now: datetime) -> None:
        oldest = sorted(self._rows, key=lambda one: str(self._rows[one]["at"]))
        limit = (now - KEPT_FOR).isoformat()
        for number, identity in enumerate(oldest):
            if number >= _PRUNED and self._rows[identity]["at"] >= limit:
                break
            del self._rows[identity]
