"""Observations that a rule looks up by their event: the FiO2 of a blood gas (P1), the mode of a peak pressure (A6)."""

from collections.abc import Sequence

from picustream.models.variable import Variable
from picustream.scoring.chart.entries import Identity, Observed

SAME_EVENT = frozenset({Variable.PAO2, Variable.FIO2, Variable.PEAK_PRESSURE})
"""Variables that a rule looks up by their event."""


class SameEvent:
    """The usable ones of a stay."""

    def __init__(self) -> None:
        self._of: dict[Identity, list[Observed]] = {}

    def __len__(self) -> int:
        """Of how many events there are any."""
        return len(self._of)

    def of(self, event: Identity) -> Sequence[Observed]:
        """Those of an event, in the order V1."""
        return self._of.get(event, ())

    def put(self, observed: Observed, present: bool) -> Sequence[Observed]:
        """Adds one, or takes it out; the PaO2 beside it whose FiO2 that changes."""
        if observed.value is None:
            return ()
        identity = (observed.filed.source, observed.filed.event_id)
        others = self._of.pop(identity, None)
        if others is None:
            if present:
                self._of[identity] = [observed]
            return ()
        others = [one for one in others if one is not observed]
        now = [*others, observed] if present else others
        if now:
            self._of[identity] = sorted(now, key=lambda one: one.order)
        if observed.variable is Variable.PEAK_PRESSURE:
            return ()
        return [one for one in others if one.variable is Variable.PAO2]
