"""A record's body: what it says, before status, revision and the rest of the book-keeping are added."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

Kind = Literal["mods", "apps", "eligibility", "outcome", "alert"]


@dataclass(frozen=True, slots=True, order=True)
class RecordKey:
    """What has one current record: a stay's day, basis, screening, milestone or alert."""

    kind: Kind
    part: str
    """`2025-01-31`, `daily/2025-01-31`, `at-24h/1`, `picu-los`, ... ; empty for eligibility."""

    def __str__(self) -> str:
        return f"{self.kind}/{self.part}" if self.part else self.kind

    @property
    def group(self) -> str:
        """`mods`, `apps/daily`, `apps/at-24h`, `eligibility`, `outcome` or `alert`."""
        return f"apps/{self.part.partition('/')[0]}" if self.kind == "apps" else self.kind

    @classmethod
    def parse(cls, written: str) -> "RecordKey":
        """The key that `str` wrote."""
        kind, _, part = written.partition("/")
        return cls(kind, part)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Body:
    """The current content of one record; None instead of a body means that there is (no longer) such a record."""

    fields: dict[str, Any]
    effective_at: datetime
    caveats: tuple[str, ...]
    closed: bool
    """Whether the record is final from here on (T4)."""
    compared: dict[str, Any] | None = None
    """The fields by which a change is told, where they are not all of them."""
    asks_since: datetime | None = None
    """Since when somebody has been asked for something by this record (`consent-due`, `follow-up-due`)."""


def spelling(body: Body | None) -> tuple[str, ...]:
    """How the original values of a score's inputs are written: 250 and 250.0 are equal, and not the same receipt."""
    components = body.fields.get("components") if body is not None else None
    parts = components if isinstance(components, list) else [part for _, part in components or ()]
    inputs = [one for part in parts for one in part.inputs]
    return tuple(str(one.original.value) for one in inputs if one.original is not None)


def mods_key(day: date) -> RecordKey:
    return RecordKey("mods", day.isoformat())


def apps_daily_key(day: date) -> RecordKey:
    return RecordKey("apps", f"daily/{day.isoformat()}")


def apps_episode_key(episode: int) -> RecordKey:
    return RecordKey("apps", f"at-24h/{episode}")


ELIGIBILITY = RecordKey("eligibility", "")


def outcome_key(milestone: str) -> RecordKey:
    return RecordKey("outcome", milestone)
