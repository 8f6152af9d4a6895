"""`picu.score.mods.v1`: the record of a day's MODS."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from types import GenericAlias
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, WithJsonSchema, create_model

from picustream.models.record import (
    MOST_PASSED_OVER,
    Comparator,
    Input,
    JsonDecimal,
    Out,
    Rejected,
    ScorePart,
    ScoreRecord,
)
from picustream.scoring.scores.mods.organs import ORGANS, POINTS, Organ

MODS = "picu.score.mods.v1"

Basis = Literal["measured", "carried-forward", "assumed-normal", "assumed-normal-sedated"]


def _named(organs: Sequence[Organ]) -> tuple[Any, ...]:
    """What makes a string the name of one of these organs."""
    names = [organ.name for organ in organs]

    def known(name: str) -> str:
        if name not in names:
            raise ValueError(f"must be one of {', '.join(names)}")
        return name

    return AfterValidator(known), WithJsonSchema({"enum": names, "type": "string"})


class ModsComponent(ScorePart):
    """One organ of one day."""

    organ: Annotated[str, *_named(ORGANS)]
    points: Annotated[int, Field(ge=0, le=POINTS)]
    basis: Basis
    value: JsonDecimal | None
    comparator: Comparator | None = None
    """The true value lies on that side of `value`, where every such value gives these points (rule V4)."""
    unit: str | None
    observed_at: datetime | None
    age_hours: JsonDecimal | None
    """From `observed_at` to the end of the day; carried forward only."""
    inputs: list[Input]
    reason: Literal["not-measured", "no-cvp", "unpaired", "implausible", "withdrawn", "sedated"] | None
    """Why it was not measured that day."""
    candidates_rejected: Annotated[list[Rejected], Field(max_length=MOST_PASSED_OVER)]


class Window(Out):
    start: datetime
    end: datetime
    timezone: str


class Range(Out):
    """What the total could be, given what is not measured."""

    min: int
    max: int


class ModsRecord(ScoreRecord):
    """`picu.score.mods.v1`: Marshall MODS of one local day. A withdrawn record has a null total and no components."""

    score: Literal["MODS"] = "MODS"
    day: date
    window: Window | None
    picu_day: int | None
    elapsed_day: int | None
    sdtm_day: int | None
    in_window: bool | None
    total: Annotated[int, Field(ge=0, le=POINTS * len(ORGANS))] | None
    range: Range | None
    measured: int | None
    carried: int | None
    assumed: int | None
    components: list[ModsComponent]


@cache
def component_of(organs: tuple[Organ, ...]) -> type[ModsComponent]:
    """A component of a record of these organs."""
    if organs == ORGANS:
        return ModsComponent
    return create_model("ModsComponent", __base__=ModsComponent, organ=(Annotated[str, *_named(organs)], ...))


@cache
def record_of(organs: tuple[Organ, ...]) -> type[ModsRecord]:
    """The record of a MODS of these organs."""
    if organs == ORGANS:
        return ModsRecord
    total = Annotated[int, Field(ge=0, le=POINTS * len(organs))] | None
    components: Any = GenericAlias(list, (component_of(organs),))
    return create_model("ModsRecord", __base__=ModsRecord, total=(total, ...), components=(components, ...))
