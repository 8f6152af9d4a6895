"""The record of a stay as the core sees it, by the same contract as a score."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from picustream.models.protocol import Protocol
from picustream.models.record import Record
from picustream.scoring.budget import Budget
from picustream.scoring.chart.chart import Chart
from picustream.scoring.presence.place import moments, presence_body
from picustream.scoring.presence.record import STAY, StayRecord
from picustream.scoring.records.bodies import Bodies, Body, RecordKey
from picustream.scoring.records.conditions import Condition
from picustream.scoring.scores.description import Component
from picustream.scoring.scores.evaluation import Evaluation

STAY_KEY = RecordKey("stay", "")


class Presence:
    """Who is here, of every stay."""

    kind = "stay"
    topic = STAY
    record = StayRecord
    summary = "Who is in the PICU, where, since when, and how the stay ended; nothing of the trial."
    parts = ()
    components: tuple[Component, ...] = ()

    def of_stay(self, chart: Chart, terms: Protocol) -> "PresenceOfStay":
        return PresenceOfStay(chart, terms)

    def conditions(self, part: str, body: Body, terms: Protocol) -> Iterator[Condition]:
        yield from ()

    def withdrawn(self, part: str) -> dict[str, Any]:
        return dict.fromkeys(StayRecord.model_fields.keys() - Record.model_fields.keys())


class PresenceOfStay:
    """Whether one child is here. Only facts and time change it, and no value."""

    pending = rescheduled = False

    def __init__(self, chart: Chart, protocol: Protocol) -> None:
        self._chart = chart
        self._protocol = protocol
        self._moments: tuple[datetime, ...] = ()
        """When time alone may change the record."""

    def plan(self, evaluation: Evaluation) -> None:
        if evaluation.facts or evaluation.since is None:
            self._moments = tuple(moments(self._chart, evaluation.stay))

    def bodies(self, evaluation: Evaluation, budget: Budget) -> Bodies:
        since, now = evaluation.since, evaluation.now
        come = since is not None and any(since < one <= now for one in self._moments)
        if since is not None and not (come or evaluation.facts):
            return {}
        return {STAY_KEY: presence_body(self._chart, evaluation.stay, self._protocol, now)}

    def due(self, evaluation: Evaluation) -> Iterator[datetime]:
        yield from self._moments
