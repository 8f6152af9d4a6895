"""The topics: names, partitions, retention, and the check that the broker has them so (docs/topics.md).

Commands that never speak to a broker need the names too, so kafka-python is imported only where it is used.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from picustream.models.desk import DESK
from picustream.models.event import INPUT_TOPICS
from picustream.models.record import DEAD_LETTERS
from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings
from picustream.scoring.scores.registry import OUTPUT_TOPICS
from picustream.streams.kafka import rights
from picustream.streams.kafka.limits import LARGEST_EVENT, LARGEST_MESSAGE
from picustream.streams.kafka.rights import NotAllowed, Right

if TYPE_CHECKING:
    from kafka import KafkaAdminClient

OF_WORKERS = INPUT_TOPICS + OUTPUT_TOPICS
"""What a worker reads and writes."""
ALL = (*OF_WORKERS, DESK)

SHOWN_WITHIN = 10.0
"""Seconds until a broker shows a configuration that its controller has taken."""

_CHECKED = (
    "cleanup.policy", "retention.ms", "retention.bytes", "max.message.bytes", "message.timestamp.type",
    "compression.type",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TopicProblem:
    """One thing about a topic that is not as it must be: what it is, and what to do."""

    topic: str
    setting: str
    found: str
    wanted: str
    advice: str

    @property
    def what(self) -> str:
        """What is wrong, without the topic: `partitions is 4, must be 12`."""
        return f"{self.setting} is {self.found}, must be {self.wanted}"

    def __str__(self) -> str:
        return f"{self.topic}: {self.what}. {self.advice}"


def configuration(topic: str, replication: int = 1) -> dict[str, str]:
    """The topic's configuration on the broker.

    Nothing ages out: outputs keep every revision, and the inputs are what the state is rebuilt from (I5). The broker
    stamps the time of arrival: clocks of feeds differ, the clinical times are inside the events, and a broker would
    refuse a record stamped too far ahead before anybody could make a dead letter of it (I2). It compresses nothing
    anew: what we publish is not compressed, so that every consumer can read it, whatever codecs it has.
    """
    return {
        "cleanup.policy": "delete",
        "retention.ms": "-1",
        "retention.bytes": "-1",
        "max.message.bytes": str(LARGEST_MESSAGE if topic in DEAD_LETTERS else LARGEST_EVENT),
        "message.timestamp.type": "LogAppendTime",
        "compression.type": "producer",
        # An acknowledged record survives the loss of one copy, and one copy may be away for maintenance.
        "min.insync.replicas": "2" if replication >= 3 else "1",
    }


@lru_cache(maxsize=65_536)
def partition_of(stay_id: str, partitions: int) -> int:
    """The partition that Kafka's default partitioner (murmur2 of the UTF-8 key) chooses for a stay."""
    from kafka.partitioner import murmur2

    hashed: int = murmur2(stay_id.encode())
    return (hashed & 0x7FFF_FFFF) % partitions


def resolve(word: str) -> str:
    """The topic that a full name (`picu.score.mods.v1`) or words of it that no other topic has (`mods`) mean."""
    if word in ALL:
        return word
    if f"picu.{word}.v1" in ALL:
        return f"picu.{word}.v1"
    meant = [topic for topic in ALL if f".{word}." in f".{topic}."]
    if len(meant) == 1:
        return meant[0]
    problem = "means more than one topic" if meant else "is no topic"
    raise UserError(f"{word!r} {problem}.", f"Topics: {', '.join(meant or ALL)}")


def ensure(settings: Settings) -> list[TopicProblem]:
    """Make the topics that are missing and check the others; what is found wrong, nothing if all is well."""
    from picustream.streams.kafka.clients import admin

    with admin(settings) as client:
        create(client, settings, missing(client))
        return check(client, settings)


def missing(client: "KafkaAdminClient", names: Iterable[str] = ALL) -> list[str]:
    """Those of `names` that are not on the broker. One that our user may not see is not known to be missing."""
    return [name for name, topic in rights.look(client, names).items() if not topic.there]


def create(client: "KafkaAdminClient", settings: Settings, names: Iterable[str]) -> None:
    """Make topics and wait until every partition has a leader. One that somebody else made meanwhile is left alone."""
    from kafka.errors import AuthorizationError, NoError, TopicAlreadyExistsError, for_code

    wanted = {name: _new(name, settings) for name in names}
    if not wanted:
        return
    answer = client.create_topics(wanted, raise_errors=False)
    errors = {topic["name"]: for_code(topic["error_code"]) for topic in answer["topics"]}
    if refused := [name for name, error in errors.items() if issubclass(error, AuthorizationError)]:
        raise NotAllowed(settings, "Create", ", ".join(refused))
    for topic in answer["topics"]:
        error = errors[topic["name"]]
        if error not in (NoError, TopicAlreadyExistsError):
            raise error(f"{topic['name']}: {topic.get('error_message') or 'not created'}")
    client.wait_for_topics(list(wanted))


