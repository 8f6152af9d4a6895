"""What tells of a record, or a stay, at which the program fails or which nobody can read: it is set aside, and the
others go on.

As little as can be is done here, for whatever makes the engine fail must not make this fail.
"""

from datetime import datetime, timedelta

from picustream.scoring.alerts.alerts import QUARANTINED, WITHIN
from picustream.scoring.batch import Effects
from picustream.scoring.outputs import Output
from picustream.scoring.port import FaultReports
from picustream.scoring.validation import InputRecord, ValidatedInput, refuse

PUT_OFF = timedelta(days=1)
"""Until a stay is looked at again at which the engine fails, if nothing comes of it before."""


def set_aside(engine: FaultReports, record: InputRecord, now: datetime) -> Effects:
    """The dead letter of a record at which the engine fails, and an alert; nothing else is done with it."""
    assert record.fault is not None
    effects = Effects()
    effects.outputs.extend(engine.dead_letters(refuse(record, record.fault), now))
    effects.outputs.extend(engine.passing_alert(QUARANTINED, place_of(record), now))
    return effects


def unreadable(engine: FaultReports, one: ValidatedInput, now: datetime) -> list[Output]:
    """An alert on a record that nobody can read. Of a batch of them, the first has its bytes and tells of all."""
    if one.input_record.fault is None or one.input_record.value is None:
        return []
    return engine.passing_alert(QUARANTINED, place_of(one.input_record), now)


def put_off(engine: FaultReports, stay_id: str, partition: int, now: datetime) -> Effects:
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
