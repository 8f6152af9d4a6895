"""What came in: bytes as they came, when, on which way and from whom."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Literal

from picustream.gateways.fhir.resources import Resource

Way = Literal["mllp", "fhir"]
"""HL7 v2 over MLLP, or FHIR over HTTP."""


@dataclass(frozen=True, slots=True)
class Received:
    """One message, as the journal keeps it. `sequence` is its place there, from 1; 0: it is not in the journal yet."""

    raw: bytes
    at: datetime
    way: Way
    peer: str = ""
    """Address of the sender."""
    port: int = 0
    """The port on which it came."""
    client: str = ""
    """The common name of the sender's certificate, or the name of its bearer token."""
    cut_off: bool = False
    """Whether its frame has no end."""
    sequence: int = 0
    resources: Sequence[Resource] | None = field(default=None, compare=False, repr=False)
    """Of FHIR what was read of the bytes already, by whoever received them; it is not kept."""

    def to_bytes(self) -> bytes:
        """The envelope as one line of JSON, and the raw bytes after it."""
        envelope = {name: getattr(self, name) for name in _ENVELOPE} | {"at": self.at.isoformat()}
        return json.dumps(envelope, separators=(",", ":")).encode() + b"\n" + self.raw

    @classmethod
    def from_bytes(cls, data: bytes, sequence: int) -> "Received":
        """What `to_bytes` made."""
        head, _, raw = data.partition(b"\n")
        envelope = json.loads(head)
        given = {name: value for name, value in envelope.items() if name in _ENVELOPE}
        return cls(**given | {"raw": raw, "at": datetime.fromisoformat(envelope["at"]), "sequence": sequence})


_ENVELOPE = [one.name for one in fields(Received) if one.name not in ("raw", "sequence", "resources")]
