"""What real feeds did, as far as it is an event file: records and dead letters are those of the reference."""

import pytest

from tests.cases import every_case
from tests.paths import CASES
from tests.reference import read
from tests.scoring.histories import disagreements


@pytest.mark.proves("I1", "I2")
def test_the_cases_end_where_the_reference_does() -> None:
    assert len(list(CASES.glob("*.ndjson"))) >= 15
    assert {path.name: lines for path in every_case() if (lines := disagreements(list(read(path)), {}))} == {}
