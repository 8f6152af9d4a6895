"""The current versions of a stay, each in the series in which the rules look it up."""

from collections.abc import Iterable, Iterator

from picustream.models.variable import Variable
from picustream.scoring.chart.entries import Entry, Observed, Ventilation
from picustream.scoring.chart.series import Channel, Series, Watch

AnySeries = Series[Observed] | Series[Ventilation]

UNUSABLE: dict[Variable, Channel] = {variable: f"unusable/{variable}" for variable in Variable}
"""A variable's unusable values, whatever their faults."""
VENTILATOR: Channel = "ventilator"
"""What ventilator events state, whatever the support."""
PEAKS: Channel = "pressure-peaks"
SEDATION: Channel = "sedation"
"""Facts of sedation, which a day's coma scale is read from."""
BOUNDS: Channel = "bounds"
"""Whether a moment lies within the stay. No change falls into it: that the stay ends earlier is asked of `Reads`."""
USABLE: dict[Variable, Channel] = {variable: f"usable/{variable}" for variable in Variable}
PAO2 = USABLE[Variable.PAO2]


class SeriesIndex:
    """The series of a stay. Every entry lies in exactly one."""

    def __init__(self) -> None:
        self.watch = Watch()
        self.usable: dict[Variable, Series[Observed]] = {v: Series(USABLE[v], self.watch) for v in Variable}
        """Peak pressures under pressure control lie in `pressure_peaks`."""
        self.pressure_peaks: Series[Observed] = Series(PEAKS, self.watch)
        """The peaks that may stand for a plateau (A6)."""
        self.unusable: dict[Variable, dict[str, Series[Observed]]] = {v: {} for v in Variable}
        """By fault."""
        self.unmapped: Series[Observed] = Series("unasked")
        """Observations of unmapped codes: they count only as versions."""
        self.ventilator: dict[str | None, Series[Ventilation]] = {}
        """By the support stated; None: unknown."""
        self.not_in_force: Series[Ventilation] = Series("void")
        """Ventilator events that state nothing, or are withdrawn."""

    def of_observed(self, observed: Observed, control: str | None) -> Series[Observed]:
        """The series of an observation; `control` is the ventilator's mode in its event."""
        if observed.variable is None:
            return self.unmapped
        if observed.fault is not None:
            return self._of_fault(observed.variable, observed.fault)
        if observed.variable is Variable.PEAK_PRESSURE and control == "pressure":
            return self.pressure_peaks
        return self.usable[observed.variable]

    def of_ventilation(self, statement: Ventilation) -> Series[Ventilation]:
        """The series of a ventilator event's statement."""
        if not statement.in_force:
            return self.not_in_force
        return self._of_support(statement.support)

    def channel_of(self, observed: Observed, series: Series[Observed]) -> Channel:
        """Where look-ups note that they found, or would have found, an observation of a series."""
        if observed.variable is not None and observed.fault is not None:
            return UNUSABLE[observed.variable]
        return series.channel

    def in_gaps(self, entries: Iterable[Entry], control: str | None) -> bool:
        """Whether everything that an event states lies in pruned spans; `control` is its ventilator's mode."""
        return all(
            self.of_ventilation(one).is_pruned_at(one.at)
            if isinstance(one, Ventilation)
            else not one.of_blood_gas and self.of_observed(one, control).is_pruned_at(one.at)
            for one in entries
        )

    def is_whole(self, variables: Iterable[Variable]) -> bool:
        """Whether nothing of the usable values of some variables was pruned."""
        return not any(self.usable[variable].gaps for variable in variables)

    def _of_fault(self, variable: Variable, fault: str) -> Series[Observed]:
        faults = self.unusable[variable]
        if fault not in faults:
            faults[fault] = Series(f"{UNUSABLE[variable]}/{fault}", self.watch)
        return faults[fault]

    def _of_support(self, support: str | None) -> Series[Ventilation]:
        if support not in self.ventilator:
            self.ventilator[support] = Series(f"{VENTILATOR}/{support or ''}", self.watch)
        return self.ventilator[support]

    def every(self) -> Iterator[AnySeries]:
        """Every series there is; the `channel` of each is a name of its own."""
        yield from self.usable.values()
        for faults in self.unusable.values():
            yield from faults.values()
        yield from self.ventilator.values()
        yield from (self.pressure_peaks, self.unmapped, self.not_in_force)

    def by_name(self, name: str) -> AnySeries:
        """The series of a channel, as `every` gave it here or in another process."""
        kind, _, rest = name.partition("/")
        if kind == "usable":
            return self.usable[Variable(rest)]
        if kind == "unusable":
            variable, _, fault = rest.partition("/")
            return self._of_fault(Variable(variable), fault)
        if kind == "ventilator":
            return self._of_support(rest or None)
        others: dict[str, AnySeries] = {
            PEAKS: self.pressure_peaks,
            "unasked": self.unmapped,
            "void": self.not_in_force,
        }
        return others[name]
