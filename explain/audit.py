"""Whether a record adds up: its points, total and range against what follows from the inputs it names (I7)."""

from collections.abc import Iterator
from decimal import Decimal

from picustream.models.record import Input, ScoreRecord
from picustream.scoring.scores.description import Description
from picustream.scoring.scores.working import conversion


def faults(description: Description, record: ScoreRecord) -> list[str]:
    """What does not follow from the record itself, in words; empty for a sound or a withdrawn one."""
    parts = description.parts(record).items()
    return [*(fault for name, part in parts for fault in _inputs(name, part.inputs)), *description.faults(record)]


def _inputs(part: str, inputs: list[Input]) -> Iterator[str]:
    for one in inputs:
        found = conversion(one)
        if isinstance(one.value, Decimal) and (found is None or not found.follows):
            yield f"{part}: the value of {one.id} does not follow from the value as sent"
