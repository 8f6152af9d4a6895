"""What doctor finds about topics."""

from picustream.doctor.broker import check_topics
from picustream.models.event import INPUT_TOPICS
from picustream.streams.kafka import topics


def test_what_several_topics_have_wrong_is_said_once() -> None:
    advice = "Make it: picustream topics."
    found = [topics.TopicProblem(name, "topic", "missing", "there", advice) for name in INPUT_TOPICS]
    [finding] = check_topics(found)
    assert all(name in finding.message for name in INPUT_TOPICS)
    assert finding.fix == advice
    assert [one.level for one in check_topics([])] == ["ok"]
