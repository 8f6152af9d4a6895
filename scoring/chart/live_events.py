"""Live events, those with something in force, and the patients they name."""

from collections import Counter
from datetime import datetime
from operator import attrgetter

from picustream.scoring.chart import texts
from picustream.scoring.chart.entries import Filed

PLAIN = 512
"""Texts of a stay that are not packed: the events that came last are stored, and most of them pruned, before long."""


class LiveEvents:
    """Events that have a current version."""

    def __init__(self) -> None:
        self.changes = 0
        """How often a patient was named for the first time, or is named no more."""
        self.events: dict[str, Filed] = {}
        """By their short names."""
        self.written = 0
        """Bytes of their texts."""
        self._plain: list[Filed] = []
        """Those whose texts are not packed, and some that have gone."""
        self._naming: dict[str, int] = {}
        """By the patient named, how many events do so; without those whose current versions are all withdrawals."""
        self._first: dict[str, Filed] = {}
        """Of these the first, as far as it is known."""

    def names(self, patient_id: str) -> bool:
        return patient_id in self._naming

    def take(self, filed: Filed, versions: int, stating: int) -> None:
        """Versions of an event become current, so many of which are not withdrawn."""
        if filed.key not in self.events:
            self.events[filed.key] = filed
            self.written += texts.size(filed.written)
            self._plain.append(filed)
            if len(self._plain) >= PLAIN:
                self._pack()
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
            self.written -= texts.size(filed.written)
        if in_force:
            filed.stating_count -= 1
            if filed.stating_count == 0:
                self._forget_the_name(filed)

    def drop(self, filed: Filed) -> None:
        """No version of an event is current any more."""
        del self.events[filed.key]
        self.written -= texts.size(filed.written)
        if filed.stating_count:
            self._forget_the_name(filed)
        filed.live_count = filed.stating_count = 0

    def _pack(self) -> None:
        """Packs texts, those that came first, but for half of what may be plain."""
        plain = [one for one in self._plain if one.live_count and isinstance(one.written, str)]
        some = (len(plain) - PLAIN // 2) // texts.TOGETHER * texts.TOGETHER
        for first in range(0, some, texts.TOGETHER):
            together = plain[first : first + texts.TOGETHER]
            pack = texts.packed([one.text for one in together])
            self.written += texts.TOGETHER * texts.size(pack)
            for place, one in enumerate(together):
                self.written -= len(one.text)
                one.written, one.place = pack, place
        self._plain = plain[max(some, 0) :]

    def _name(self, filed: Filed) -> None:
        name = filed.patient_id
        naming = self._naming.get(name)
        if naming is None:
            self._naming[name], self._first[name] = 1, filed
            self.changes += 1
            return
        self._naming[name] = naming + 1
        first = self._first.get(name)
        if first is not None and filed.rank < first.rank:
            self._first[name] = filed

    def _forget_the_name(self, filed: Filed) -> None:
        name = filed.patient_id
        self._naming[name] -= 1
        if self._first.get(name) is filed:
            del self._first[name]
        if not self._naming[name]:
            del self._naming[name]
            self.changes += 1

    def versions(self) -> Counter[str]:
        """Event ids, and how many live events have each: versions of one, or events of several sources."""
        return Counter([one.event_id for one in self.events.values()])

    def first_observed(self) -> datetime | None:
        """The earliest clinical time of a live event."""
        return min((one.happened_at for one in self.events.values()), default=None)

    def first_by_patient(self, but: str | None = None) -> dict[str, Filed]:
        """The first live event that names each patient (`but` one), in the order of filing."""
        for name in self._naming.keys() - self._first.keys():
            naming = (one for one in self.events.values() if one.patient_id == name and one.stating_count)
            self._first[name] = min(naming, key=_filing)
        return {name: self._first[name] for name in self._naming if name != but}


_filing = attrgetter("rank")
