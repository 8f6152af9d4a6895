"""What is published of sources, for the tests of the alerts about them."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from picustream.eventfiles.replay import run
from picustream.models import text
from picustream.models.codemap import CodeMap, parse_codemap
from picustream.models.record import ALERT
from picustream.scoring.outputs import Output
from picustream.scoring.rules import Rules
from tests.scoring.build import Record, at
from tests.scoring.histories import SHIPPED, input_records


def with_limits(said: str) -> Rules:
    """The shipped protocol with a site's limits."""
    return Rules(SHIPPED.protocol, CodeMap([parse_codemap(said.encode())]))


def alerts(outputs: Iterable[Output]) -> Iterator[Record]:
    """Every alert's record, as published."""
    return (text.parse(output.value) for output in outputs if output.topic == ALERT)


def records(rules: Rules, events: Any, until: datetime) -> list[Record]:
    """Likewise, of a replay."""
    return list(alerts(run(rules, input_records(events), until)))


def states(found: Iterable[Record], name: str) -> list[tuple[str, datetime]]:
    """State and moment of every record of an alert."""
    return [(one["state"], at(one["emitted_at"])) for one in found if one["name"] == name]


OF_THE_WAY = "amended-after-final"
"""An alert about the way to a record: that it had been final before."""


def firing(outputs: Iterable[Output]) -> set[str]:
    """The alerts of stays that are firing at the end."""
    last = {record["alert_id"]: record for record in alerts(outputs) if record["stay_id"] is not None}
    return {name for name, one in last.items() if one["state"] == "firing" and one["name"] != OF_THE_WAY}
