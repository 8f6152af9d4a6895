"""What came in: bytes as they came, when, on which way and from whom."""

import json
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Literal

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

    def to_bytes(self) -> bytes:
        """The envelope as one line of JSON, and the raw bytes after it."""
        envelope = {name: value for name, value in asdict(self).items() if name not in ("raw", "sequence")}
        return json.dumps(envelope | {"at": self.at.isoformat()}, separators=(",", ":")).encode() + b"\n" + self.raw

    @classmethod
    def from_bytes(cls, data: bytes, sequence: int) -> "Received":
        """What `to_bytes` made."""
        head, _, raw = data.partition(b"\n")
        envelope = json.loads(head)
        known = {one.name for one in fields(cls)}
        given = {name: value for name, value in envelope.items() if name in known}
        return cls(**given | {"raw": raw, "at": datetime.fromisoformat(envelope["at"]), "sequence": sequence})
