"""For all tests: how hard the random ones try, and what was not run for want of the real data.

A few minutes by default, as long as PICUSTREAM_TEST_SEEDS says in the long form.
"""

import logging
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.paths import NOT_HERE, REAL_DATA
from tests.scoring.histories import LONG, SEEDS

settings.register_profile(
    "core",
    max_examples=SEEDS,
    derandomize=not LONG,  # the short form tries the same examples every time: it fails for a change, not by chance
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
settings.load_profile("core")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, Any, Any]:
    """A command that a test runs in this process sets up logging: undone, or later tests would log to a closed file."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        return (yield)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(isinstance(one.longrepr, tuple) and NOT_HERE in one.longrepr[2] for one in skipped)
    if count:
        terminalreporter.write_line(
            f"Not run: {count} tests need the real data, which are not at {REAL_DATA}", yellow=True
        )
