"""Every sample beside the checkout is read, and every OBX in it is a value of one statement."""

from pathlib import Path

import pytest

from picustream.gateways.hl7.acknowledge import acknowledgement
from picustream.gateways.hl7.files import messages
from picustream.gateways.hl7.message import header, read
from picustream.gateways.hl7.statements import statements
from picustream.gateways.site.config import Source
from picustream.gateways.statement import Statements, Unreadable
from picustream.models.envelope import NO_STATEMENT
from picustream.scoring.faults import Fault
from tests.gateways.hl7.samples import FILES, name, values_of
from tests.gateways.hl7.test_acknowledge import NOW
from tests.gateways.hl7.texts import ZONE, laboratory, monitor
from tests.paths import needs_interop

pytestmark = needs_interop
UNREADABLE = {
    "rh_invalid-missing-msh.hl7": "no-msh",
    "latin1_unlabelled.hl7": "charset-missing",
    "stream_truncated.mllp": "truncated-frame",
}
SOURCES = [laboratory(), monitor(), laboratory(kind="charting"), laboratory(kind="adt")]


def read_all(path: Path, source: Source) -> tuple[list[Statements], list[Unreadable]]:
    found, refused = [], []
    for raw in messages(path.read_bytes()):
        try:
            found += statements(read(raw), source, ZONE)
        except Unreadable as unreadable:
            refused.append(unreadable)
    return found, refused


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.kind)
@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_value_is_accounted_for(path: Path, source: Source) -> None:
    found, refused = read_all(path, source)
    seen = [value for one in found for value in one.values]
    assert len(seen) + sum(one.values for one in refused) == values_of(path.read_bytes())
    assert {one.fault.reason for one in refused} == {*filter(None, [UNREADABLE.get(path.name)])}
    for value in seen:
        if value.status is None:
            assert value.note
        elif value.status not in NO_STATEMENT:
            assert value.value is not None or value.status_only


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_message_can_be_acknowledged(path: Path) -> None:
    for raw in messages(path.read_bytes()):
        answer = read(acknowledgement(raw, "AA", NOW), "8859/1")
        theirs = header(raw)
        assert answer.kind.startswith("ACK")
        acknowledged = answer.first("MSA")
        assert acknowledged is not None
        assert acknowledged.raw(2) == (theirs.header.raw(10) if theirs else "")


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_fault_quotes_the_message(path: Path) -> None:
    """What a letter says is made of constants: no text of the message is in it."""
    found, refused = read_all(path, laboratory())
    words = {one.fault.message for one in refused}
    for one in found:
        parts = [part for value in one.values for part in (value.value, value.status, value.observed_at)]
        words |= {part.message for part in [*one.faults, *parts] if isinstance(part, Fault)}
    text = path.read_bytes().decode("latin-1")
    assert not any(word in text for word in words)
