"""Live events, those with something in force, and the patients they name."""

from collections import Counter
from datetime import datetime
from operator import attrgetter

from picustream.scoring.chart.entries import Filed


class LiveEvents:
    """Events that have a current version."""

    def __init__(self) -> None:
        self.changes = 0
        """How often a patient was named for the first time, or is named no more."""
        self.events: dict[str, Filed] = {}
        """By their short names."""
        self.written = 0
        """Length of their texts."""
        self._naming: dict[str, dict[str, Filed]] = {}
        """By the patient named; without events whose current versions are all withdrawals."""

    def names(self, patient_id: str) -> bool:
        return patient_id in self._naming

    def take(self, filed: Filed, versions: int, stating: int) -> None:
        """Versions of an event become current, so many of which are not withdrawn."""
        if filed.key not in self.events:
            self.events[filed.key] = filed
            self.written += len(filed.text)
            filed.live_count = filed.stating_count = 0  # a batch may be given to a second engine
        filed.live_count += versions
        if stating and not filed.stating_count:
            self._name(filed)
        filed.stating_count += stating

    def release(self, filed: Filed, in_force: bool) -> None:
        """A version of an event is current no more."""
        filed.live_count -= 1
        if filed.live_count == 0:
            del self.events[filed.key]
            self.written -= len(filed.text)
        if in_force:
            filed.stating_count -= 1
            if filed.stating_count == 0:
                self._forget_the_name(filed)

    def drop(self, filed: Filed) -> None:
        """No version of an event is current any more."""
        del self.events[filed.key]
        self.written -= len(filed.text)
        if filed.stating_count:
            self._forget_the_name(filed)
        filed.live_count = filed.stating_count = 0

    def _name(self, filed: Filed) -> None:
        naming = self._naming.get(filed.patient_id)
        if naming is None:
            naming = self._naming[filed.patient_id] = {}
            self.changes += 1
        naming[filed.key] = filed

    def _forget_the_name(self, filed: Filed) -> None:
        naming = self._naming[filed.patient_id]
        del naming[filed.key]
        if not naming:
            del self._naming[filed.patient_id]
            self.changes += 1

    def versions(self) -> Counter[str]:
        """Event ids, and how many live events have each: versions of one, or events of several sources."""
        return Counter([one.event_id for one in self.events.values()])

    def first_observed(self) -> datetime | None:
        """The earliest clinical time of a live event."""
        return min((one.happened_at for one in self.events.values()), default=None)

    def first_by_patient(self, but: str | None = None) -> dict[str, Filed]:
        """The first live event that names each patient (`but` one), in the order of filing."""
        return {name: min(naming.values(), key=_filing) for name, naming in self._naming.items() if name != but}


_filing = attrgetter("rank")
