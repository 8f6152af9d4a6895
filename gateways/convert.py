"""Files of HL7 v2 and FHIR to events and letters, with no server: what waits for its stay is done at the end."""

import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from picustream.gateways.events import OutEvent
from picustream.gateways.hl7 import files
from picustream.gateways.hl7.message import header, values_in
from picustream.gateways.hl7.private import private_in
from picustream.gateways.letters import Letter, letter_of
from picustream.gateways.patients.patients import Patients
from picustream.gateways.private import NOTHING, Private
from picustream.gateways.reader import is_fhir, read_statements
from picustream.gateways.site.config import Source
from picustream.gateways.site.load import LoadedSite
from picustream.gateways.state import State
from picustream.gateways.statement import Statements, Unreadable
from picustream.gateways.tally import Tally
from picustream.gateways.translate import Origin, Translation, Translator, unreadable
from picustream.models.event import ADT
from picustream.scoring.faults import Fault
from picustream.scoring.rules import Rules

LARGEST = 512 << 20
"""Bytes of a file, unpacked."""
_GZIP = b"\x1f\x8b"


@dataclass(slots=True)
class _Waiting:
    raw: bytes
    """It is read again: what came since may say more of it."""
    origin: Origin
    keys: frozenset[str]
    sent: frozenset[str]
    """Facts that went out at once."""


@dataclass(frozen=True, slots=True)
class Converted:
    """What is known at a time: events and letters that are certain."""

    events: list[OutEvent]
    letters: list[Letter]


class Conversion:
    """Converts messages one after the other."""

    def __init__(self, site: LoadedSite, rules: Rules, source: Source | None = None) -> None:
        """`source`: whose the files are, where they do not say so themselves."""
        self._site = site
        self._source = source
        self._state = State()
        self._translator = Translator(site, rules, Patients(site, self._state))
        self._waiting: list[_Waiting] = []
        self.tally = Tally()
        self.letters_written = 0

    def file(self, data: bytes, now: datetime) -> Iterator[Converted]:
        """All messages of a file."""
        if not data.startswith(_GZIP) and not is_fhir(data):
            for raw in files.messages(data):
                yield from self._message(raw, now)
            return
        try:
            plain = _unpacked(data)
        except Unreadable as error:
            yield self._letter(error.fault, "", now, self._site.pseudonyms.message("", data), error.values)
            return
        if is_fhir(plain):
            yield from self._message(plain, now)
        else:
            for raw in files.messages(plain):
                yield from self._message(raw, now)

    def end(self) -> Iterator[Converted]:
        """What still waits has waited in vain."""
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            found = self._translator.translate(self._read(one), one.origin, given_up=True)
            yield self._done(found, one.sent)

    def _message(self, raw: bytes, now: datetime) -> Iterator[Converted]:
        source = self._source_of(raw)
        if isinstance(source, Fault):
            name = self._site.pseudonyms.message("", raw)
            yield self._letter(source, "", now, name, _values_in(raw, self._site), private_in(raw), **_sender(raw))
            return
        origin = Origin(source, self._site.pseudonyms.message(source.name, raw), now)
        try:
            yield from self._translated(_Waiting(raw, origin, frozenset(), frozenset()))
        except Unreadable as error:
            yield self._done(unreadable(error, origin), frozenset())

    def _read(self, one: _Waiting) -> list[Statements]:
        return read_statements(one.raw, one.origin.source, self._site, self._state)

    def _translated(self, one: _Waiting) -> Iterator[Converted]:
        found = self._translator.translate(self._read(one), one.origin)
        if found.waits:
            facts = [event for event in found.events if event.topic == ADT and event.event_id not in one.sent]
            one.keys = frozenset(found.waits)
            one.sent |= {event.event_id for event in facts}
            self._waiting.append(one)
            yield Converted(facts, [])
        else:
            yield self._done(found, one.sent)
        if found.opened:
            yield from self._again(frozenset(found.opened) - one.keys)

    def _again(self, opened: frozenset[str]) -> Iterator[Converted]:
        ready = [one for one in self._waiting if one.keys & opened]
        self._waiting = [one for one in self._waiting if not one.keys & opened]
        for one in ready:
            yield from self._translated(one)

    def _done(self, found: Translation, sent: frozenset[str]) -> Converted:
        self.tally.add(found.tally)
        return Converted([event for event in found.events if event.event_id not in sent], found.letters)

    def _letter(
        self,
        fault: Fault,
        source: str,
        now: datetime,
        name: str,
        values: int,
        private: Private = NOTHING,
        **about: str,
    ) -> Converted:
        found = Translation(letters=[letter_of(fault, source, now, name, private=private, **about)])
        found.tally.seen = values
        if values:
            found.tally.letters[fault.reason] = values
        return self._done(found, frozenset())

    def _source_of(self, raw: bytes) -> Source | Fault:
        if self._source is not None:
            return self._source
        if is_fhir(raw):
            fitting = self._site.sources_in_file(None, None)
        else:
            head = header(raw)
            application, facility = (head.header.text(3), head.header.text(4)) if head else ("", "")
            fitting = self._site.sources_in_file(application.strip(), facility.strip())
        if len(fitting) == 1:
            return fitting[0]
        what = "several sources fit" if fitting else "no source fits"
        return Fault("source-unknown", "MSH-3", f"{what} the sender of the file: name one by --source")


def _sender(raw: bytes) -> dict[str, str]:
    head = None if is_fhir(raw) else header(raw)
    if head is None:
        return {}
    return {"application": head.header.text(3).strip(), "facility": head.header.text(4).strip()}


def _values_in(raw: bytes, site: LoadedSite) -> int:
    """How many values are in a message of which the source is not known."""
    if not is_fhir(raw):
        return values_in(raw)
    source = Source(name="unknown", kind="laboratory")
    try:
        return sum(len(one.values) for one in read_statements(raw, source, site, State()))
    except Unreadable as error:
        return error.values


def _unpacked(data: bytes) -> bytes:
    if not data.startswith(_GZIP):
        return data
    try:
        with gzip.open(io.BytesIO(data)) as packed:
            plain = packed.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error):
        raise Unreadable(Fault("gzip-unreadable", "", "the packed file is damaged or cut off")) from None
    if len(plain) > LARGEST:
        raise Unreadable(Fault("too-large", "", f"more than {LARGEST >> 20} MiB unpacked"))
    return plain
