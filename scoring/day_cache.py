"""What each local day says of each organ and of the P/F pairs, kept until a change reaches it."""

from collections.abc import Iterator
from datetime import date, datetime

from picustream.models.variable import Variable
from picustream.scoring.budget import Budget
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
        self._measured_before: dict[Organ, dict[date, OrganDay | None]] = {organ: {} for organ in ORGANS}
        """What was measured last before a day that has values and measures nothing: such days are passed over once, and
        not again by each day after them."""
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

    def is_measured(self, organ: Organ, day: date) -> bool:
        """Whether a local day is known to measure an organ, as of the last look."""
        found = self._organs[organ].get(day)
        return found is not None and found.basis == "measured"

    def today(self, view: View, day: date) -> dict[Organ, OrganDay]:
        """What a local day says of each organ."""
        return {organ: self.organ(view, organ, day) for organ in ORGANS}

    def last_measured(self, view: View, organ: Organ, day: date) -> OrganDay | None:
        """M7: what the most recent earlier day of the stay measured."""
        known, passed = self._measured_before[organ], []
        last: OrganDay | None = None
        while (taken := view.last_before(ANCHORS[organ], midnight(day, self._zone))) is not None:
            day = local_date(taken, self._zone)
            found = self.organ(view, organ, day)
            if found.basis == "measured":
                last = found
                break
            if day in known:
                last = known[day]
                break
            passed.append(day)
        known.update(dict.fromkeys(passed, last))
        return last

    def pairs(self, view: View, day: date) -> list[tuple[Pair, bool]]:
        """The P/F pairs sampled on a local day in the order V1, and whether each is an ARDS candidate."""
        if day not in self._pairs:
            paired = (pair_of(view, sample) for sample in view.between(Variable.PAO2, *view.hours_of(day)))
            self._pairs[day] = [(pair, is_candidate(view, pair)) for pair in paired if pair is not None]
        return self._pairs[day]

    def all_pairs(self, view: View) -> Iterator[tuple[Pair, bool]]:
        """Every P/F pair of the stay, likewise."""
        for day in self._days_with_gases(view):
            yield from self.pairs(view, day)

    def read_pairs(self, view: View, budget: Budget) -> bool:
        """Reads the pairs of the days that are not known yet, as far as a budget goes; whether all are known now."""
        for day in self._days_with_gases(view):
            if day not in self._pairs:
                if budget.spent:
                    return False
                budget.spend(len(self.pairs(view, day)))
        return True

    def pairs_of(self, view: View, first: datetime, last: datetime) -> list[Pair]:
        """The pairs sampled from `first` to `last`, both included, in the order V1."""
        days = days_between(local_date(first, self._zone), local_date(last, self._zone))
        return [pair for day in days for pair, _ in self.pairs(view, day) if first <= pair.at <= last]

    def _days_with_gases(self, view: View) -> Iterator[date]:
        bounds = view.first_and_last(Variable.PAO2)
        return days_between(*(local_date(moment, self._zone) for moment in bounds)) if bounds else iter(())

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
                    self._measured_before[part].clear()
        self.dirty = set()
        return changed, breathing


def days_between(first: date, last: date) -> Iterator[date]:
    """Every day from `first` to `last`, both included."""
    while first <= last:
        yield first
        first += ONE_DAY
