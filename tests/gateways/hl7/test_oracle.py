"""Another reader of HL7 v2, `python-hl7`, finds the same fields, repetitions, components and subcomponents.

It reads text whose lines end in CR, so character sets and line ends are ours alone here, and it takes a field for
absent where we take it for empty. Blanks at the ends of a message are none to it.
"""

from pathlib import Path
from typing import Any

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.gateways.hl7.files import messages
from picustream.gateways.hl7.message import Message, Segment, read
from picustream.gateways.statement import Unreadable
from tests.gateways.hl7.samples import FILES, name
from tests.gateways.hl7.texts import msh
from tests.paths import needs_interop

READ_BY_US_ALONE = {"lfh_sample_unix.hl7", "lfh_sample_win.hl7"}
"""MSH-2 has its backslash twice."""


def theirs(field: Any) -> list[list[list[str]]]:
    """Repetitions of components of subcomponents."""

    def leaf(part: Any) -> str:
        return str(part)

    def components(repetition: Any) -> list[list[str]]:
        if isinstance(repetition, str):
            return [[repetition]]
        return [[part] if isinstance(part, str) else [leaf(one) for one in part] for part in repetition]

    return [components(repetition) for repetition in field]


def ours(message: Message, segment: Segment, field: int) -> list[list[list[str]]]:
    separators = message.separators
    parts = [segment.repetition(field, one) for one in range(1, segment.repetitions(field) + 1)] or [""]
    return [
        [
            part.split(separators.subcomponent) if separators.subcomponent else [part]
            for part in repetition.split(separators.component)
        ]
        for repetition in parts
    ]


def compare(message: Message) -> None:
    text = message.raw.decode(message.charset).lstrip("\ufeff\0 \r\n")
    found = hl7.parse("\r".join(line for line in text.replace("\r", "\n").split("\n") if line.strip()))
    assert [str(segment[0]) for segment in found] == [segment.name for segment in message.segments]
    for their, our in zip(found, message.segments, strict=True):
        first = 3 if our.name == "MSH" else 1
        for field in range(first, len(their)):
            assert theirs(their[field]) == ours(message, our, field), (our.name, our.number, field)
        assert our.raw(len(their)) == ""


@needs_interop
@pytest.mark.parametrize("path", [path for path in FILES if path.name not in READ_BY_US_ALONE], ids=name)
def test_both_read_the_samples_alike(path: Path) -> None:
    for raw in messages(path.read_bytes()):
        try:
            message = read(raw, "8859/1")
        except Unreadable:
            continue
        if not message.joined:
            compare(message)


TEXT = st.text('abc|^~&\\F19 ."é测', max_size=12).map(str.strip)
SEGMENTS = st.lists(st.tuples(st.sampled_from(["PID", "OBX", "ZBE", "NTE"]), st.lists(TEXT, max_size=6)), max_size=6)


@given(SEGMENTS, st.sampled_from(["\r", "\n", "\r\n"]))
def test_both_read_any_text_alike(segments: list[tuple[str, list[str]]], end: str) -> None:
    lines = ["|".join([kind, *fields]) for kind, fields in segments]
    message = read(end.join([msh(), *lines, ""]).encode())
    assert message.joined == 0
    compare(message)
