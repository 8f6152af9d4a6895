"""What is looked at again after each event gives what a look at everything would (I1, I9)."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.scoring.assess import Assessor, Bodies
from picustream.scoring.bodies import Body, RecordKey
from picustream.scoring.chart import Changes, Chart
from picustream.scoring.door import LATEST, Door
from picustream.scoring.engine import Arrival
from picustream.scoring.rules import Rules
from tests.core.histories import SEEDS, SHIPPED, arrivals, rules_for, shuffled
from tests.core.stories import histories
from tests.reference.generate import case

SILENCES = [1, 6, 24, 30, 36, 54, 24 * 28, 24 * 40]
"""Hours in which nothing is said."""


class Bedside:
    """One stay's chart and its assessor, and what the assessor has said so far."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.chart = Chart(rules.protocol, rules.codemap)
        self.assessor = Assessor(rules, self.chart)
        self.told: Bodies = {}

    def file(self, arrival: Arrival) -> datetime | None:
        """Takes an event in; when it was filed, or None where the door refuses it."""
        admission = Door(self.rules).admit(arrival, LATEST)
        if admission.event is None or admission.filed is None:
            return None
        changes = Changes()
        self.chart.file(admission.event, admission.filed, changes)
        self.assessor.note(changes)
        return admission.event.filed_at

    def look(self, now: datetime) -> dict[RecordKey, Any]:
        """Every record as of a moment, as far as it was looked at again."""
        self.told |= self.assessor.bodies(now, {key for key, body in self.told.items() if body is not None})
        return {key: content(body) for key, body in self.told.items() if body is not None}


def content(body: Body) -> Any:
    """What a body says; hours to go are left out, for they are told as of the telling."""
    return body.compared or body.fields, body.effective_at, body.caveats, body.closed


def check(rules: Rules, events: list[Any], looks: set[int], silences: list[int]) -> None:
    """Files events one by one, then lets hours pass; compares all bodies with those of a chart made anew."""
    bedside, filed, now = Bedside(rules), [], None
    for place, arrival in enumerate(arrivals(events)):
        moment = bedside.file(arrival)
        if moment is None:
            continue
        filed.append(arrival)
        now = moment if now is None else max(now, moment)
        found = bedside.look(now)
        if place in looks:
            assert found == anew(rules, filed, now)
    for hours in silences if now is not None else ():
        now += timedelta(hours=hours)
        assert bedside.look(now) == anew(rules, filed, now)


def anew(rules: Rules, filed: list[Arrival], now: datetime) -> dict[RecordKey, Any]:
    """All bodies of a new chart, its events filed the other way round."""
    fresh = Bedside(rules)
    for arrival in reversed(filed):
        fresh.file(arrival)
    return fresh.look(now)


@pytest.mark.proves("I1", "I9")
@pytest.mark.parametrize("seed", range(SEEDS))
def test_i9_a_look_at_what_changed_equals_a_look_at_everything(seed: int) -> None:
    """At random moments of a shuffled random history, and days afterwards with nothing but time passing."""
    made = case(seed)
    events = shuffled(made.events, seed)
    rng = random.Random(seed)
    looks = set(rng.sample(range(len(events)), min(6, len(events))))
    check(rules_for(made.protocol), events, looks, rng.sample(SILENCES, 2))


@pytest.mark.proves("I1", "I9", "I8")
@given(histories(), st.lists(st.sampled_from(SILENCES), max_size=3))
def test_i9_likewise_at_every_event_of_a_small_story_and_as_time_goes_on(told: list[Any], silences: list[int]) -> None:
    """After each event, and after silences of hours and weeks."""
    check(SHIPPED, told, set(range(len(told))), silences)
