"""`picu.eligibility.v1` and `picu.outcome.v1`: what the trial publishes of a stay."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from picustream.models.record import JsonDecimal, Out, Record

ELIGIBILITY = "picu.eligibility.v1"
OUTCOME = "picu.outcome.v1"


class Criterion(Out):
    criterion: Literal["in-picu", "age", "stay-48h", "consent", "data-complete"]
    met: bool | None
    detail: str | None
    evidence: list[str]


class EligibilityRecord(Record):
    """`picu.eligibility.v1`: the screening state with a reason per criterion."""

    state: Literal["screening", "eligible", "ineligible", "review", "withdrawn"] | None
    criteria: list[Criterion]
    eligible_since: datetime | None
    next_change_at: datetime | None
    closes_at: datetime | None
    """When enrolment closes for this stay; null where the protocol sets no limit."""


class WindowSummary(Out):
    """Final MODS of the analysis window's days in the stay."""

    max: int
    mean: JsonDecimal
    first: int
    last: int
    delta: int | None
    days: int
    days_unmeasured: int


class OutcomeRecord(Record):
    """`picu.outcome.v1`: one milestone."""

    milestone: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    reached: bool | None
    at: datetime | None
    value: JsonDecimal | WindowSummary | None
    unit: str | None
    detail: str | None
