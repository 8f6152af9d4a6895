"""Whether a command may answer from a read model, and the records that it has for one: else Kafka is asked.

It may where it is fresh: its follower follows the Kafka of the settings, and has read all that was committed up to some
seconds ago.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from picustream.deadletters.dead_letter import DecodedDeadLetter, content_named
from picustream.eventfiles.outputs import Stored
from picustream.models import text
from picustream.models.record import DeadLetter
from picustream.readmodel.audience import Audience
from picustream.readmodel.blinding import completed
from picustream.readmodel.database import NoStore, named
from picustream.readmodel.reading import ReadModel
from picustream.readmodel.rows import Row
from picustream.runtime.clock import wall_clock
from picustream.runtime.settings import Settings

FRESH = timedelta(seconds=15)
"""The greatest age of a read model that commands answer from."""


@dataclass(frozen=True, slots=True)
class Answers:
    """A read model that is fresh."""

    model: ReadModel
    audience: Audience
    known_until: datetime

    @property
    def topics(self) -> tuple[str, ...]:
        """Those that are in it."""
        return self.audience.topics

    @property
    def is_of_ward(self) -> bool:
        """Whether it lacks what the ward may not know."""
        return self.audience is Audience.WARD

    def of_stay(self, stay_id: str, topics: Sequence[str]) -> Iterator[Stored]:
        """Every revision of a stay's records of these topics; the ward's with null in what it may not know."""
        made = stored_of_ward if self.is_of_ward else stored
        with self.model.snapshot() as still:
            for topic in topics:
                yield from map(made, still.revisions(topic, stay=stay_id))

    def alerts(self, firing: bool | None) -> Iterator[Stored]:
        """The newest revision of each alert; None: of those that are resolved, too."""
        yield from map(stored, self.model.alerts(firing=firing))

    def dead_letters(self, topics: Sequence[str]) -> Iterator[DecodedDeadLetter]:
        """The dead letters on these topics, in order of arrival, without their events."""
        for row in self.model.dead_letters(topics):
            source, event = row["source"], row["event"]
            record = DeadLetter.model_validate_json(row["body"])
            yield DecodedDeadLetter(
                record=record,
                payload=b"",
                source=source,
                observed=row["observed"],
                event=None if source is None or event is None else (record.topic, source, event),
                stay_id=row["stay"],
                content=content_named(record.topic, record.payload_sha256),
                arrived_at_ms=row["arrived_at_ms"],
            )


def stored(row: Row) -> Stored:
    """A revision as it is in Kafka."""
    where = f"{row.topic}, partition {row.partition}, offset {row.offset}"
    key = None if row.stay is None else row.stay.encode()
    return Stored(row.topic, key, row.body.encode(), where)


def stored_of_ward(row: Row) -> Stored:
    """A revision of the ward's read model as a record of its topic."""
    return stored(replace(row, body=text.encode(completed(row.topic, text.parse(row.body)))))


def look(settings: Settings, topics: Sequence[str], *, some: bool = False) -> Answers | str:
    """The read model of the settings if it is fresh and has these topics, or `some` of them; else why not."""
    try:
        return _answers(ReadModel.at(named(settings)), settings, topics, some, wall_clock())
    except NoStore as error:
        return error.message


def _answers(model: ReadModel, settings: Settings, topics: Sequence[str], some: bool, now: datetime) -> Answers | str:
    """It, or why not."""
    with model.snapshot() as still:
        progress, audience = still.progress(), still.audience
    if progress.servers != settings.kafka:
        return "the read model follows another one."
    missing = set(topics).difference(audience.topics)
    if missing and not (some and missing < set(topics)):
        return f"the read model is for {audience}."
    age = progress.age(now)
    if age is None or progress.known_until is None:
        return "the read model is not whole yet."
    if age > FRESH:
        return f"the read model is {age.total_seconds():,.0f} s old; is its follower at work?"
    return Answers(model, audience, progress.known_until)
