"""A trial protocol: data, not code. It holds everything that a rule needs to know of one trial.

A protocol file is TOML; the SHA-256 of its bytes goes into every record, so that a score can name the rules it was
made by. Defaults are those of the shipped protocol.
"""

import hashlib
import tomllib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from picustream.models.times import Instant


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("not an IANA time zone, such as Asia/Shanghai") from None
    return name


Hours = Annotated[Decimal, Field(ge=0, le=8760)]
Minutes = Annotated[Decimal, Field(ge=0, le=525600)]


class Time(_Part):
    """Days and the clock (rules T1, T4, T6)."""

    zone: Annotated[str, AfterValidator(_zone)] = "Asia/Shanghai"
    """IANA time zone whose calendar days are scored (T1)."""
    finalise_after_hours: Hours = Decimal(6)
    """A day closes this long after its end (T4)."""
    future_tolerance_hours: Hours = Decimal(1)
    """How far ahead of the clock a time may lie (T6)."""
    earliest: Instant = datetime(2000, 1, 1, tzinfo=UTC)
    """Before this moment no time can lie: an empty date that became 1970 opens no stay of fifty years (T6)."""


class Data(_Part):
    use_preliminary: bool = True
    """Whether values of status `preliminary` are used."""


class Age(_Part):
    """Rule E1."""

    from_days: Annotated[int, Field(ge=0)] = 28
    """Youngest age in days, included."""
    review_from_years: Annotated[int, Field(ge=0)] = 18
    """From this birthday on somebody has to decide."""
    below_years: Annotated[int, Field(ge=0)] = 19
    """From this birthday on: too old."""
    adult_from_years: Annotated[int, Field(ge=0)] = 18
    """Below this age a score is marked as derived from adults (M11)."""
    oldest_years: Annotated[int, Field(ge=1)] = 120
    """A birth date by which the patient is at least this old at the admission is a dummy, and none (E1, A7, M11)."""


class Stay(_Part):
    minimum_hours: Hours = Decimal(48)
    """Rule E2: a stay of at most this long, ended by a discharge home or to a ward, is excluded."""
    longest_days: Annotated[int, Field(ge=1)] = 28
    """Rule O1: the longest length of stay that is published; beyond it is truncated."""


class Enrolment(_Part):
    closes_after_hours: Hours | None = None
    """So long after the admission a child can still be enrolled; absent: no limit."""


class Window(_Part):
    """The days after the start of treatment that the trial analyses (rule T3)."""

    first_day: int = 3
    last_day: int = 15
    counted_in: Literal["elapsed", "sdtm"] = "elapsed"
    """Whether `first_day` and `last_day` are elapsed days or SDTM days (there is no SDTM day 0)."""

    @model_validator(mode="after")
    def _without_sdtm_day_0(self) -> Self:
        if self.counted_in == "sdtm" and 0 in (self.first_day, self.last_day):
            raise ValueError("there is no SDTM day 0: -1 is followed by 1, the day on which treatment starts")
        return self


class FollowUp(_Part):
    days: Annotated[int, Field(ge=1)] = 28
    """Calendar days after discharge within which a death counts (O3)."""


class Pairing(_Part):
    """Which values belong together (rules P1, P2, P4, V3, M6)."""

    fio2_look_back_hours: Hours = Decimal(4)
    fio2_look_ahead_minutes: Minutes = Decimal(0)
    support_look_back_hours: Hours = Decimal(24)
    room_air_look_back_hours: Hours = Decimal(4)
    peep_look_back_hours: Hours = Decimal(4)
    par_within_minutes: Minutes = Decimal(15)
    par_look_back_minutes: Minutes = Decimal(60)
    gcs_within_minutes: Minutes = Decimal(15)


class Mods(_Part):
    carry_forward_hours: Hours | None = None
    """Greatest age of a value brought forward (M7); absent: no limit, the score's own rule."""
    intubated_verbal: Literal["as-charted", "assume-5"] = "as-charted"
    """What a verbal score of 1 of an intubated child counts as (M10)."""


class Apps(_Part):
    """ARDS onset and APPS (rules A1-A6)."""

    plateau_27_points: Literal[1, 2] = 2
    """Points of a plateau pressure of exactly 27 cmH2O, which public code disputes (A1)."""
    onset_ratio_at_most: Decimal = Decimal(200)
    onset_peep_at_least: Decimal = Decimal(5)
    new_episode_after_hours: Hours = Decimal(24)
    target_hours: Hours = Decimal(24)
    earliest_hours: Hours = Decimal(18)
    latest_hours: Hours = Decimal(30)
    plateau_within_hours: Hours = Decimal(4)
    standard_peep: Decimal = Decimal(10)
    standard_fio2: Decimal = Decimal("0.5")


class Protocol(_Part):
    """One version of one trial's protocol."""

    id: Annotated[str, Field(min_length=1, max_length=64)]
    version: Annotated[str, Field(min_length=1, max_length=32)]
    title: str = ""
    time: Time = Time()
    data: Data = Data()
    age: Age = Age()
    stay: Stay = Stay()
    enrolment: Enrolment = Enrolment()
    window: Window = Window()
    follow_up: FollowUp = FollowUp()
    pairing: Pairing = Pairing()
    mods: Mods = Mods()
    apps: Apps = Apps()
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """Of the file's bytes; never written in the file itself."""

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone whose calendar days are scored (T1)."""
        return ZoneInfo(self.time.zone)

    @cached_property
    def finalise_after(self) -> timedelta:
        return hours(self.time.finalise_after_hours)

    def stamp(self) -> dict[str, str]:
        """What every record says of its protocol."""
        return {"id": self.id, "version": self.version, "sha256": self.sha256}


def parse_protocol(raw: bytes) -> Protocol:
    """A protocol from the bytes of its TOML file.

    Raises `tomllib.TOMLDecodeError`, `UnicodeDecodeError` or `pydantic.ValidationError`, which name the line or field.
    """
    table: dict[str, Any] = tomllib.loads(raw.decode("utf-8"), parse_float=Decimal)
    return Protocol.model_validate({**table, "sha256": hashlib.sha256(raw).hexdigest()})


@lru_cache(maxsize=256)
def hours(count: Decimal) -> timedelta:
    """A span of hours, exact to the microsecond."""
    return timedelta(microseconds=int(count * 3_600_000_000))


@lru_cache(maxsize=256)
def minutes(count: Decimal) -> timedelta:
    """A span of minutes, exact to the microsecond."""
    return timedelta(microseconds=int(count * 60_000_000))
