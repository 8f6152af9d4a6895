"""`toy.score.pulse.v1`: the record of the toy score."""

from datetime import date
from typing import Literal

from picustream.models.record import Input, JsonDecimal, ScorePart, ScoreRecord

PULSE = "toy.score.pulse.v1"


class PulsePart(ScorePart):
    """The day's fastest pulse."""

    points: int | None
    value: JsonDecimal | None
    unit: str | None
    inputs: list[Input]
    reason: str | None


class PulseRecord(ScoreRecord):
    """One local day."""

    score: Literal["PULSE"] = "PULSE"
    day: date
    total: int | None
    elapsed_day: int | None
    sdtm_day: int | None
    in_window: bool | None
    pulse: PulsePart | None
