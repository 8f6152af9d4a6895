"""A stay's chart: the current version of everything that events state of the stay.

The chart is a set (invariant I1): filing an event is a join that is commutative, associative and idempotent, so the
chart does not depend on the order, the batches or the repeats in which events arrive. Versions of one thing are ordered
by filing time, then status, event id and canonical text. An event without a current version is dropped.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from picustream.models.fact import FactEvent
from picustream.models.variable import Variable
from picustream.scoring.chart.conflicts import Conflicts
from picustream.scoring.chart.current import Current
from picustream.scoring.chart.entries import (
    Changes,
    Entry,
    Fact,
    Filed,
    Identity,
    Observed,
    Piece,
    Ventilation,
    piece_of,
)
from picustream.scoring.chart.lineage import AMENDED, Lineages
from picustream.scoring.chart.live_events import LiveEvents
from picustream.scoring.chart.pruned import Pruned
from picustream.scoring.chart.reading import Reading
from picustream.scoring.chart.same_event import SAME_EVENT, SameEvent
from picustream.scoring.chart.series import HistoryNeeded, Series
from picustream.scoring.chart.series_index import PAO2, PEAKS, SEDATION, VENTILATOR, SeriesIndex

FactKey = tuple[str, ...]
"""(type,) or, where a stay has many, (type, source, id)."""


class Chart:
    """Current versions of one stay, with the usable observations of each variable in the order V1."""

    def __init__(self) -> None:
        self._current: defaultdict[str, Current] = defaultdict(Current)
        """By source."""
        self._ventilation: dict[Identity, Ventilation] = {}
        self.facts: dict[FactKey, Fact] = {}
        self.index = SeriesIndex()
        """Observations and ventilator statements, as the rules look them up."""
        self.same_event = SameEvent()
        self.pruned = Pruned()
        self.conflicts = Conflicts()
        self.lineages = Lineages()
        self.live = LiveEvents()
        self.added = 0
        """How many entries were added so far."""
        self.counted_at = self.searched_at = 0
        """That number as of which they are to be counted next, and as of when all days were last searched (I9)."""
        self._hidden: dict[Piece, dict[str, Filed]] = {}
        """Events with an older version of something of which a later version is in force."""

    def file(self, filed: Filed, reading: Reading, fact: FactEvent | None, changes: Changes) -> None:
        """Joins one event into the chart (docs/topics.md) and notes what changed."""
        if fact is not None:
            self._file_fact(fact, filed, changes)
            return
        observed, statement = reading.observed, reading.ventilation
        if self.pruned and not self.pruned.precedes(filed) and self._skips_pruned(filed, observed, statement, changes):
            return
        if statement is not None:  # first, for it decides the series of a peak pressure
            self._file_ventilation(statement, changes)
        self._file_observations(filed, reading, changes)

    @property
    def size(self) -> int:
        """How many current versions there are."""
        return sum(map(len, self._current.values())) + len(self._ventilation) + len(self.facts)

    @property
    def named(self) -> int:
        """How many current versions have an `id` that is not made of their event's."""
        return sum(one.named for one in self._current.values())

    def control_of(self, observed: Observed) -> str | None:
        """The ventilator's control mode in the event that an observation came with (rule A6)."""
        statement = self._ventilation.get((observed.filed.source, observed.filed.event_id))
        return statement.control if statement else None

    @property
    def anomalies(self) -> tuple[int, int, int]:
        """Changes with what alerts depend on besides the records: conflicts, the patients named, lineages."""
        return self.conflicts.changes, self.live.changes, self.lineages.changes

    def _put_in_force(self, piece: Piece, new: Entry | Fact, old: Entry | Fact | None, changes: Changes) -> None:
        """Puts one version into force in the place of another; an event with nothing in force is dropped."""
        self.live.take(new.filed, 1, new.in_force)
        changes.stored[new.filed.key] = new.filed
        if old is None:
            return
        self._release(old, changes)
        if self.pruned and not self.live.names(old.filed.patient_id):
            raise HistoryNeeded  # a pruned event may name the patient, too
        if new.rank != old.rank and self.conflicts.resolve(piece):
            changes.conflicts = True

    def _release(self, old: Entry | Fact, changes: Changes) -> None:
        self.live.release(old.filed, old.in_force)
        if old.filed.live_count == 0:
            changes.stored[old.filed.key] = None

    @property
    def hides_some(self) -> bool:
        """Whether anything was superseded whose event may be live."""
        return bool(self._hidden)

    def hides(self, entry: Entry) -> bool:
        """Whether a live event has an older version of the same thing, which must not come back."""
        return any(one.live_count for one in self._hidden.get(piece_of(entry), {}).values())

    def prune(self, events: Iterable[Filed], entries: Collection[Entry], changes: Changes) -> None:
        """Prunes whole events, whose entries were in force and have left their series."""
        for one in entries:
            source = one.filed.source
            if isinstance(one, Observed):
                self._current[source].drop(one)
                if one.variable in SAME_EVENT:
                    self.same_event.put(one, False)
            else:
                del self._ventilation[source, one.filed.event_id]
        if self._hidden or self.lineages:  # of most stays neither
            for piece in map(piece_of, entries):
                self._hidden.pop(piece, None)
                if self.lineages.prune(piece):
                    changes.lineages.add(piece)
        for filed in events:
            self.live.drop(filed)
            changes.stored[filed.key] = None
        self.pruned.note_all(entries)
        changes.pruned = True

    def _skips_pruned(
        self, filed: Filed, observed: Sequence[Observed], statement: Ventilation | None, changes: Changes
    ) -> bool:
        """Whether an unknown event lies in pruned spans, so that no record can depend on it either.

        Only as a whole, for the store keeps whole events. Raises `HistoryNeeded` where part of it lies elsewhere and a
        later version of an unknown part may have been pruned.
        """
        if statement is not None and self._may_move_peaks(statement):
            raise HistoryNeeded
        known = self._current[filed.source]
        names = [one.id for one in observed if known.find(one) is None]
        if statement is not None and (filed.source, filed.event_id) not in self._ventilation:
            names.append(statement.pruned_as)
        whole = len(names) == len(observed) + (statement is not None)
        entries: list[Entry] = [*observed, *((statement,) if statement is not None else ())]
        whole = whole and not self.pruned.misses_what_is_corrected(entries)
        control = statement.control if statement is not None else self.control_of(observed[0])
        if whole and self.live.names(filed.patient_id) and self.index.in_gaps(entries, control):
            changed = [self.pruned.note(filed, name) for name in names]
            changes.pruned = changes.pruned or any(changed)
            return True
        if any(self.pruned.may_supersede(filed, name) for name in names):
            raise HistoryNeeded
        return False

    def _may_move_peaks(self, statement: Ventilation) -> bool:
        """Whether pruned peaks may turn out to be under pressure control, and so be needed (A6)."""
        gaps, event_id = self.index.usable[Variable.PEAK_PRESSURE].gaps, statement.filed.event_id
        if statement.control != "pressure" or not gaps or statement.at > gaps[-1][1]:
            return False
        known = (statement.filed.source, event_id) in self._ventilation
        return not known and self.pruned.may_contain(statement.filed.source, statement.pruned_as)

    def _trace(self, piece: Piece, new: Entry | Fact, old: Entry | Fact | None, changes: Changes) -> None:
        """Notes what alerts need of the versions of a piece."""
        pruned = not isinstance(new, Fact) and self.pruned.may_have_pruned(new.filed.source, new.pruned_as)
        if self.lineages.note(piece, new, old, pruned):
            changes.lineages.add(piece)
            if self.lineages.lost():
                raise HistoryNeeded

    # Versions. ------------------------------------------------------------------------------------------------------

    def _supersedes(self, piece: Piece, new: Entry, old: Entry, changes: Changes) -> bool:
        """Whether `new` is the later version of two; the other is remembered as hidden."""
        later = self._later(piece, new, old, changes)
        loser = old.filed if later else new.filed
        self._hidden.setdefault(piece, {})[loser.key] = loser
        return later

    def _later(self, piece: Piece, new: Entry | Fact, old: Entry | Fact, changes: Changes) -> bool:
        """Whether `new` is the later version; a tie in all but the text is a conflict, alerted and still decided."""
        if new.rank != old.rank:
            return new.rank > old.rank
        later = new.filed.tie_breaker() > old.filed.tie_breaker()
        self.conflicts.note(piece, (new if later else old).filed)
        changes.conflicts = True
        return later

    def _file_observations(self, filed: Filed, reading: Reading, changes: Changes) -> None:
        observed, current, traced = reading.observed, self._current[filed.source], bool(self.lineages)
        if reading.plain and observed and not traced and current.take_all(filed, observed):
            self._place_fresh(filed, observed, changes)
            return
        fresh = []
        for one in observed:
            if traced or one.meant.status_rank >= AMENDED or current.find(one) is not None:
                self._file_observation(current, one, changes)
            else:  # nothing to supersede and nothing to trace
                current.put(one)
                fresh.append(one)
        if fresh:
            self._place_fresh(filed, fresh, changes)

    def _place_fresh(self, filed: Filed, observed: Sequence[Observed], changes: Changes) -> None:
        """Puts into force what an event states, where nothing is superseded, corrected or withdrawn."""
        usable, touched, at = self.index.usable, changes.touched, filed.happened_at
        for one in observed:
            meant = one.meant
            if meant.fault is None and meant.variable not in SAME_EVENT:  # as of nearly all, and so asked first
                series = usable[meant.variable]  # type: ignore[index]  # what is without a fault has a variable
                series.add(one)
                self.added += 1
                touched.append((series.channel, at))
            else:
                self._place(one, True, changes)
        self.live.take(filed, len(observed), len(observed))
        changes.stored[filed.key] = filed

    def _file_observation(self, current: Current, new: Observed, changes: Changes) -> None:
        old, piece = current.find(new), ("observation", new.filed.source, new.id)
        if old is not None and new.filed.is_repeat_of(old.filed):
            return
        self._trace(piece, new, old, changes)
        if old is not None:
            if not self._supersedes(piece, new, old, changes):
                return
            current.drop(old)
        current.put(new)
        self._put_in_force(piece, new, old, changes)
        if old is not None:
            self._place(old, False, changes)
        self._place(new, True, changes)

    def _series_of(self, observed: Observed) -> Series[Observed]:
        control = self.control_of(observed) if observed.variable is Variable.PEAK_PRESSURE else None
        return self.index.of_observed(observed, control)

    def _place(self, observed: Observed, present: bool, changes: Changes) -> None:
        """Into its series, or out of it."""
        series = self._series_of(observed)
        channel = self.index.channel_of(observed, series)
        if present:
            series.add(observed)
            self.added += 1
        else:
            series.remove(observed)
        changes.touched.append((channel, observed.at))
        if observed.variable in SAME_EVENT:
            changes.touched += [(PAO2, one.at) for one in self.same_event.put(observed, present)]

    def _file_ventilation(self, new: Ventilation, changes: Changes) -> None:
        filed = new.filed
        identity = (filed.source, filed.event_id)
        old = self._ventilation.get(identity)
        if old is not None and filed.is_repeat_of(old.filed):
            return
        piece = ("ventilation", *identity)
        self._trace(piece, new, old, changes)
        if old is not None and not self._supersedes(piece, new, old, changes):
            return
        peaks = [o for o in self.same_event.of(identity) if o.variable is Variable.PEAK_PRESSURE]
        for peak in peaks:
            self._series_of(peak).remove(peak)
        self._ventilation[identity] = new
        for peak in peaks:
            self._series_of(peak).add(peak)
            changes.touched.append((PEAKS, peak.at))  # it may have come or gone
        self._put_in_force(piece, new, old, changes)
        if old is not None:
            self.index.of_ventilation(old).remove(old)
        self.index.of_ventilation(new).add(new)
        self.added += 1
        changes.touched += [(VENTILATOR, one.at) for one in (old, new) if one is not None and one.in_force]

    def _file_fact(self, event: FactEvent, filed: Filed, changes: Changes) -> None:
        many = "id" in type(event).model_fields
        identity = (getattr(event, "id", None) or event.event_id) if many else event.event_id
        kind: str = getattr(event, "type")  # noqa: B009 - every concrete fact has one, the base class does not
        key = (kind, event.source, identity) if many else (kind,)
        old, new = self.facts.get(key), Fact(filed, event, filed.order(identity))
        if old is not None and filed.is_repeat_of(old.filed):
            return
        self._trace(key, new, old, changes)
        if old is not None and not self._later(key, new, old, changes):
            return
        self.facts[key] = new
        self._put_in_force(key, new, old, changes)
        changes.facts = True
        if kind == SEDATION:
            changes.touched += [(SEDATION, one.at) for one in (old, new) if one is not None]
