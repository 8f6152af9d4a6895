"""What doctor finds about dead letters."""

import pytest

from picustream.doctor.refused import Refused, check_refused


@pytest.mark.parametrize(
    ("inputs", "refused", "level"), [(0, 0, "ok"), (100, 5, "ok"), (100, 6, "finding"), (1, 1, "finding")]
)
def test_more_than_five_in_a_hundred_refused_is_a_finding(inputs: int, refused: int, level: str) -> None:
    assert check_refused(Refused(inputs, refused)).level == level


def test_what_was_refused_and_sent_again_is_no_finding_any_more() -> None:
    finding = check_refused(Refused(100, 40, settled=38))
    assert finding.level == "ok" and "2 of 100" in finding.message and "38 more were sent again" in finding.message
    assert check_refused(Refused(100, 40, settled=30)).level == "finding"
