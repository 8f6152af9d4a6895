"""What Kafka lets our user do with topics; a topic that is not there is another matter, and found out as well.

A list of topics leaves out those that a user may not see, and a reader of a topic that it may not read just gets
nothing. So topics are asked for by their names: then the broker says of each whether it is there, and what we may do.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from picustream.runtime.errors import ENVIRONMENT, RIGHTS_HINT, NoTopics, UserError
from picustream.runtime.settings import Settings

if TYPE_CHECKING:
    from kafka import KafkaAdminClient

_UNKNOWN, _HIDDEN = 3, 29
"""Error codes of Kafka: there is no such topic; this user may not even ask."""


class Right(StrEnum):
    """A right on a topic, by the word of `kafka-acls.sh`."""

    DESCRIBE = "Describe"
    READ = "Read"
    WRITE = "Write"
    DESCRIBE_CONFIGS = "DescribeConfigs"
    ALTER_CONFIGS = "AlterConfigs"


class NotAllowed(UserError):
    """Kafka does not let our user do something; the message names the right and what it is missing on."""

    def __init__(self, settings: Settings, right: str, what: str) -> None:
        self.right, self.what = right, what
        super().__init__(f"Not allowed: {lacks(settings, right, what)}.", RIGHTS_HINT, ENVIRONMENT)


@dataclass(frozen=True, slots=True)
class Topic:
    """What the broker says of a topic."""

    partitions: int = 0
    there: bool = True
    """False: there is none of that name. Of one that the user may not see nobody says whether it is there."""
    rights: frozenset[Right] | None = frozenset()
    """None: the broker does not say, as one before 2.3, and the first try will show."""

    def allows(self, right: Right) -> bool:
        """Whether our user has the right on it."""
        return self.rights is None or right in self.rights


@dataclass(frozen=True, slots=True)
class Targets:
    """The topics that somebody may send to, as the broker says before anything is sent."""

    settings: Settings
    found: Mapping[str, Topic]

    def check(self, topic: str) -> None:
        """NoTopics, NotAllowed: nothing can be sent to this topic."""
        _demand(self.settings, {topic: self.found[topic]}, Right.WRITE)


def look(client: "KafkaAdminClient", names: Iterable[str]) -> dict[str, Topic]:
    """What the broker says of each topic; needs no right."""
    names = list(names)
    answer = {one["name"]: one for one in client.describe_topics(names)} if names else {}
    return {name: _topic(answer[name]) for name in names}


def readable(settings: Settings, names: Iterable[str]) -> dict[str, Topic]:
    """The topics, all of which are there and may be read. NoTopics, NotAllowed."""
    from picustream.streams.kafka.clients import admin

    with admin(settings) as client:
        return require(client, settings, names, Right.READ)


def require(client: "KafkaAdminClient", settings: Settings, names: Iterable[str], right: Right) -> dict[str, Topic]:
    """The topics, all of which are there and grant the right. NoTopics, NotAllowed."""
    found = look(client, names)
    _demand(settings, found, right)
    return found


def without(found: Mapping[str, Topic], right: Right) -> list[str]:
    """The topics that are not known to be missing, and on which our user lacks the right."""
    return [name for name, topic in found.items() if topic.there and not topic.allows(right)]


def check_group(client: "KafkaAdminClient", settings: Settings) -> None:
    """NotAllowed where a worker could not join its group, or not use its transactional ids.

    Whether the latter may be written shows at the first transaction; here, whether they may be asked about at all.
    """
    from kafka.errors import AuthorizationError, KafkaError

    asked: tuple[tuple[Right, str, Callable[[], Any]], ...] = (
        (Right.READ, f"group {settings.group}", lambda: client.describe_groups([settings.group])),
        (
            Right.WRITE,
            f"the transactional ids {settings.group}-0 to {settings.group}-{settings.partitions - 1}",
            lambda: client.describe_transactions([f"{settings.group}-0"]),
        ),
    )
    for right, what, ask in asked:
        try:
            ask()
        except AuthorizationError as error:
            raise NotAllowed(settings, right, what) from error
        except KafkaError:
            continue  # a coordinator that is not there yet, or an id that was never used: neither is a refusal


def lacks(settings: Settings, right: str, what: str) -> str:
    """Who lacks what."""
    user = f"user {settings.kafka_username}" if settings.kafka_username else "this client"
    return f"{user} lacks the right {right} on {what} in Kafka at {settings.kafka}"


def _demand(settings: Settings, found: Mapping[str, Topic], right: Right) -> None:
    if absent := [name for name, topic in found.items() if not topic.there]:
        raise NoTopics(absent)
    if lacking := without(found, right):
        raise NotAllowed(settings, right, ", ".join(lacking))


def _topic(answer: Mapping[str, Any]) -> Topic:
    if answer["error_code"] == _UNKNOWN:
        return Topic(there=False)
    if answer["error_code"] == _HIDDEN:
        return Topic()
    operations = answer.get("authorized_operations")
    known = {right.name: right for right in Right}
    rights = None if not operations else frozenset(known[name] for name in operations if name in known)
    return Topic(len(answer["partitions"]), rights=rights)
