"""Topics: names, configuration and the partition of a stay."""

import pytest
from kafka.cluster import ClusterMetadata
from kafka.partitioner import DefaultPartitioner

from picustream.models.event import INPUT_TOPICS, LAB, MAX_EVENT_BYTES, TRIAL
from picustream.models.record import DEAD_LETTER
from picustream.runtime.errors import UserError
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from picustream.streams.kafka import topics

# Values of Kafka's own test of its murmur2 (org.apache.kafka.common.utils.UtilsTest).
MURMUR2 = {
    "21": -973932308,
    "foobar": -790332482,
    "a-little-bit-long-string": -985981536,
    "a-little-bit-longer-string": -1486304829,
    "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
    "abc": 479470107,
}


@pytest.mark.parametrize(("key", "murmur2"), MURMUR2.items())
@pytest.mark.parametrize("partitions", [1, 7, 12])
def test_partition_is_kafkas_own_default(key: str, murmur2: int, partitions: int) -> None:
    """A stay's partition is the one that Java's default partitioner chooses for the key."""
    assert topics.partition_of(key, partitions) == (murmur2 & 0x7FFFFFFF) % partitions


def test_partition_is_that_of_the_producers_partitioner() -> None:
    """What publish sends where is what the worker expects there."""

    class Twelve(ClusterMetadata):
        def topics(self, exclude_internal_topics: bool = True) -> set[str]:
            return {LAB}

        def partitions_for_topic(self, topic: str) -> set[int]:
            return set(range(12))

        available_partitions_for_topic = partitions_for_topic

    cluster, chosen = Twelve(), DefaultPartitioner()
    for number in range(200):
        stay = f"S-{number}/β"
        assert chosen.partition(LAB, stay, stay.encode(), None, None, cluster) == topics.partition_of(stay, 12)


def test_nothing_ages_out() -> None:
    """I5, docs/topics.md: outputs keep every revision, and the state is rebuilt from the inputs."""
    for topic in topics.ALL:
        wanted = topics.configuration(topic)
        assert (wanted["retention.ms"], wanted["retention.bytes"], wanted["cleanup.policy"]) == ("-1", "-1", "delete")


def test_an_oversized_event_fits_and_so_does_its_dead_letter() -> None:
    """I2: the broker takes what the worker refuses, and the dead letter of it in base64."""
    for topic in INPUT_TOPICS:
        largest = int(topics.configuration(topic)["max.message.bytes"])
        assert largest >= 2 * MAX_EVENT_BYTES
        assert int(topics.configuration(DEAD_LETTER)["max.message.bytes"]) > largest * 4 / 3 + 1_000_000


def test_acknowledged_means_two_copies_where_there_are_three() -> None:
    assert topics.configuration(LAB, 3)["min.insync.replicas"] == "2"
    assert topics.configuration(LAB, 1)["min.insync.replicas"] == "1"


@pytest.mark.parametrize(
    ("word", "topic"),
    [
        ("mods", MODS),
        ("score.apps", APPS),
        ("dead-letter", DEAD_LETTER),
        ("trial", TRIAL),
        (LAB, LAB),
    ],
)
def test_a_word_that_only_one_topic_has_names_it(word: str, topic: str) -> None:
    assert topics.resolve(word) == topic


@pytest.mark.parametrize("word", ["score", "picu", "v1", "mod", "", "."])
def test_any_other_word_lists_the_topics(word: str) -> None:
    """Wrong use: what is wrong, and the topics that could have been meant."""
    with pytest.raises(UserError, match=r"picu\.score\.mods\.v1") as error:
        topics.resolve(word)
    assert error.value.status == 2


def test_each_topic_has_a_word_of_its_own() -> None:
    words = ["lab", "vital", "ventilator", "adt", "trial", "mods", "apps", "eligibility", "outcome", "stay", "alert"]
    assert [topics.resolve(word) for word in [*words, "dead-letter", "dead-letter.trial", "desk"]] == list(topics.ALL)
