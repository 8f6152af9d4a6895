"""The names and numbers of patients in a message of HL7 v2, for what may not be shown."""

from collections.abc import Iterable, Iterator

from picustream.gateways.hl7.cells import Cell, alike
from picustream.gateways.hl7.message import DELETED, Message, Segment, header
from picustream.gateways.private import NOTHING, Private

_NUMBER, _NAME, _PLACE = (1,), (1, 2, 3), (1,)
_FIELDS: dict[str, dict[int, tuple[int, ...]]] = {
    "PID": {
        **dict.fromkeys((2, 3, 4, 13, 14, 18, 19, 20, 21), _NUMBER),
        **dict.fromkeys((5, 6, 9), _NAME),
        **dict.fromkeys((11, 23), _PLACE),
    },
    "NK1": {2: _NAME, 4: _PLACE, 5: _NUMBER},
    "MRG": {**dict.fromkeys((1, 2, 3, 4, 5, 6), _NUMBER), 7: _NAME},
    "PV1": {19: _NUMBER, 50: _NUMBER},
}
"""Segment -> field -> components that are of a person and of nobody else: an authority or a type is not."""

_LONGEST = 10_000
"""Characters of a field that are searched: a name of more is none."""


def private(message: Message) -> Private:
    """Of all patients of a message."""
    return Private(_words(message.segments))


def private_in(raw: bytes) -> Private:
    """Of bytes that need not be readable otherwise."""
    head = header(raw)
    if head is None:
        return NOTHING
    try:
        text = raw.decode(head.charset)
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    lines = (line.strip() for line in text.replace("\n", "\r").split("\r"))
    return Private(_words(Segment(line, 1, head.separators, head.charset) for line in lines if line[:3] in _FIELDS))


def _words(segments: Iterable[Segment]) -> Iterator[str]:
    for segment in segments:
        if (fields := _FIELDS.get(segment.name)) is not None:
            for field, components in fields.items():
                if segment.raw(field):
                    cell = segment.cell(field)
                    yield from _parts(cell._replace(written=cell.written[:_LONGEST]), components)


@alike
def _parts(cell: Cell, components: tuple[int, ...]) -> tuple[str, ...]:
    found = (one.text(component) for one in cell.repetitions() for component in components)
    return tuple(word for word in found if word not in ("", DELETED))
