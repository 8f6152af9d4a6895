"""What a sender is answered: MSH with sender and receiver exchanged, MSA, and ERR where there is something to say."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from picustream.gateways.hl7.escapes import Separators, escaped
from picustream.gateways.hl7.message import Message, Segment, header
from picustream.scoring.faults import Fault

_CODES = {
    "no-msh": "100^Segment sequence error",
    "unused-kind": "200^Unsupported message type",
    "training": "202^Unsupported processing id",
    "source-unknown": "204^Unknown key identifier",
}
"""Table 0357, by the reason of a fault."""
_ANSWERED_BY = {"R30": "R33", "R31": "R33", "R32": "R33"}
"""Events with which the point of care sends, and the one that it waits for."""
_OTHER = "207^Application internal error"
_TABLE = "HL70357"
_CURRENT = "2.5.1"
"""The version of an answer to what names none."""
_POSITIVE = {"AA", "CA"}
_VERSION = re.compile(r"\d+(?:\.\d+)*", re.ASCII)
_NAMED_STRUCTURE, _NAMED_ERROR = (2, 3, 1), (2, 5)
"""The versions from which MSH-9 names a structure, and ERR has a code of its own."""


class Wanted(NamedTuple):
    """Which acknowledgements a message asks for: MSH-15 and MSH-16. Both empty is the original mode."""

    enhanced: bool
    accept: str = "NE"
    application: str = "AL"

    def accepts(self, positive: bool) -> bool:
        """Whether an accept acknowledgement (CA, CE, CR) is sent."""
        return self.enhanced and _holds(self.accept, positive)

    def applies(self, positive: bool) -> bool:
        """Whether an application acknowledgement (AA, AE, AR) is sent."""
        return _holds(self.application, positive)


def _holds(condition: str, positive: bool) -> bool:
    return condition == "AL" or condition == ("SU" if positive else "ER")


def wanted(message: Message) -> Wanted:
    """Which acknowledgements the sender of a message waits for. One that acknowledges is not acknowledged."""
    if message.kind.partition("^")[0] == "ACK":
        return Wanted(True, "NE", "NE")
    accept, application = (message.header.text(field).strip().upper() for field in (15, 16))
    if not accept and not application:
        return Wanted(False)
    return Wanted(True, accept or "NE", application or "NE")


def acknowledgement(raw: bytes, code: str, now: datetime, faults: Sequence[Fault] = ()) -> bytes:
    """The answer to a message, or to bytes that could not be read: what can be repeated of them is repeated.

    `code` is AA, AE, AR, CA, CE or CR. Separators, version and character set are those of the message, and MSA-2 is
    its MSH-10 as it is written.
    """
    theirs = header(raw)
    separators = theirs.separators if theirs else Separators()
    written = theirs.header if theirs else Segment("MSH", 1, separators, "ascii")
    version = written.text(12).strip() or _CURRENT
    released = tuple(map(int, version.split("."))) if _VERSION.fullmatch(version) else (0,)
    lines = [
        _header(written, separators, released, code, now),
        _joined(separators, "MSA", code, written.raw(10)),
        *(_error(fault, separators, released) for fault in (() if code in _POSITIVE else faults)),
    ]
    return "".join(f"{line}\r" for line in lines).encode(theirs.charset if theirs else "ascii")


def _header(theirs: Segment, separators: Separators, released: tuple[int, ...], code: str, now: datetime) -> str:
    event = theirs.text(9, 1, 2).strip()
    event = _ANSWERED_BY.get(event, event)
    kind = ["ACK", escaped(event, separators), "ACK"] if event and released >= _NAMED_STRUCTURE else ["ACK"]
    named = theirs.raw(2) or "".join(separators[1:])
    fields = [
        *(theirs.raw(field) for field in (5, 6, 3, 4)),
        now.strftime("%Y%m%d%H%M%S%z"),
        "",
        separators.component.join(kind),
        now.strftime("%Y%m%d%H%M%S%f"),
        theirs.raw(11) or "P",
        theirs.raw(12) or _CURRENT,
        *[""] * 2,
        *(["NE", "NE"] if theirs.raw(15) or theirs.raw(16) else ["", ""]),
        "",
        theirs.raw(18),
    ]
    return f"MSH{separators.field}{named}{separators.field}{separators.field.join(fields)}".rstrip(separators.field)


def _error(fault: Fault, separators: Separators, released: tuple[int, ...]) -> str:
    error = _CODES.get(fault.reason, _OTHER).split("^")
    words = escaped(f"{fault.reason}: {fault.message}", separators).encode("ascii", "replace").decode()
    if released >= _NAMED_ERROR:
        coded = separators.component.join([*error, _TABLE])
        return _joined(separators, "ERR", "", "", coded, "E", "", "", "", words)
    inner = (separators.subcomponent or " ").join([error[0], words, _TABLE])
    return _joined(separators, "ERR", separators.component.join(["", "", "", inner]))


def _joined(separators: Separators, *fields: str) -> str:
    return separators.field.join(fields)
