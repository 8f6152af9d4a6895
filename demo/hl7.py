"""The ward that speaks HL7 v2: the gateway that listens, the hospital around it, and what came of it."""

from dataclasses import dataclass

from picustream.demo.gateway import Gateway
from picustream.demo.hospital import Hospital
from picustream.demo.lines import Lines


@dataclass(frozen=True)
class Speech:
    """A gateway and the lines to it."""

    gateway: Gateway
    hospital: Hospital
    lines: Lines

    def spoken(self) -> dict[str, int]:
        """Messages that the gateway acknowledged, and what became of their values."""
        return {"acknowledged": self.lines.acknowledged, **self.gateway.values()}
