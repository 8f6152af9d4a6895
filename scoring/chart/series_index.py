"""The current versions of a stay, each in the series in which the rules look it up."""

from collections.abc import Iterator
from contextlib import contextmanager

from picustream.models.variable import Variable
from picustream.scoring.chart.entries import Observed, Ventilation
from picustream.scoring.chart.series import Channel, Series, Span, Watch

AnySeries = Series[Observed] | Series[Ventilation]

UNUSABLE: dict[Variable, Channel] = {variable: f"unusable/{variable}" for variable in Variable}
"""The channels of a variable's unusable values, whatever their faults."""
VENTILATOR: Channel = "ventilator"
"""The channel of what ventilator events state, whatever the support."""
PEAKS: Channel = "pressure-peaks"
NEVER_READ: Channel = ""


class SeriesIndex:
    """The series of a stay. Every entry lies in exactly one."""

    def __init__(self) -> None:
        self.watch = Watch()
        self.usable: dict[Variable, Series[Observed]] = {v: Series(v.value, self.watch) for v in Variable}
        """Peak pressures under pressure control lie in `pressure_peaks`."""
        self.pressure_peaks: Series[Observed] = Series(PEAKS, self.watch)
        """The peaks that may stand for a plateau (A6)."""
        self.unusable: dict[Variable, dict[str, Series[Observed]]] = {v: {} for v in Variable}
        """By fault."""
        self.unmapped: Series[Observed] = Series()
        """Observations of unmapped codes: they count only as versions."""
        self.ventilator: dict[str | None, Series[Ventilation]] = {}
        """By the support stated; None: unknown."""
        self.not_in_force: Series[Ventilation] = Series()
        """Ventilator events that state nothing, or are withdrawn."""

    def of_observed(self, observed: Observed, control: str | None) -> Series[Observed]:
        """The series of an observation; `control` is the ventilator's mode in its event."""
        if observed.variable is None:
            return self.unmapped
        if observed.fault is not None:
            return self.unusable[observed.variable].setdefault(observed.fault, Series(UNUSABLE[observed.variable]))
        if observed.variable is Variable.PEAK_PRESSURE and control == "pressure":
            return self.pressure_peaks
        return self.usable[observed.variable]

    def of_ventilation(self, statement: Ventilation) -> Series[Ventilation]:
        """The series of a ventilator event's statement."""
        if not statement.in_force:
            return self.not_in_force
        return self.ventilator.setdefault(statement.support, Series(VENTILATOR))

    def named(self) -> Iterator[tuple[str, AnySeries]]:
        """Every series there is, by a name of its own."""
        yield from ((f"usable/{variable}", series) for variable, series in self.usable.items())
        for variable, faults in self.unusable.items():
            yield from ((f"unusable/{variable}/{fault}", series) for fault, series in faults.items())
        yield from ((f"ventilator/{support or ''}", series) for support, series in self.ventilator.items())
        yield "pressure-peaks", self.pressure_peaks
        yield "unasked", self.unmapped
        yield "void", self.not_in_force

    @contextmanager
    def watched(self, spans: dict[str, list[Span]] | None = None) -> Iterator[None]:
        """Within it, every series adds the spans that its answers depend on to `spans`, under its name."""
        spans, index = {} if spans is None else spans, list(self.named())
        for name, series in index:
            series.read_spans = spans.setdefault(name, [])
        try:
            yield
        finally:
            for _, series in index:
                series.read_spans = None

    def by_name(self, name: str) -> AnySeries:
        """The series of a name that `named` gave, here or in another process."""
        kind, _, rest = name.partition("/")
        if kind == "usable":
            return self.usable[Variable(rest)]
        if kind == "unusable":
            variable, _, fault = rest.partition("/")
            return self.unusable[Variable(variable)].setdefault(fault, Series(UNUSABLE[Variable(variable)]))
        if kind == "ventilator":
            return self.ventilator.setdefault(rest or None, Series(VENTILATOR))
        others: dict[str, AnySeries] = {
            "pressure-peaks": self.pressure_peaks,
            "unasked": self.unmapped,
            "void": self.not_in_force,
        }
        return others[name]
