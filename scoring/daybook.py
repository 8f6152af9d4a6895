"""What each local day says of each organ and of the P/F pairs, kept until a change reaches it."""

from collections.abc import Iterator
from datetime import date

from picustream.models.variable import Variable
from picustream.scoring.chart.bands import Organ
from picustream.scoring.chart.entries import Changes
from picustream.scoring.clinical.ards import is_candidate
from picustream.scoring.clinical.days import ONE_DAY, local_date, midnight
from picustream.scoring.clinical.organs import ANCHORS, ORGANS, RULES, OrganDay
from picustream.scoring.clinical.pairing import Pair, pair_of
from picustream.scoring.clinical.view import View
from picustream.scoring.reach import Part, Reaches
from picustream.scoring.rules import Rules


class DayBook:
    """Results of one stay by local day."""

    def __init__(self, rules: Rules) -> None:
        self._zone = rules.protocol.zone
        self._reaches = Reaches(rules.protocol)
        self.forget()

    def forget(self) -> None:
        """Everything has to be looked at again."""
        self._organs: dict[Organ, dict[date, OrganDay]] = {organ: {} for organ in ORGANS}
        self._pairs: dict[date, list[tuple[Pair, bool]]] = {}
        self.dirty: set[tuple[Part, date]] = set()

    def note(self, changes: Changes) -> None:
        """Marks what a change can touch."""
        for changed, moment in changes.touched:
            self.dirty.update(self._reaches.touched(changed, moment))

    def organ(self, view: View, organ: Organ, day: date) -> OrganDay:
        """What a local day says of an organ."""
        kept = self._organs[organ]
        if day not in kept:
            kept[day] = RULES[organ](view, day)
        return kept[day]

    def today(self, view: View, day: date) -> dict[Organ, OrganDay]:
        """What a local day says of each organ."""
        return {organ: self.organ(view, organ, day) for organ in ORGANS}

    def last_measured(self, view: View, organ: Organ, day: date) -> OrganDay | None:
        """M7: what the most recent earlier day of the stay measured."""
        while (taken := view.last_before(ANCHORS[organ], midnight(day, self._zone))) is not None:
            day = local_date(taken, self._zone)
            found = self.organ(view, organ, day)
            if found.basis == "measured":
                return found
        return None

    def pairs(self, view: View, day: date) -> list[tuple[Pair, bool]]:
        """The P/F pairs sampled on a local day in the order V1, and whether each is an ARDS candidate."""
        if day not in self._pairs:
            paired = (pair_of(view, sample) for sample in view.between(Variable.PAO2, *view.hours_of(day)))
            self._pairs[day] = [(pair, is_candidate(view, pair)) for pair in paired if pair is not None]
        return self._pairs[day]

    def all_pairs(self, view: View) -> Iterator[tuple[Pair, bool]]:
        """Every P/F pair of the stay, likewise."""
        bounds = view.first_and_last(Variable.PAO2)
        if bounds is None:
            return
        day, last = (local_date(moment, self._zone) for moment in bounds)
        while day <= last:
            yield from self.pairs(view, day)
            day += ONE_DAY

    def refresh(self, view: View) -> tuple[set[tuple[Organ, date]], set[date]]:
        """Looks again at what was marked: the organs' days that changed, and the days whose APPS may have."""
        changed: set[tuple[Organ, date]] = set()
        breathing: set[date] = set()
        for part, day in self.dirty:
            if part == "pairs" or part == "plateau":
                self._pairs.pop(day, None)
                breathing.add(day)
            else:
                before = self._organs[part].pop(day, None)
                if before != self.organ(view, part, day):
                    changed.add((part, day))
        self.dirty = set()
        return changed, breathing


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included."""
    while first <= last:
        yield first
        first += ONE_DAY
