"""`picu.stay.v1`: who is in the PICU, where, since when, and how the stay ended."""

from datetime import datetime
from typing import Literal

from picustream.models.record import Record

STAY = "picu.stay.v1"


class StayRecord(Record):
    """`picu.stay.v1`: whether a child is here, in which unit and bed, and how the stay ended."""

    state: Literal["present", "left"] | None
    unit: str | None
    bed: str | None
    bed_since: datetime | None
    """Since when the child lies in this bed; null where the bed is not known."""
    admitted_at: datetime | None
    left_at: datetime | None
    end: Literal["discharged", "died"] | None
    destination: Literal["ward", "home", "other-icu", "other-hospital", "unknown"] | None
    age: int | None
    """Completed months on the local day of the admission; null where the birth date leaves more than one."""
    sex: Literal["female", "male", "other", "unknown"] | None
