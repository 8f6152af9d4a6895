"""Stays whose outcomes are decided, and what is published of them."""

from typing import Any

from tests.scoring.build import Record, Stay

SOON = Stay().until("day 45")
"""Day 28 after a discharge on day 4 is day 32."""
WARD = SOON.admitted("day 1 08:00", birth_date="2020-05-01", sex="female")
LEFT = WARD.discharged("day 4 20:00")


def reached(ward: Stay, milestone: str) -> Any:
    """true, false, null, or `-` where nothing is published."""
    found = ward.outcome(milestone)
    return found["reached"] if found else "-"


def revisions_of(ward: Stay, milestone: str) -> Record:
    found = ward.outcome(milestone)
    assert found is not None
    return found
