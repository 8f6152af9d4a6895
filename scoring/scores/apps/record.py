"""`picu.score.apps.v1`: the record of an APPS."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from picustream.models.record import Input, JsonDecimal, Out, ScorePart, ScoreRecord

APPS = "picu.score.apps.v1"


class AppsComponent(ScorePart):
    points: Annotated[int, Field(ge=1, le=3)] | None
    value: JsonDecimal | None
    unit: str | None
    inputs: list[Input]
    reason: str | None


class AppsComponents(Out):
    age: AppsComponent
    pf: AppsComponent
    plateau: AppsComponent


class AppsRecord(ScoreRecord):
    """`picu.score.apps.v1`: APPS of a day, or 24 hours after the onset of an ARDS episode."""

    score: Literal["APPS"] = "APPS"
    basis: Literal["daily", "at-24h"]
    day: date | None
    episode: int | None
    onset_at: datetime | None
    ards: Literal["presumptive", "confirmed"] | None
    total: Annotated[int, Field(ge=3, le=9)] | None
    components: AppsComponents | None
    standard_settings: bool | None
    elapsed_day: int | None
    sdtm_day: int | None
    in_window: bool | None
