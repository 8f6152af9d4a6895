"""Opening a read model to write it: one at a time, made if it is not there, and of the Kafka that is followed."""

import fcntl
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from picustream.readmodel import schema
from picustream.readmodel.audience import Audience
from picustream.readmodel.database import Address, NoStore, for_writing, reason_of
from picustream.readmodel.rows import to_micros
from picustream.readmodel.writing import Place, Writer
from picustream.runtime.clock import wall_clock
from picustream.runtime.errors import ENVIRONMENT, UserError


@dataclass(frozen=True, slots=True)
class FollowedTopic:
    """A topic as the cluster has it."""

    topic_id: str
    first: Mapping[int, int]
    """The first offset of each partition that is still there."""
    end: Mapping[int, int]
    """Where each partition ends."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The Kafka that records come from."""

    cluster_id: str
    servers: str
    topics: Mapping[str, FollowedTopic]


class NotOurs(UserError):
    """The read model was made from something else than what is followed now; nothing is written."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(
            f"The read model at {where} {what}.",
            "Follow what it was made from, or make it anew: picustream store follow --anew.",
            ENVIRONMENT,
        )


@contextmanager
def alone(where: Address) -> Iterator[None]:
    """Keep every other follower from a read model. Raises UserError where one has it."""
    if where.is_file:
        with _file_lock(where):
            yield
        return
    with _usable(where) as engine, engine.connect() as connection:
        key = text("SELECT pg_try_advisory_lock(hashtext(:name))")
        if not connection.execute(key, {"name": f"picustream {where.schema}"}).scalar_one():
            raise _taken(where)
        connection.commit()  # the lock is the session's; a transaction that stays open would keep dead rows from going
        yield


@contextmanager
def opened(
    where: Address, audience: Audience, cluster: Cluster, zone: str, now: Callable[[], datetime] = wall_clock
) -> Iterator[Writer]:
    """The writer of a read model, which is made if it is not there. NoStore, NotOurs. To be called `alone`."""
    with _usable(where) as engine:
        yield Writer(engine, str(where), audience, _made(where, engine, audience, cluster, zone, now()), now)


@contextmanager
def _usable(where: Address) -> Iterator[Engine]:
    """An engine; what the database says against it is said in one line."""
    engine = for_writing(where)
    try:
        yield engine
    except DBAPIError as error:
        raise NoStore(str(where), reason_of(error)) from error
    finally:
        engine.dispose()


def _made(where: Address, engine: Engine, audience: Audience, cluster: Cluster, zone: str, now: datetime) -> int:
    """Make what is not there, check what is, and count this follower; its epoch."""
    with engine.begin() as connection:
        if not where.is_file:
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {where.schema}"))
        there = inspect(connection).get_table_names(None if where.is_file else where.schema)
        if there and schema.origin.name not in there:
            raise NoStore(str(where), "the tables there are no read model")
        if not there:
            schema.metadata.create_all(connection)
            _begin(connection, audience, cluster, zone, now)
        check(connection, where, audience, cluster)
        columns = schema.progress.c
        connection.execute(
            update(schema.progress).values(
                epoch=columns.epoch + 1, servers=cluster.servers, follower=f"{socket.gethostname()}:{os.getpid()}"
            )
        )
        return int(connection.execute(select(columns.epoch)).scalar_one())


def _begin(connection: Connection, audience: Audience, cluster: Cluster, zone: str, now: datetime) -> None:
    origin = {"cluster": cluster.cluster_id, "schema": schema.SCHEMA, "audience": audience.value, "zone": zone}
    connection.execute(insert(schema.origin), {"id": 1, "made_at": to_micros(now)} | origin)
    connection.execute(
        insert(schema.topics),
        [
            {"topic": name, "topic_id": topic.topic_id, "partitions": len(topic.first)}
            for name, topic in cluster.topics.items()
        ],
    )
    places = [
        {"topic": name, "partition": number, "next": offset}
        for name, topic in cluster.topics.items()
        for number, offset in topic.first.items()
    ]
    connection.execute(insert(schema.positions), places)
    progress = {"id": 1, "version": 0, "epoch": 0, "servers": "", "follower": "", "ready": False}
    connection.execute(insert(schema.progress), progress)


def check(connection: Connection, where: Address, audience: Audience, cluster: Cluster) -> None:
    """Raises NotOurs where a read model was made from something else, or for others."""
    origin = connection.execute(select(schema.origin)).mappings().one()
    if origin["schema"] != schema.SCHEMA:
        raise NotOurs(str(where), f"has tables of another version ({origin['schema']}, here {schema.SCHEMA})")
    if origin["audience"] != audience:
        raise NotOurs(str(where), f"is for {origin['audience']}, and not for {audience}")
    if origin["cluster"] != cluster.cluster_id:
        raise NotOurs(str(where), f"was made from another Kafka than the one at {cluster.servers}")
    known = {row["topic"]: row for row in connection.execute(select(schema.topics)).mappings()}
    if known.keys() != cluster.topics.keys():
        raise NotOurs(str(where), "follows other topics")
    for name, topic in cluster.topics.items():
        if known[name]["topic_id"] != topic.topic_id:
            raise NotOurs(str(where), f"was read from another {name}: the topic was made anew since")
        if known[name]["partitions"] != len(topic.first):
            raise NotOurs(str(where), f"was read from {known[name]['partitions']} partitions of {name}")
    for row in connection.execute(select(schema.positions)).mappings():
        _check_position(where, cluster, (row["topic"], row["partition"]), row["next"])


def _check_position(where: Address, cluster: Cluster, place: Place, offset: int) -> None:
    topic, number = place
    read_up_to = f"{topic}, partition {number}, offset {offset}"
    first, end = cluster.topics[topic].first[number], cluster.topics[topic].end[number]
    if first > offset:
        raise NotOurs(str(where), f"was read up to {read_up_to}, and Kafka has deleted what comes before {first}")
    if end < offset:
        raise NotOurs(str(where), f"was read up to {read_up_to}, and in Kafka it ends at {end}")


@contextmanager
def _file_lock(where: Address) -> Iterator[None]:
    where.path.parent.mkdir(parents=True, exist_ok=True)
    with where.path.with_name(f"{where.path.name}.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _taken(where) from None
        yield


def _taken(where: Address) -> UserError:
    return UserError(f"Another follower has the read model at {where}.", "One does it all.", ENVIRONMENT)
