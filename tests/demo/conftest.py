"""What several tests of the demo need."""

import pytest

from picustream.demo.tally import Tally
from tests.demo.records import BED, NOON


@pytest.fixture
def tally() -> Tally:
    fresh = Tally([BED], speed=12_000)
    fresh.clock(NOON)
    return fresh
