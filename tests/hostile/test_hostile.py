"""The short form of `make hostile`: every kind of record once, from one seed."""

import pytest

from tests.hostile.__main__ import attempt
from tests.hostile.draw import MAKES, plan
from tests.hostile.run import local_servers
from tests.hostile.ward import GOOD

SEED = 11


@pytest.mark.servers
@pytest.mark.proves("I1", "I2", "I3", "I5", "I10")
def test_whatever_a_client_sends_the_good_ward_is_scored_and_every_record_accounted_for() -> None:
    """On failure: `make hostile ARGS="--seed 11"` finds the few records that make it fail."""
    drawn = plan(SEED, len(MAKES), GOOD)
    with local_servers() as ours:
        found = attempt(ours, drawn)
    assert found.faults == [], str(found.verdict)
