"""Quarantine: a record or a stay at which the program fails, or a record that nobody can read, is set aside and
alerted, and the others go on.

As little as possible is done here, for what makes the engine fail must not make this fail.
"""

from datetime import datetime, timedelta

from picustream.scoring.alerts.alerts import QUARANTINED, WITHIN
from picustream.scoring.batch import Effects
from picustream.scoring.outputs import Output
from picustream.scoring.port import FaultReports
from picustream.scoring.validation import InputRecord, ValidatedInput, refuse

PUT_OFF = timedelta(days=1)
"""Until a stay at which the engine fails is evaluated again, unless an event of it arrives before."""


def set_aside(engine: FaultReports, record: InputRecord, now: datetime) -> Effects:
    """The dead letter of a record at which the engine fails, and an alert."""
    assert record.fault is not None
    effects = Effects()
    effects.outputs.extend(engine.dead_letters(refuse(record, record.fault), now))
    effects.outputs.extend(engine.passing_alert(QUARANTINED, place_of(record), now))
    return effects


def unreadable(engine: FaultReports, one: ValidatedInput, now: datetime) -> list[Output]:
    """An alert about a record that nobody can read. Of a batch of them only the first, which has the bytes, alerts."""
    if one.input_record.fault is None or one.input_record.value is None:
        return []
    return engine.passing_alert(QUARANTINED, place_of(one.input_record), now)


def put_off(engine: FaultReports, stay_id: str, partition: int, now: datetime) -> Effects:
    """An alert about a stay at which the engine fails when it falls due; it is evaluated again in a day.

    The alert names the partition and the moment, and not the stay.
    """
    effects = Effects()
    engine.install_due([(stay_id, now + PUT_OFF)])
    effects.due[stay_id] = now + PUT_OFF
    effects.outputs.extend(engine.passing_alert(QUARANTINED, f"partition-{partition}{WITHIN}{now.isoformat()}", now))
    return effects


def place_of(record: InputRecord) -> str:
    """Topic, partition and offset, as the subject of an alert."""
    return WITHIN.join(map(str, (record.topic, record.partition, record.offset)))
