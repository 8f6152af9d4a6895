"""What Kafka knows of the workers' group: who has a partition, what waits, and when each input was last written to.

A worker commits what it has processed to its group for those who watch it, past the markers of transactions; it never
goes by that itself.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import KafkaError
from kafka.protocol.consumer import IsolationLevel

from picustream.runtime.clock import stamped

NO_GROUP = "Dead"
"""What Kafka says of the state of a group that nobody was ever in; newer brokers call it an error, too."""


def owners(client: KafkaAdminClient, group: str) -> dict[int, str]:
    """Who has each partition: the worker's name in the group, where it has one, and its machine. Raises KafkaError."""
    described = client.describe_groups([group])[group]
    if described["error"] and described["group_state"] != NO_GROUP:
        raise KafkaError(described["error"])
    found: dict[int, str] = {}
    for member in described["members"]:
        for number in _assigned(member):
            found[number] = _who(member)
    return found


def waiting(client: KafkaAdminClient, group: str, parts: Iterable[TopicPartition]) -> dict[TopicPartition, int | None]:
    """The offsets of each part that are committed and not processed; None where nobody has said how far it is."""
    parts = list(parts)
    done = client.list_group_offsets({group: parts})[group]
    ends = client.list_partition_offsets(dict.fromkeys(parts, OffsetSpec.LATEST), IsolationLevel.READ_COMMITTED)
    return {part: _left(done[part].offset if part in done else -1, ends[part].offset) for part in parts}


def newest(
    client: KafkaAdminClient, parts: Iterable[TopicPartition], moment: Callable[[int], datetime | None] = stamped
) -> dict[str, datetime]:
    """The moment of the latest stamp in each topic, where it has one; `moment`: of a stamp, None for none.

    Raises UnsupportedVersionError before Kafka 3.0.
    """
    asked = dict.fromkeys(parts, OffsetSpec.MAX_TIMESTAMP)
    found: dict[str, datetime] = {}
    for part, one in (client.list_partition_offsets(asked) if asked else {}).items():
        at = moment(one.timestamp)
        if at is not None:
            found[part.topic] = max(at, found.get(part.topic, at))
    return found


def _left(done: int, end: int) -> int | None:
    if done < 0:
        return None if end else 0
    return max(0, end - done)


def _assigned(member: Mapping[str, Any]) -> set[int]:
    """The partitions of a member; none while the group is between two assignments."""
    assignment = member["member_assignment"]
    if not isinstance(assignment, Mapping):
        return set()
    return {number for topic in assignment["assigned_partitions"] for number in topic["partitions"]}


def _who(member: Mapping[str, Any]) -> str:
    host = str(member["client_host"]).lstrip("/")
    name = member.get("group_instance_id")
    return f"{name} ({host})" if name else host
