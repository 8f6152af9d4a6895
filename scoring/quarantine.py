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
from picustream.scoring.validation import InputRecord, ValidatedInput, refuse

PUT_OFF = timedelta(days=1)
"""Until a stay is looked at again at which the engine fails, if nothing comes of it before."""


class Teller(Protocol):
    """What is asked of the engine."""

    def dead_letters(self, one: ValidatedInput, now: datetime) -> list[Output]:
        """A dead letter per fault of an input record."""

    def passing_alert(self, name: str, subject: str, now: datetime) -> list[Output]:
        """An alert that is over as it is told."""

    def install_due(self, due: Iterable[tuple[str, datetime]]) -> None:
        """Takes over due times."""


def set_aside(engine: Teller, record: InputRecord, now: datetime) -> Effects:
    """The dead letter of a record at which the engine fails, and an alert; nothing else is done with it."""
    assert record.fault is not None
    effects = Effects()
    effects.outputs.extend(engine.dead_letters(refuse(record, record.fault), now))
    effects.outputs.extend(engine.passing_alert(QUARANTINED, place_of(record), now))
    return effects


def unreadable(engine: Teller, one: ValidatedInput, now: datetime) -> list[Output]:
    """An alert on a record that nobody can read. Of a batch of them, the first has its bytes and tells of all."""
    if one.input_record.fault is None or one.input_record.value is None:
        return []
    return engine.passing_alert(QUARANTINED, place_of(one.input_record), now)


def put_off(engine: Teller, stay_id: str, partition: int, now: datetime) -> Effects:
    """An alert on a stay at which the engine fails when its time comes; it is looked at again in a day.

    It names the partition and the moment, and not the stay.
    """
    effects = Effects()
    engine.install_due([(stay_id, now + PUT_OFF)])
    effects.due[stay_id] = now + PUT_OFF
    effects.outputs.extend(engine.passing_alert(QUARANTINED, f"partition-{partition}{WITHIN}{now.isoformat()}", now))
    return effects


def place_of(record: InputRecord) -> str:
    """Topic, partition and offset, as the subject of an alert."""
    return WITHIN.join(map(str, (record.topic, record.partition, record.offset)))
