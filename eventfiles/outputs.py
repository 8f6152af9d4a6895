"""Records of the output topics, from event files or from Kafka, for the commands that show them."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pydantic import BaseModel, ValidationError

from picustream.eventfiles import files
from picustream.models import text
from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings
from picustream.scoring.scores.registry import MODELS, OUTPUT_TOPICS

if TYPE_CHECKING:
    from kafka import KafkaConsumer, TopicPartition
    from kafka.consumer.fetcher import ConsumerRecord

    from picustream.streams.kafka.rights import Topic

_TOLD = 5
"""Topics named of those that a wrong file holds."""

OnError = Callable[[UserError], None]
"""Takes what cannot be read: the caller reports it, and reading goes on."""


class Unread:
    """Lines and records that cannot be read: the first one is kept, all are counted."""

    def __init__(self) -> None:
        self.count = 0
        self.first = ""

    def __call__(self, error: UserError) -> None:
        self.count += 1
        self.first = self.first or error.message

    def __str__(self) -> str:
        more = f" ({self.count - 1:,} more that cannot be read)" if self.count > 1 else ""
        return f"{self.first}{more}"


class BrokenRecord(UserError):
    """A record that is not as its topic's records are; its place and the field, no values."""

    def __init__(self, where: str, reason: str, kind: str = "output record") -> None:
        super().__init__(f"{where}: no {kind}: {reason}.", "Write the records anew.", status=1)


@dataclass(frozen=True, slots=True)
class Stored:
    """One record as it was stored, not yet parsed."""

    topic: str
    key: bytes | None
    """None in files, which have no keys."""
    value: bytes
    where: str
    """`file:line`, or topic, partition and offset."""
    arrived_at_ms: int | None = None
    """When it came to the broker, in milliseconds since 1970; None in files."""


def in_files(paths: Iterable[Path], topics: Sequence[str], on_error: OnError) -> Iterator[Stored]:
    """The records of `topics` in event files, or in folders as `replay --out` and others write them.

    Raises `UserError` in the end where they hold records of other topics alone, such as input events.
    """
    named, found = list(paths), set[str]()
    for path in chain.from_iterable(_files(one, topics) for one in named):
        with _opened(path) as file:
            for line in files.lines(file, str(path), on_error):
                found.add(line.topic)
                if line.topic in topics:
                    yield Stored(line.topic, None, line.value, f"{line.file}:{line.number}")
    _check_topics(named, found, topics)


def in_kafka(
    settings: Settings,
    topics: Sequence[str],
    stay_id: str | None = None,
    then: Callable[[], None] | None = None,
    pause: Callable[[], None] = lambda: None,
) -> Iterator[Stored]:
    """The committed records of `topics`, in order of arrival; of a stay's own partition alone if one is named.

    With `then`, it is called when all there are have been given, and what comes is given as it comes, without end;
    `pause` is called when those of one fetch are given.
    """
    from picustream.streams.kafka import arrival, clients, rights

    found = rights.readable(settings, topics)
    consumer = clients.consumer(settings, **arrival.CONSUMER_OPTIONS)
    try:
        ends = clients.stable_ends(settings, consumer, _assign(consumer, found, stay_id))
        for record in arrival.committed_records(consumer, ends):
            if record.value is not None:
                yield Stored(record.topic, record.key, record.value, _place(record), record.timestamp)
        if then is not None:
            then()
            for record in arrival.following(consumer, ends, pause):
                if record.value is not None:
                    yield Stored(record.topic, record.key, record.value, _place(record), record.timestamp)
    finally:
        consumer.close()


def read(
    stored: Stored, on_error: OnError, kind: str = "output record", stay_id: str | None = None
) -> BaseModel | None:
    """The record by its topic's model. None if it is none, which is reported, or not of the stay that is named."""
    try:
        fields = text.parse(stored.value)
        if stay_id is not None and (not isinstance(fields, dict) or fields.get("stay_id") != stay_id):
            return None
        return MODELS[stored.topic].model_validate(fields)
    except text.NotJson as error:
        on_error(BrokenRecord(stored.where, str(error), kind))
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        on_error(BrokenRecord(stored.where, f"{place}: {first['msg'].rstrip('.')}", kind))
    return None


def _opened(path: Path) -> AbstractContextManager[BinaryIO]:
    """The file, closed after use; standard input, left open."""
    if path == files.STDIN:
        return nullcontext(sys.stdin.buffer)
    try:
        return path.open("rb")
    except OSError as error:
        hint = "Name a file of output records, or the folder that replay wrote."
        raise UserError(f"{path} cannot be read: {error.strerror}.", hint) from error


def _files(path: Path, topics: Sequence[str]) -> list[Path]:
    """The file itself, or those of a folder that are named after the topics."""
    if not path.is_dir():
        return [path]
    found = [path / f"{topic}.ndjson{gz}" for topic in topics for gz in ("", ".gz")]
    found = [file for file in found if file.is_file()]
    if not found:
        raise UserError(
            f"{path} holds no {' or '.join(f'{topic}.ndjson' for topic in topics)}.",
            "Make them: picustream replay FILE --out DIR.",
        )
    return found


def _check_topics(paths: Sequence[Path], found: set[str], topics: Sequence[str]) -> None:
    """A file of input events, or of one other output, is the wrong one; one of several outputs may lack a topic."""
    outputs = found.intersection(OUTPUT_TOPICS)
    if found and not found.intersection(topics) and len(outputs) < 2:
        others = sorted(found)[:_TOLD]
        raise UserError(
            f"{', '.join(map(str, paths))}: no records of {' or '.join(topics)}, but of {', '.join(others)}.",
            "Give output records: the folder that picustream replay FILE --out DIR wrote, or what consume printed.",
        )


def _assign(consumer: "KafkaConsumer", found: "Mapping[str, Topic]", stay_id: str | None) -> "list[TopicPartition]":
    """Give the consumer the partitions of each topic, from their beginning; which they are."""
    from kafka import TopicPartition

    from picustream.streams.kafka.topics import partition_of

    parts = [
        TopicPartition(name, number)
        for name, topic in found.items()
        for number in (range(topic.partitions) if stay_id is None else [partition_of(stay_id, topic.partitions)])
    ]
    consumer.assign(parts)
    consumer.seek_to_beginning(*parts)
    return parts


def _place(record: "ConsumerRecord") -> str:
    return f"{record.topic}, partition {record.partition}, offset {record.offset}"
