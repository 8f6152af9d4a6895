"""Where the records of one stay are read from: event files, or the stay's own partition in Kafka."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from picustream.eventfiles import outputs
from picustream.eventfiles.outputs import OnError, Stored
from picustream.models.record import ScoreRecord
from picustream.runtime.settings import Settings


def from_files(paths: Iterable[Path], stay_id: str, topics: Sequence[str], on_error: OnError) -> Iterator[ScoreRecord]:
    """The stay's records of `topics` in event files, or in folders as `replay --out` and others write them."""
    needle = stay_id.encode()
    for stored in outputs.in_files(paths, topics, on_error):
        if needle in stored.value:
            yield from _of_stay(stored, stay_id, on_error)


def from_kafka(settings: Settings, stay_id: str, topics: Sequence[str], on_error: OnError) -> Iterator[ScoreRecord]:
    """The stay's committed records of `topics`, from the one partition that its key belongs to."""
    yield from of_stay(outputs.in_kafka(settings, topics, stay_id), stay_id, on_error)


def of_stay(found: Iterable[Stored], stay_id: str, on_error: OnError) -> Iterator[ScoreRecord]:
    """The stay's records among those that were found."""
    key = stay_id.encode()
    for stored in found:
        if stored.key == key:
            yield from _of_stay(stored, stay_id, on_error)


def _of_stay(stored: Stored, stay_id: str, on_error: OnError) -> Iterator[ScoreRecord]:
    """The record, if it is the stay's and sound."""
    record = outputs.read(stored, on_error, "score record", stay_id)
    if isinstance(record, ScoreRecord):
        yield record
