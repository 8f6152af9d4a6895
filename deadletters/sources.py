"""Where dead letters are read from: files, or those of their topics in Kafka that our user may read.

Refused trial events name the arm, so their dead letters have a topic with rights of its own. Whoever may read only one
of the topics sees the dead letters of that one, and a line about the other.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from picustream.deadletters.dead_letter import DecodedDeadLetter, dead_letters
from picustream.eventfiles.outputs import OnError, in_files, in_kafka
from picustream.models.record import DEAD_LETTERS
from picustream.runtime.errors import NoTopics
from picustream.runtime.settings import Settings
from picustream.scoring.dead_letters import dead_letter_topic


@dataclass(frozen=True, slots=True)
class Source:
    """Files, or topics; can be read more than once."""

    settings: Settings
    paths: tuple[Path, ...]
    topics: tuple[str, ...]

    @classmethod
    def of(cls, settings: Settings, paths: Iterable[Path] | None, ids: Iterable[str] = ()) -> "Source":
        """Of the dead letters with these ids alone, if any are named. NoTopics; NotAllowed where none may be read."""
        if paths:
            return cls(settings, tuple(paths), DEAD_LETTERS)
        return cls(settings, (), _readable(settings, dict.fromkeys(topic_of(one) for one in ids) or DEAD_LETTERS))

    def dead_letters(self, on_error: OnError) -> Iterator[DecodedDeadLetter]:
        """The dead letters in order of arrival; what is none is reported."""
        found = in_files(self.paths, self.topics, on_error) if self.paths else in_kafka(self.settings, self.topics)
        return dead_letters(found, on_error)


def topic_of(dead_letter_id: str) -> str:
    """The topic of a dead letter, by its id: `dead/<input topic>/...`."""
    return dead_letter_topic(dead_letter_id.removeprefix("dead/").partition("/")[0])


def _readable(settings: Settings, names: Iterable[str]) -> tuple[str, ...]:
    """Those of the topics that our user may read; the others are named on standard error."""
    from picustream.streams.kafka import rights
    from picustream.streams.kafka.clients import admin

    with admin(settings) as client:
        found = rights.look(client, names)
    if absent := [name for name, topic in found.items() if not topic.there]:
        raise NoTopics(absent)
    lacking = rights.without(found, rights.Right.READ)
    if len(lacking) == len(found):
        raise rights.NotAllowed(settings, rights.Right.READ, ", ".join(lacking))
    for name in lacking:
        print(f"Without {name}: {rights.lacks(settings, rights.Right.READ, name)}.", file=sys.stderr)
    return tuple(name for name in found if name not in lacking)
