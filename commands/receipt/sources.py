"""Where the records of one stay are read from: event files, or the stay's own partition in Kafka."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from pydantic import ValidationError

from picustream.commands.receipt.chains import ScoreRecord
from picustream.models import text
from picustream.models.record import MODELS
from picustream.streams import files
from picustream.streams.errors import NoTopics, UserError
from picustream.streams.settings import Settings

if TYPE_CHECKING:
    from kafka import KafkaConsumer, TopicPartition

Told = Callable[[UserError], None]
"""Takes what cannot be read: it is told, and the rest is read."""


class BrokenRecord(UserError):
    """A record of the stay that is not as the topic's records are; where it stands and the field, no values."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: no score record: {reason}.", "Write the records anew.", status=1)


def from_files(paths: Iterable[Path], stay_id: str, topics: Sequence[str], told: Told) -> Iterator[ScoreRecord]:
    """The stay's records of `topics` in event files, or in folders as `replay --out` and others write them."""
    needle = stay_id.encode()
    for path in chain.from_iterable(_files(named, topics) for named in paths):
        with _opened(path) as file:
            for line in files.lines(file, str(path), told):
                if line.topic in topics and needle in line.value:
                    yield from _record(line.topic, line.value, stay_id, f"{line.file}:{line.number}", told)


def _opened(path: Path) -> AbstractContextManager[BinaryIO]:
    """The file, closed after use; standard input, left open."""
    if path == files.STDIN:
        return nullcontext(sys.stdin.buffer)
    try:
        return path.open("rb")
    except OSError as error:
        hint = "Name a file of score records, or the folder that replay wrote."
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


def from_kafka(settings: Settings, stay_id: str, topics: Sequence[str], told: Told) -> Iterator[ScoreRecord]:
    """The stay's committed records of `topics`, from the one partition that its key belongs to."""
    from picustream.streams import arrival, kafka_clients

    consumer = kafka_clients.consumer(settings, **arrival.CONSUMER_OPTIONS)
    key = stay_id.encode()
    try:
        for record in arrival.standing(consumer, _assign(consumer, stay_id, topics)):
            if record.key == key and record.value is not None:
                where = f"{record.topic}, partition {record.partition}, offset {record.offset}"
                yield from _record(record.topic, record.value, stay_id, where, told)
    finally:
        consumer.close()


def _assign(consumer: "KafkaConsumer", stay_id: str, names: Sequence[str]) -> "dict[TopicPartition, int]":
    """Give the consumer the stay's partition of each topic, from its beginning; their ends as they are now."""
    from kafka import TopicPartition

    from picustream.streams.topics import partition_of

    counts = {name: len(consumer.partitions_for_topic(name) or ()) for name in names}
    if missing := [name for name, count in counts.items() if not count]:
        raise NoTopics(missing)
    parts = [TopicPartition(name, partition_of(stay_id, count)) for name, count in counts.items()]
    consumer.assign(parts)
    consumer.seek_to_beginning(*parts)
    ends: dict[TopicPartition, int] = consumer.end_offsets(parts)
    return ends


def _record(topic: str, value: bytes, stay_id: str, where: str, told: Told) -> Iterator[ScoreRecord]:
    """The record, if it is the stay's and sound."""
    try:
        fields = text.parse(value)
        if not isinstance(fields, dict) or fields.get("stay_id") != stay_id:
            return
        yield MODELS[topic].model_validate(fields)  # type: ignore[misc]
    except text.NotJson as error:
        told(BrokenRecord(where, str(error)))
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        told(BrokenRecord(where, f"{place}: {first['msg'].rstrip('.')}"))
