"""Timelines of one stay, to be read aloud: who came when, what was measured, and what the product made of it.

    ward = Stay().admitted("day 1 08:00", birth_date="2020-05-01").lab("day 1 09:00", creatinine=250)
    assert ward.organ(1, "renal")["points"] == 2

Day 1 is 1 January 2025; times are those of the ward's clock in Shanghai. Every timeline that is asked for a record is
read by the independent reference as well, and has to give the same records there.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from picustream.models import text
from picustream.models.record import ALERT, DEAD_LETTERS
from picustream.models.variable import Variable
from picustream.scoring.chart.units import QUANTITIES
from picustream.scoring.outputs import Output
from picustream.scoring.presence.record import STAY
from picustream.scoring.rules import Rules
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.trial.records import ELIGIBILITY, OUTCOME
from tests import reference
from tests.scoring.compare import current
from tests.scoring.histories import PLACES, SHIPPED, compared, replayed, with_parameters

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST_DAY = datetime(2025, 1, 1, tzinfo=SHANGHAI)
MICROSECOND = timedelta(microseconds=1)

Record = dict[str, Any]
Event = tuple[str, dict[str, Any]]

_WHEN = re.compile(r"day (-?\d+)(?: (\d\d):(\d\d)(?::(\d\d))?)?(?: ([+-])1us)?")
_ONLY_RENAMED = {"recorded": "recorded_at", "patient": "patient_id", "stay": "stay_id"}


def at(when: str) -> datetime:
    """`day 3 08:15` on the ward's clock, `day 3` its midnight, `day 3 08:15 +1us` a microsecond after it; or ISO."""
    if "T" in when:
        return datetime.fromisoformat(when)
    match = _WHEN.fullmatch(when)
    assert match is not None, f"not a moment: {when}"
    day, hour, minute, second, beside = match.groups(default="0")
    moment = FIRST_DAY + timedelta(days=int(day) - 1, hours=int(hour), minutes=int(minute), seconds=int(second))
    return moment + {"+": MICROSECOND, "-": -MICROSECOND}.get(beside, timedelta(0))


def date_of(day: int) -> str:
    """The local date of a numbered day."""
    return (FIRST_DAY + timedelta(days=day - 1)).date().isoformat()


def number(value: Any) -> Any:
    """A JSON number; a string stands for the very characters that the feed writes."""
    return reference.Number(value) if isinstance(value, str) else value


def obs(variable: str, value: Any = None, unit: str | None = "", **fields: Any) -> dict[str, Any]:
    """One observation by its variable's name; the unit is the canonical one unless given, None leaves it out."""
    said: dict[str, Any] = {"system": "urn:picustream:variable", "code": variable, **fields}
    if value is not None:
        said["value"] = number(value)
        unit = QUANTITIES[Variable(variable)].unit if unit == "" else unit
        if unit is not None:
            said["unit"] = unit
    return said


