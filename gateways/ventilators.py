"""The control under which peak pressures were, in events that the mode itself is not in (rule A6)."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from picustream.gateways.drafts import Draft
from picustream.gateways.events import Events, Group, OutEvent
from picustream.gateways.patients.answers import Stay
from picustream.gateways.patients.controls import Controls, Peak, Said
from picustream.gateways.site.config import Source
from picustream.models.envelope import NO_STATEMENT
from picustream.models.event import VENTILATOR
from picustream.scoring.faults import Fault


class Ventilators:
    """Of one message of a source: its modes are taken in before its peaks are sent."""

    def __init__(self, source: Source, controls: Controls, received_at: datetime) -> None:
        self._source = source
        self._controls = controls
        self._received_at = received_at
        self._changed: dict[Stay, datetime] = {}
        """Stays of which something was said, with when that was filed."""

    def take(self, placed: Iterable[tuple[Stay, Draft]]) -> None:
        """Remember what modes say of the control, where they do, or that they are withdrawn."""
        for stay, draft in placed:
            withdrawn = draft.filing.stated and draft.status in NO_STATEMENT
            if draft.filing.topic == VENTILATOR and (withdrawn or draft.control is not None):
                self._say(stay, draft, draft.control)

    def doubt(self, stay: Stay, draft: Draft) -> None:
        """A mode is a letter: it is not known which control there is from then on."""
        if draft.control is not None:
            self._say(stay, draft, "")

    def beside(self, group: Group, event_id: str) -> str:
        """The control that an event states in which a peak is and no mode; "": none. One that is made again states what
        it stated first: what it states now was sent after it."""
        if not _has_peak_alone(group) or not self._source.words:
            return ""
        first = self._controls.first(self._source, group.stay, event_id)
        return self._controls.at(self._source, group.stay, group.filing.observed_at) if first is None else first

    def sent(self, group: Group, event: OutEvent) -> None:
        """Remember the event of a peak: a mode that comes later may change what it states."""
        if _has_peak_alone(group) and self._source.words:
            control = self.beside(group, event.event_id)
            peak = Peak(group.filing.observed_at, group.filing.filed, event.event_id, control, control)
            self._controls.sent(self._source, group.stay, peak, self._received_at)

    def restated(self, events: Events) -> Iterator[OutEvent | Fault]:
        """What makes the events of earlier peaks state the control that is known now."""
        for stay, filed in self._changed.items():
            for before, now in self._controls.restated(self._source, stay, filed, self._received_at):
                yield events.of_peak(stay, before, now)

    def _say(self, stay: Stay, draft: Draft, control: str | None) -> None:
        filing = draft.filing
        said = Said(filing.observed_at, filing.filed, draft.identity, control)
        self._controls.say(self._source, stay, said, self._received_at)
        self._changed[stay] = max(filing.filed, self._changed.get(stay, filing.filed))


def _has_peak_alone(group: Group) -> bool:
    return group.mode is None and any(draft.is_peak for draft in group.drafts)
