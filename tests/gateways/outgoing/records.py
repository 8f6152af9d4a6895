"""Records of random histories, as they are stored."""

from functools import cache

from picustream.eventfiles.outputs import Stored
from picustream.gateways.outgoing.resources import TOPICS
from tests.reference.generate import case
from tests.scoring.histories import replayed, rules_for


@cache
def stored(seed: int) -> tuple[Stored, ...]:
    """Every revision that a history makes, in order."""
    made = case(seed)
    outputs = replayed(made.events, rules_for(made.protocol), made.until)
    return tuple(Stored(one.topic, one.key, one.value, one.event_id) for one in outputs if one.topic in TOPICS)
