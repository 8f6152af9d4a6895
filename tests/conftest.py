"""For all tests: what was not run for want of the real data stands at the end of the run."""

import pytest

from tests.paths import NOT_HERE, REAL_DATA


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(isinstance(one.longrepr, tuple) and NOT_HERE in one.longrepr[2] for one in skipped)
    if count:
        terminalreporter.write_line(
            f"Not run: {count} tests need the real data, which are not at {REAL_DATA}", yellow=True
        )
