"""Messages through the whole gateway, without servers."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from picustream.gateways.convert import Conversion
from picustream.gateways.events import OutEvent
from picustream.gateways.letters import Letter
from picustream.gateways.site.config import Site, Source
from picustream.gateways.site.load import LoadedSite, demo
from picustream.gateways.tally import Tally
from picustream.scoring.rules import Rules, load_rules

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
KEY = b"a key of the tests, thirty-two bytes"


@cache
def rules() -> Rules:
    return load_rules()


@dataclass
class Result:
    events: list[OutEvent]
    letters: list[Letter]
    tally: Tally

    @property
    def observations(self) -> list[dict[str, Any]]:
        return [one for event in self.bodies for one in event.get("observations", [])]

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(event.value) for event in self.events]

    @property
    def reasons(self) -> list[str]:
        return [letter.reason for letter in self.letters]

    @property
    def text(self) -> str:
        """All that leaves the gateway."""
        written = [event.value.decode() + event.key for event in self.events]
        written += [json.dumps(letter.as_json()) for letter in self.letters]
        return "\n".join([*written, json.dumps(self.tally.as_json())])


def site_of(**fields: Any) -> LoadedSite:
    """A site with one source, of these fields."""
    given = {"name": "lab", "kind": "laboratory", **fields}
    return LoadedSite(Site(unit=demo().site.unit, source=[Source.model_validate(given)]), KEY)


def converted(files: Iterable[bytes], site: LoadedSite | None = None, by: Rules | None = None) -> Result:
    """The files one after the other."""
    conversion = Conversion(site or demo(), by or rules(), (site or demo()).site.source[0])
    found = [one for data in files for one in conversion.file(data, NOW)]
    found += conversion.end()
    events = [event for one in found for event in one.events]
    return Result(events, [letter for one in found for letter in one.letters], conversion.tally)
