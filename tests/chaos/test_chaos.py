"""The short form of `make chaos`: each kind of blow once, in an order drawn from a seed."""

import pytest

from tests.chaos.feed import made_up
from tests.chaos.run import Plan, run

SEED = 11
WARDS = 2
LONGEST = 1200
"""Seconds; on a busy machine it takes some minutes."""


@pytest.mark.servers
@pytest.mark.timeout(LONGEST)
@pytest.mark.proves("I1", "I2", "I3", "I4", "I5")
def test_everything_killed_paused_cut_off_and_robbed_while_events_flow() -> None:
    """On failure: `make chaos ARGS="--once --seed 11"` shows the same course, and keeps logs and topics."""
    verdict = run(Plan(SEED, once=True), made_up(WARDS))
    assert verdict.faults == [], str(verdict)
