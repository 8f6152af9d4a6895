"""Bytes to statements, of whichever of the two languages they are."""

from collections.abc import Sequence

from picustream.gateways.fhir import statements as fhir
from picustream.gateways.fhir.known import Known
from picustream.gateways.fhir.resources import Resource, read
from picustream.gateways.hl7 import files, message
from picustream.gateways.hl7 import statements as hl7
from picustream.gateways.site.config import Source
from picustream.gateways.site.load import LoadedSite
from picustream.gateways.state import State
from picustream.gateways.statement import Statements, Unreadable

_BLANK = b"\xef\xbb\xbf \t\r\n"
_FHIR = (b"{", b"[", b"<", b"\x1f\x8b")
_TABLE = "fhir"


def is_fhir(raw: bytes) -> bool:
    """Whether bytes begin like JSON, XML or a packed file; a message of HL7 v2 does not."""
    return raw[:64].lstrip(_BLANK).startswith(_FHIR)


def read_statements(
    raw: bytes, source: Source, site: LoadedSite, state: State, found: Sequence[Resource] | None = None
) -> list[Statements]:
    """What a message, or a body or file of resources, states. Raises `Unreadable`. `found`: the resources of these
    bytes, where they were read before."""
    zone = site.zone_of(source)
    if found is not None or is_fhir(raw):
        known = Known(state.table(_TABLE), site.pseudonyms.observation)
        return fhir.statements(read(raw) if found is None else found, source, zone, known)
    return [one for part in _messages(raw, source) for one in hl7.statements(part, source, zone)]


def _messages(raw: bytes, source: Source) -> list[message.Message]:
    """The messages of a frame, which may hold a batch: all of them, or none."""
    try:
        return [message.read(part, source.charset) for part in list(files.messages(raw)) or [raw]]
    except Unreadable as unreadable:
        raise Unreadable(unreadable.fault, message.values_in(raw)) from None
