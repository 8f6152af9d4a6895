"""Bytes to statements, of whichever of the two languages they are."""

from picustream.gateways.fhir import resources
from picustream.gateways.fhir import statements as fhir
from picustream.gateways.fhir.known import Known
from picustream.gateways.hl7 import message
from picustream.gateways.hl7 import statements as hl7
from picustream.gateways.site.config import Source
from picustream.gateways.site.load import LoadedSite
from picustream.gateways.state import State
from picustream.gateways.statement import Statements

_BLANK = b"\xef\xbb\xbf \t\r\n"
_FHIR = (b"{", b"[", b"<", b"\x1f\x8b")
_TABLE = "fhir"


def is_fhir(raw: bytes) -> bool:
    """Whether bytes begin like JSON, XML or a packed file; a message of HL7 v2 does not."""
    return raw[:64].lstrip(_BLANK).startswith(_FHIR)


def read_statements(raw: bytes, source: Source, site: LoadedSite, state: State) -> list[Statements]:
    """What a message, or a body or file of resources, states. Raises `Unreadable`."""
    zone = site.zone_of(source)
    if is_fhir(raw):
        return fhir.statements(resources.read(raw), source, zone, Known(state.table(_TABLE)))
    return hl7.statements(message.read(raw, source.charset), source, zone)
