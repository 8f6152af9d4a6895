"""The current versions of the observations of one source, by their ids.

Nearly every `id` is made of the event's and the code. Such values are found by their event, as the tuple that they were
read as, which takes a fifth of the memory of an entry for each, with a name for each.
"""

from picustream.scoring.chart.entries import Filed, Observed


class Current:
    """By `id`, the current version."""

    __slots__ = ("_by_event", "_by_id", "_count")

    def __init__(self) -> None:
        self._by_event: dict[str, tuple[Observed, ...]] = {}
        """Those whose `id` is made of an event's."""
        self._by_id: dict[str, Observed] = {}
        """The others."""
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def named(self) -> int:
        """How many have an `id` that is not made of an event's."""
        return len(self._by_id)

    def take_all(self, filed: Filed, observed: tuple[Observed, ...]) -> bool:
        """Adds all that an event states, each with an `id` made of the event's; nothing, where one may be known."""
        if filed.event_id in self._by_event or self._by_id:
            return False
        self._by_event[filed.event_id] = observed
        self._count += len(observed)
        return True

    def find(self, one: Observed) -> Observed | None:
        """The current version of what an observation is a version of."""
        own_id = one.own_id
        if own_id is None:
            found = self._find(one.filed.event_id, one.meant.suffix)
            return self._by_id.get(one.id) if found is None and self._by_id else found
        found = self._by_id.get(own_id)
        if found is None and self._by_event:
            event_id, mark, code = own_id.rpartition("#")
            return self._find(event_id, mark + code)
        return found

    def _find(self, event_id: str, suffix: str) -> Observed | None:
        for one in self._by_event.get(event_id, ()):
            if one.meant.suffix == suffix:
                return one
        return None

    def put(self, one: Observed) -> None:
        """Adds what has no current version."""
        self._count += 1
        if one.own_id is None:
            self._by_event[one.filed.event_id] = (*self._by_event.get(one.filed.event_id, ()), one)
        else:
            self._by_id[one.own_id] = one

    def drop(self, one: Observed) -> None:
        """Takes out what is current."""
        self._count -= 1
        if one.own_id is not None:
            del self._by_id[one.own_id]
            return
        others = tuple(other for other in self._by_event[one.filed.event_id] if other is not one)
        if others:
            self._by_event[one.filed.event_id] = others
        else:
            del self._by_event[one.filed.event_id]
