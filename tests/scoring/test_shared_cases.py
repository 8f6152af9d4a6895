"""What real feeds did, as far as it is an event file: records and dead letters are those of the reference."""

from pathlib import Path

import pytest

from tests.reference import read
from tests.scoring.histories import disagreements

CASES = sorted((Path(__file__).parents[3] / "shared" / "cases").glob("[0-9]*.ndjson"))


@pytest.mark.skipif(not CASES, reason="the cases are not beside this checkout")
@pytest.mark.proves("I1", "I2")
def test_the_cases_end_where_the_reference_does() -> None:
    assert len(CASES) >= 15
    assert {path.name: lines for path in CASES if (lines := disagreements(list(read(path)), {}))} == {}
