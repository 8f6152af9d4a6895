"""What tells of a record, or a stay, at which the program fails or which nobody can read: it is set aside, and the
others go on.

As little as can be is done here, for whatever makes the engine fail must not make this fail.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from picustream.scoring.alerts.alerts import QUARANTINED, WITHIN
from picustream.scoring.batch import Effects
from picustream.scoring.outputs import Output
from picustream.scoring.validation import Admission, Arrival, turned_away

PUT_OFF = timedelta(days=1)
"""Until a stay is looked at again at which the engine fails, if nothing comes of it before."""


class Teller(Protocol):
    """What is asked of the engine."""

    def dead_letters(self, one: Admission, now: datetime) -> list[Output]:
        """A dead letter per fault of an arrival."""

    def told_at_once(self, name: str, subject: str, now: datetime) -> list[Output]:
        """An alert that is over as it is told."""

    def install_due(self, due: Iterable[tuple[str, datetime]]) -> None:
        """Takes over due times."""


def set_aside(engine: Teller, arrival: Arrival, now: datetime) -> Effects:
    """The dead letter of a record at which the engine fails, and an alert; nothing else is done with it."""
    assert arrival.fault is not None
    effects = Effects()
    effects.outputs.extend(engine.dead_letters(turned_away(arrival, arrival.fault), now))
    effects.outputs.extend(engine.told_at_once(QUARANTINED, place_of(arrival), now))
    return effects


def unreadable(engine: Teller, one: Admission, now: datetime) -> list[Output]:
    """An alert on a record that nobody can read. Of a batch of them, the first has its bytes and tells of all."""
    if one.arrival.fault is None or one.arrival.value is None:
        return []
    return engine.told_at_once(QUARANTINED, place_of(one.arrival), now)


def put_off(engine: Teller, stay_id: str, partition: int, now: datetime) -> Effects:
    """An alert on a stay at which the engine fails when its time comes; it is looked at again in a day.

    It names the partition and the moment, and not the stay.
    """
    effects = Effects()
    engine.install_due([(stay_id, now + PUT_OFF)])
    effects.due[stay_id] = now + PUT_OFF
    effects.outputs.extend(engine.told_at_once(QUARANTINED, f"partition-{partition}{WITHIN}{now.isoformat()}", now))
    return effects


def place_of(arrival: Arrival) -> str:
    """Topic, partition and offset, as the subject of an alert."""
    return WITHIN.join(map(str, (arrival.topic, arrival.partition, arrival.offset)))
