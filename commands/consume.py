"""`picustream consume TOPIC...`: the records of topics as an event file."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from picustream.eventfiles import files
from picustream.runtime.settings import Settings
from picustream.streams.kafka import rights, topics
from picustream.terminal.output import output

if TYPE_CHECKING:
    from kafka import KafkaConsumer, TopicPartition
    from kafka.consumer.fetcher import ConsumerRecord


def consume(
    words: Annotated[
        list[str], typer.Argument(metavar="TOPIC...", help="Full names, or words of them: mods, dead-letter.")
    ],
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what comes, until interrupted.")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Write into this file (gzipped if named .gz).")] = None,
) -> None:
    """Print all records of topics as an event file, in order of arrival; then end."""
    names = list(dict.fromkeys(map(topics.resolve, words)))
    from picustream.streams.kafka import arrival, clients

    settings = Settings()
    found = rights.readable(settings, names)
    consumer = clients.consumer(settings, **arrival.CONSUMER_OPTIONS)
    try:
        ends = clients.stable_ends(settings, consumer, _assign(consumer, found))
        with output(out) as file:
            for record in arrival.committed_records(consumer, ends):
                file.write(_line(record))
            file.flush()
            if follow:
                for record in arrival.following(consumer, ends, file.flush):
                    file.write(_line(record))
    finally:
        consumer.close()


def _assign(consumer: "KafkaConsumer", found: Mapping[str, rights.Topic]) -> "list[TopicPartition]":
    """Give the consumer all partitions, from their beginning; which they are."""
    from kafka import TopicPartition

    parts = [TopicPartition(name, number) for name, topic in found.items() for number in range(topic.partitions)]
    consumer.assign(parts)
    consumer.seek_to_beginning(*parts)
    return parts


def _line(record: "ConsumerRecord") -> bytes:
    return files.record_line(record.topic, record.value, record.partition, record.offset, record.timestamp)
