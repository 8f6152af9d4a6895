"""A stay whose monitor and ventilator speak all the time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from tests.scoring.build import FIRST_DAY, Stay, obs
from tests.scoring.stories import Event

NOW = timedelta(0)


def monitored(hours: int, every: timedelta) -> list[Event]:
    """A ventilated child on a monitor and a ventilator that speak in intervals; blood is drawn now and then.

    The laboratory reports it 40 minutes later, and of creatinine the day after.
    """
    end = FIRST_DAY + timedelta(hours=hours)
    events = [(FIRST_DAY, *event) for event in Stay().admitted("day 1", birth_date="2020-05-01", sex="female").events]

    def say(topic: str, at: datetime, later: timedelta, values: dict[str, Any], **fields: Any) -> None:
        said = [obs(name, value) for name, value in values.items()]
        body = {"event_id": f"e{len(events)}", "source": topic, "patient_id": "P", "stay_id": "S", **fields}
        events.append((at + later, topic, {**body, "observed_at": at.isoformat(), "observations": said}))

    for count, at in enumerate(moments(FIRST_DAY, end, every)):
        signs = {"heart_rate": 100 + count % 50, "map_invasive": 50 + count % 30, "spo2": 90 + count % 10}
        say("picu.vital.v1", at, NOW, signs)
        breaths = {"fio2": "0.5", "peep": 8, "peak_pressure": 20 + count % 10}
        say("picu.ventilator.v1", at, NOW, breaths, support="invasive", control="pressure")
    for count, at in enumerate(moments(FIRST_DAY + timedelta(minutes=20), end, timedelta(hours=1))):
        say("picu.vital.v1", at, NOW, {"cvp": 5 + count % 10})
        if count % 4 == 0:
            say("picu.lab.v1", at, timedelta(minutes=40), {"pao2": 60 + count}, specimen="arterial")
            say("picu.lab.v1", at, timedelta(days=1), {"creatinine": 60 + count})
    return [(topic, body) for _, topic, body in sorted(events, key=itemgetter(0))]


def moments(first: datetime, end: datetime, every: timedelta) -> Iterator[datetime]:
    """From `first` to before `end`."""
    while first < end:
        yield first
        first += every