@dataclass(frozen=True)
class Stay:
    """One stay's events in the order of their arrival. Every method gives a new stay, the old one stays as it was."""

    events: tuple[Event, ...] = ()
    protocol: dict[str, dict[str, Any]] = field(default_factory=dict)
    clock: datetime | None = None
    """Where the clock stops; None: 60 days after the last event."""

    # What happens. -------------------------------------------------------------------------------------------------

    def event(self, topic: str, **fields: Any) -> "Stay":
        """Any event; the envelope is filled in where nothing is said of it."""
        body = {
            "event_id": f"e{len(self.events) + 1}",
            "source": "ward",
            "patient_id": "P",
            "stay_id": "S",
            **{_ONLY_RENAMED.get(name, name): value for name, value in fields.items()},
        }
        if "recorded_at" in body:
            body["recorded_at"] = at(body["recorded_at"]).isoformat()
        return replace(self, events=(*self.events, (topic, body)))

    def charted(self, topic: str, when: str, *observations: dict[str, Any], **fields: Any) -> "Stay":
        """Values by variable name, in the canonical unit or as (number, unit); the rest are fields of the event."""
        values = {name: fields.pop(name) for name in list(fields) if name in list(Variable)}
        said = [obs(name, *(value if isinstance(value, tuple) else (value,))) for name, value in values.items()]
        return self.event(topic, observed_at=at(when).isoformat(), observations=[*observations, *said], **fields)

    def lab(self, when: str, *observations: dict[str, Any], **fields: Any) -> "Stay":
        return self.charted("picu.lab.v1", when, *observations, **fields)

    def gas(self, when: str, *observations: dict[str, Any], **fields: Any) -> "Stay":
        """An arterial blood gas."""
        return self.lab(when, *observations, **{"specimen": "arterial", **fields})

    def vital(self, when: str, *observations: dict[str, Any], **fields: Any) -> "Stay":
        return self.charted("picu.vital.v1", when, *observations, **fields)

    def vent(self, when: str, support: str | None = None, *observations: dict[str, Any], **fields: Any) -> "Stay":
        """A ventilator event; without a value it carries one that no score reads."""
        if not observations and not any(name in list(Variable) for name in fields):
            observations = (obs("mean_airway_pressure", 12),)
        said = {} if support is None else {"support": support}
        return self.charted("picu.ventilator.v1", when, *observations, **said, **fields)

    def adt(self, kind: str, when: str, **fields: Any) -> "Stay":
        return self.event("picu.adt.v1", type=kind, occurred_at=at(when).isoformat(), **fields)

    def trial(self, kind: str, when: str, **fields: Any) -> "Stay":
        if "onset_at" in fields:
            fields["onset_at"] = at(fields["onset_at"]).isoformat()
        return self.event("picu.trial.v1", type=kind, occurred_at=at(when).isoformat(), **fields)

    def admitted(self, when: str = "day 1", **fields: Any) -> "Stay":
        return self.adt("admitted", when, **fields)

    def discharged(self, when: str, to: str = "ward", **fields: Any) -> "Stay":
        return self.adt("discharged", when, destination=to, **fields)

    def died(self, when: str, **fields: Any) -> "Stay":
        return self.adt("died", when, **fields)

    def seen(self, when: str, alive: bool, **fields: Any) -> "Stay":
        """Follow-up: alive, or not, at a moment."""
        return self.adt("vital_status", when, alive=alive, **fields)

    def sedation(self, when: str, state: str, **fields: Any) -> "Stay":
        return self.adt("sedation", when, state=state, **fields)

    def consent(self, when: str, decision: str = "given", **fields: Any) -> "Stay":
        return self.trial("consent", when, decision=decision, **fields)

    def treatment(self, when: str, **fields: Any) -> "Stay":
        return self.trial("treatment_started", when, **{"arm": "trial", **fields})

    def ards(self, when: str, result: str, **fields: Any) -> "Stay":
        """The clinicians' assessment."""
        return self.trial("ards_assessed", when, result=result, **fields)

    # How it is read. -----------------------------------------------------------------------------------------------

    def under(self, **parts: dict[str, Any]) -> "Stay":
        """Under another protocol: `under(mods={"carry_forward_hours": 24})`."""
        return replace(self, protocol={**self.protocol, **parts})

    def until(self, when: str) -> "Stay":
        """As of a moment: the clock stops there."""
        return replace(self, clock=at(when))

    def arriving(self, *order: int) -> "Stay":
        """The same events, arriving in another order (counted from 1)."""
        return replace(self, events=tuple(self.events[place - 1] for place in order))

    # What came of it. ----------------------------------------------------------------------------------------------

    @property
    def rules(self) -> Rules:
        return with_parameters(self.protocol) if self.protocol else SHIPPED

    @cached_property
    def outputs(self) -> list[Output]:
        """Everything that a replay gives; its current records equal those of the reference."""
        given = replayed(self.events, self.rules, self.clock)
        lines = self._disagreements(given)
        assert not lines, "product and reference disagree: " + "; ".join(lines[:5])
        return given

    def _disagreements(self, given: list[Output]) -> list[str]:
        named = {place: name for name, place in PLACES.items()}
        places = {(part, name): value for part, fields in self.protocol.items() for name, value in fields.items()}
        accepted = [event for event in self.events if reference.accepts(*event, self.clock)]
        if not accepted or places.keys() - named.keys():
            return []  # a parameter that the reference does not have
        parameters = {named[place]: value for place, value in places.items()}
        clock = reference.replay_clock(accepted, self.clock)
        return compared(current(given), reference.current_records(accepted, clock, parameters))

    @cached_property
    def records(self) -> list[tuple[str, Record]]:
        """(topic, record) of every output in order."""
        return [(output.topic, text.parse(output.value)) for output in self.outputs]

    def revisions(self, topic: str, **fields: Any) -> list[Record]:
        """Every record of a topic that has these fields, as published."""
        return [
            record
            for sent_to, record in self.records
            if sent_to == topic and all(record.get(name) == value for name, value in fields.items())
        ]

    def _current(self, topic: str, **fields: Any) -> Record | None:
        published = self.revisions(topic, **fields)
        return published[-1] if published and published[-1]["status"] != "entered-in-error" else None

    def mods(self, day: int | str) -> Record:
        """The MODS record in force of a numbered day, or of a date."""
        found = self._current(MODS, day=day if isinstance(day, str) else date_of(day))
        assert found is not None, f"no MODS on day {day}"
        return found

    @property
    def mods_days(self) -> list[str]:
        """The dates that have a MODS record in force."""
        days = {record["day"] for record in self.revisions(MODS)}
        return sorted(day for day in days if self._current(MODS, day=day))

    def organ(self, day: int | str, organ: str) -> Record:
        """One component of a day's MODS."""
        return next(one for one in self.mods(day)["components"] if one["organ"] == organ)

    def apps(self, day: int) -> Record | None:
        """The daily APPS in force."""
        return self._current(APPS, basis="daily", day=date_of(day))

    def apps_24h(self, episode: int = 1) -> Record | None:
        """The APPS in force 24 hours after an episode's onset."""
        return self._current(APPS, basis="at-24h", episode=episode)

    @property
    def eligibility(self) -> Record:
        found = self._current(ELIGIBILITY)
        assert found is not None, "no eligibility"
        return found

    def criterion(self, name: str) -> Record:
        """One criterion of the eligibility in force."""
        return next(one for one in self.eligibility["criteria"] if one["criterion"] == name)

    @property
    def presence(self) -> Record | None:
        return self._current(STAY)

    def outcome(self, milestone: str) -> Record | None:
        """A milestone in force."""
        return self._current(OUTCOME, milestone=milestone)

    @property
    def dead_letters(self) -> list[Record]:
        return [letter for topic in DEAD_LETTERS for letter in self.revisions(topic)]

    @property
    def alerts(self) -> list[Record]:
        return self.revisions(ALERT)