def check(client: "KafkaAdminClient", settings: Settings, names: Iterable[str] = ALL) -> list[TopicProblem]:
    """What is wrong with the topics as they are on the broker; a missing topic is one finding.

    As far as our user may see it: what it may not is in `unseen`.
    """
    found = rights.look(client, names)
    findings = [
        TopicProblem(name, "topic", "missing", "there", "Make it: picustream topics.")
        for name, topic in found.items()
        if not topic.there
    ]
    for name, topic in found.items():
        if topic.partitions not in (0, settings.partitions):
            findings.append(_wrong_count(name, topic.partitions, settings.partitions))
    shown = [name for name, topic in found.items() if topic.partitions and topic.allows(Right.DESCRIBE_CONFIGS)]
    return findings + _wrong_configurations(client, shown)


def unseen(client: "KafkaAdminClient", names: Iterable[str] = ALL) -> dict[Right, list[str]]:
    """What of the topics our user may not see, by the right that is missing: only what is missing is named."""
    found = rights.look(client, names)
    hidden = rights.without(found, Right.DESCRIBE)
    configurations = [name for name in rights.without(found, Right.DESCRIBE_CONFIGS) if name not in hidden]
    lacking = {Right.DESCRIBE: hidden, Right.DESCRIBE_CONFIGS: configurations}
    return {right: names for right, names in lacking.items() if names}


def repair(client: "KafkaAdminClient", settings: Settings, findings: Iterable[TopicProblem]) -> None:
    """Set what the configuration findings say, and wait until the broker shows it.

    Partitions are never touched: adding some would move stays.
    """
    from kafka.admin import ConfigResource

    wrong = [finding for finding in findings if finding.setting in _CHECKED]
    rights.require(client, settings, {finding.topic for finding in wrong}, Right.ALTER_CONFIGS)
    for topic in {finding.topic for finding in wrong}:
        wanted = {finding.setting: finding.wanted for finding in wrong if finding.topic == topic}
        answer = client.alter_configs([ConfigResource("TOPIC", topic, wanted)])
        if answer["topic"][topic] != "OK":
            raise UserError(f"{topic}: {answer['topic'][topic]}", "Set it with the broker's own tools.", status=1)
    deadline = time.monotonic() + SHOWN_WITHIN
    while any(_wrong_configurations(client, {finding.topic for finding in wrong})) and time.monotonic() < deadline:
        time.sleep(0.05)


def partition_counts(client: "KafkaAdminClient", names: Iterable[str]) -> dict[str, int]:
    """Partitions of each topic, which must exist and be shown to us."""
    return {name: topic.partitions for name, topic in rights.look(client, names).items()}


def _new(topic: str, settings: Settings) -> dict[str, Any]:
    return {
        "num_partitions": settings.partitions,
        "replication_factor": settings.replication,
        "configs": configuration(topic, settings.replication),
    }


def _wrong_count(topic: str, found: int, wanted: int) -> TopicProblem:
    advice = (
        f"If every topic has {found}, set PICUSTREAM_PARTITIONS={found}. Never add partitions to a topic in use (stays"
        " would move): make it anew and publish its events again."
    )
    return TopicProblem(topic, "partitions", str(found), str(wanted), advice)


def _wrong_configurations(client: "KafkaAdminClient", names: Iterable[str]) -> list[TopicProblem]:
    from kafka.admin import ConfigResource

    asked = [ConfigResource("TOPIC", name, list(_CHECKED)) for name in names]
    described = client.describe_configs(asked, config_filter="all")["topic"] if asked else {}
    return [
        TopicProblem(
            name, key, str(entries[key]["value"]), configuration(name)[key], "Set it: picustream topics --repair."
        )
        for name, entries in described.items()
        for key in _CHECKED
        if key in entries and not _fits(key, entries[key]["value"], configuration(name)[key])
    ]


def _fits(key: str, found: str, wanted: str) -> bool:
    """Larger messages than needed do no harm; all else must be as wanted."""
    if key == "max.message.bytes":
        return int(found) >= int(wanted)
    return found == wanted
