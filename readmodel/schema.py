"""The tables of a read model, for SQLite and PostgreSQL alike.

Moments are whole microseconds since 1970 in UTC: exact, in order, and the same in both. Everything in here can be made
again from Kafka, so there are no migrations: with another `SCHEMA` it is made anew beside the old one.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

SCHEMA = 2
"""Another number for another form of these tables, or another meaning of what is in them."""

metadata = MetaData()


def _place() -> tuple[Column[str], Column[int], Column[int]]:
    """The place of a record in Kafka, by which it is known."""
    return (
        Column("topic", Text, nullable=False),
        Column("partition", Integer, nullable=False),
        Column("offset", BigInteger, nullable=False),
    )


revisions = Table(
    "revisions",
    metadata,
    *_place(),
    Column("record", Text, nullable=False),  # the revision's event_id without what counts revisions
    Column("revision", Integer, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("stay", Text),
    Column("patient", Text),
    Column("status", Text, nullable=False),
    Column("state", Text),  # of a stay, an alert, a screening
    Column("day", Text),
    Column("milestone", Text),
    Column("total", Integer),
    Column("unit", Text),
    Column("bed", Text),
    Column("audience", Text),  # of an alert
    Column("name", Text),  # of an alert
    Column("effective_at", BigInteger, nullable=False),
    Column("emitted_at", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),  # of the bytes of `body`
    Column("body", Text, nullable=False),  # the bytes from Kafka; for the ward without what it may not know
    PrimaryKeyConstraint("topic", "partition", "offset"),
)
"""Every revision of every record of a stay, and of every alert."""
Index("revisions_of_record", *(revisions.c[name] for name in ("topic", "record", "revision", "emitted_at")))
STATED = revisions.c.state.is_not(None)
"""What is a state: of a stay, an alert, a screening. Who asks by time asks for these, and says so."""
Index("revisions_in_time", revisions.c.topic, revisions.c.emitted_at, sqlite_where=STATED, postgresql_where=STATED)

current = Table(
    "current",
    metadata,
    Column("topic", Text, nullable=False),
    Column("record", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("head", Integer, nullable=False),  # the newest revision that Kafka has; for the ward some are not here
    Column("digest", Text),  # of what the ward sees: a revision that changes nothing of it is not here
    Column("stay", Text),
    Column("state", Text),
    Column("unit", Text),
    Column("audience", Text),
    Column("name", Text),
    PrimaryKeyConstraint("topic", "record"),
)
"""Of every record its newest revision."""
Index("current_of_stay", *(current.c[name] for name in ("stay", "topic")))
Index("current_in_state", *(current.c[name] for name in ("topic", "state", "audience", "name")))

desk = Table(
    "desk",
    metadata,
    *_place(),
    Column("event_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("stay", Text),
    Column("alert", Text),
    Column("cut", Text),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("topic", "partition", "offset"),
)
"""What people entered."""
Index("desk_of_stay", desk.c.stay)
Index("desk_of_alert", desk.c.alert)

dead_letters = Table(
    "dead_letters",
    metadata,
    *_place(),
    Column("event_id", Text, nullable=False),
    Column("about", Text, nullable=False),  # topic of the record that was refused
    Column("about_partition", Integer),
    Column("about_offset", BigInteger),
    Column("scope", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("source", Text),
    Column("event", Text),  # the refused event's own id
    Column("stay", Text),
    Column("path", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("observed", Text),
    Column("first_seen_at", BigInteger, nullable=False),
    Column("resubmitted", Boolean, nullable=False),
    Column("payload_bytes", BigInteger, nullable=False),
    Column("payload_sha256", Text, nullable=False),
    Column("arrived_at_ms", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),  # of the whole dead letter, which has the payload
    Column("body", Text, nullable=False),  # the dead letter with an empty payload
    PrimaryKeyConstraint("topic", "partition", "offset"),
)
"""What was refused, without the refused bytes: those may name a patient, and an arm."""

faults = Table(
    "faults",
    metadata,
    *_place(),
    Column("kind", Text, nullable=False),  # gap, fork, repeat, unreadable
    Column("record", Text),
    Column("expected", Integer),
    Column("found", Integer),
    Column("noticed_at", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
    Column("sha256", Text),
    Column("raw", LargeBinary),  # of a record that cannot be read; never for the ward
    PrimaryKeyConstraint("topic", "partition", "offset"),
)
"""Places at which a topic is not as it must be: a revision is missing, was published twice, or cannot be read."""

positions = Table(
    "positions",
    metadata,
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("next", BigInteger, nullable=False),  # the offset that is read next
    Column("end", BigInteger),  # where the committed records ended
    Column("asked_at", BigInteger),  # when they did
    PrimaryKeyConstraint("topic", "partition"),
)

origin = Table(
    "origin",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("cluster", Text, nullable=False),
    Column("schema", Integer, nullable=False),
    Column("audience", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
)
"""Where all of it comes from: one row."""

topics = Table(
    "topics",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("topic_id", Text, nullable=False),
    Column("partitions", Integer, nullable=False),
)
"""The topics that are followed, by the ids that the cluster gave them: one made anew has another."""

progress = Table(
    "progress",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", BigInteger, nullable=False),  # grows with every commit of records
    Column("epoch", BigInteger, nullable=False),  # grows with every follower
    Column("committed_at", BigInteger),
    Column("emitted_at", BigInteger),
    Column("heartbeat_at", BigInteger),
    Column("known_until", BigInteger),  # all that was committed in Kafka before this is here
    Column("servers", Text, nullable=False),
    Column("follower", Text, nullable=False),
    Column("ready", Boolean, nullable=False),  # whether it was once complete
)
"""How far the follower is: one row."""
