"""The good ward: children whose scores must not notice what comes between their events."""

import io

from picustream.eventfiles import files
from tests.integration.realrun import small_ward

_LINES, CLOCK = small_ward()
"""CLOCK: what the workers' clock reads at first."""
GOOD = list(files.lines(io.BytesIO("\n".join(_LINES).encode()), "the good ward"))
