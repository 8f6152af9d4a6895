"""A chart as far as a rule may see: inside the stay (T2), or up to an earlier cut-off (E4)."""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from picustream.models.protocol import Protocol
from picustream.models.record import MOST_PASSED_OVER
from picustream.models.times import ONE_DAY
from picustream.models.variable import Variable
from picustream.scoring.chart.chart import Chart
from picustream.scoring.chart.entries import Observed, Ventilation
from picustream.scoring.chart.series import TICK, Series
from picustream.scoring.chart.series_index import BOUNDS, UNUSABLE, VENTILATOR
from picustream.scoring.clinical.days import midnight
from picustream.scoring.clinical.stay import Stay

FOREVER = datetime.max.replace(tzinfo=UTC) - timedelta(days=2)


@dataclass(frozen=True, slots=True)
class View:
    """Usable observations and ventilator events from `start` to `end`, both included."""

    chart: Chart
    protocol: Protocol
    start: datetime
    end: datetime

    def walk(self, variable: Variable, first: datetime, last: datetime) -> Iterator[Observed]:
        """Usable observations of a variable from `first` to `last`, both included, in the order V1."""
        return self.chart.index.usable[variable].walk(max(first, self.start), min(last, self.end))

    def between(self, variable: Variable, first: datetime, last: datetime) -> list[Observed]:
        """Likewise, all of them."""
        return self.chart.index.usable[variable].between(max(first, self.start), min(last, self.end))

    def refused(self, variable: Variable, first: datetime, last: datetime) -> list[Observed]:
        """Of the unusable current versions, likewise, what a record can name: the first eight of each fault."""
        faults = self.chart.index.unusable[variable].values()
        self.chart.index.watch.note(UNUSABLE[variable], max(first, self.start), min(last, self.end))
        return [
            o
            for series in faults
            for o in islice(series.walk(max(first, self.start), min(last, self.end)), MOST_PASSED_OVER)
        ]

    def latest(self, variable: Variable, moment: datetime, back: timedelta) -> Observed | None:
        """The latest usable observation at or before a moment and at most `back` old."""
        return self.chart.index.usable[variable].latest(max(moment - back, self.start), min(moment, self.end))

    def nearest(self, variable: Variable, moment: datetime, within: timedelta) -> Observed | None:
        """The usable observation nearest to a moment within a distance either side; equal distance: the earlier."""
        return self._nearest(self.chart.index.usable[variable], moment, within)

    def nearest_plateau(self, moment: datetime, within: timedelta, fits: Callable[[Observed], bool]) -> Observed | None:
        """Likewise of the plateau pressures that fit."""
        return self._nearest(self.chart.index.usable[Variable.PLATEAU_PRESSURE], moment, within, fits)

    def nearest_pressure_peak(
        self, moment: datetime, within: timedelta, fits: Callable[[Observed], bool]
    ) -> Observed | None:
        """Likewise of the peak pressures under pressure control that fit."""
        return self._nearest(self.chart.index.pressure_peaks, moment, within, fits)

    def _nearest(
        self,
        series: Series[Observed],
        moment: datetime,
        within: timedelta,
        fits: Callable[[Observed], bool] = lambda _: True,
    ) -> Observed | None:
        return series.nearest(moment, max(moment - within, self.start), min(moment + within, self.end), fits)

    def ventilation(self, first: datetime, last: datetime, *, but: Collection[str | None] = ()) -> Ventilation | None:
        """The last ventilator event in force from `first` to `last`, both included, of any support `but` some."""
        first, last = max(first, self.start), min(last, self.end)
        found = [
            series.latest(first, last) for support, series in self.chart.index.ventilator.items() if support not in but
        ]
        latest = max((event for event in found if event is not None), key=lambda event: event.order, default=None)
        self.chart.index.watch.note(VENTILATOR, latest.at if latest is not None else first, last)
        return latest

    def sees(self, moment: datetime) -> bool:
        """Whether a moment lies within it."""
        inside = self.start <= moment <= self.end
        if inside:
            self.chart.index.watch.note(BOUNDS, moment, moment)
        return inside

    def last_before(self, variables: Iterable[Variable], moment: datetime) -> datetime | None:
        """When the last usable observation of some variables was taken before a moment."""
        until = min(moment - TICK, self.end)
        found = (self.chart.index.usable[variable].latest(self.start, until) for variable in variables)
        return max((one.at for one in found if one is not None), default=None)

    def first_and_last(self, variable: Variable) -> tuple[datetime, datetime] | None:
        """When the first and the last usable observation of a variable were taken."""
        inside = self.between(variable, self.start, self.end)
        return (inside[0].at, inside[-1].at) if inside else None

    def hours_of(self, day: date) -> tuple[datetime, datetime]:
        """The first and the last moment of a local day."""
        zone = self.protocol.zone
        return midnight(day, zone), midnight(day + ONE_DAY, zone) - TICK


def view_of(chart: Chart, protocol: Protocol, stay: Stay, until: datetime | None = None) -> View:
    """The view of a stay, up to an earlier cut-off where one is given."""
    end = stay.end or FOREVER
    return View(chart, protocol, stay.start, end if until is None else min(end, until))
