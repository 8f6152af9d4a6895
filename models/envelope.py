"""What every event of the five input topics has: ids, status, filing time (`docs/topics.md`)."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from picustream.models.times import Instant


class Status(StrEnum):
    """FHIR ObservationStatus."""

    __hash__ = str.__hash__  # in C, where that of `Enum` is written in Python

    REGISTERED = "registered"
    PRELIMINARY = "preliminary"
    FINAL = "final"
    AMENDED = "amended"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"
    UNKNOWN = "unknown"


WITHDRAWN = frozenset({Status.CANCELLED, Status.ENTERED_IN_ERROR})
"""Withdraws what earlier versions stated."""
SAYS_NOTHING = frozenset({Status.REGISTERED, Status.UNKNOWN})
"""Carries no usable value."""
NO_STATEMENT = WITHDRAWN | SAYS_NOTHING
"""States nothing that holds, for either reason."""
NEEDS_FILING_TIME = WITHDRAWN | {Status.AMENDED, Status.CORRECTED}
"""Speaks of an earlier version, so the feed must say when it was filed."""
STATUS_RANK = {
    Status.REGISTERED: 0,
    Status.UNKNOWN: 0,
    Status.PRELIMINARY: 1,
    Status.FINAL: 2,
    Status.AMENDED: 3,
    Status.CORRECTED: 3,
    Status.CANCELLED: 4,
    Status.ENTERED_IN_ERROR: 4,
}
"""Of versions filed at the same time the one of the higher rank is the later one."""

_ID_CHARACTERS = "[A-Za-z0-9._:/#-]"
_ID = Field(min_length=1, max_length=128, pattern=f"^{_ID_CHARACTERS}+$")
Id = Annotated[str, _ID]
_IS_ID = re.compile(_ID_CHARACTERS + "{1,128}")


def id_of(value: object) -> str | None:
    """A value of any JSON message, if it can be an id."""
    return value if isinstance(value, str) and _IS_ID.fullmatch(value) else None


def readable_fields(payload: bytes) -> dict[str, Any]:
    """The fields of a message that need not be an event, numbers as text; none where it is no JSON object."""
    try:
        fields = json.loads(payload.decode(), parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def stay_of_key(key: bytes) -> str | None:
    """The stay that a record's key names, if it can be one."""
    return id_of(key.decode("utf-8", "replace"))  # the replacement is no character of an id


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


STATUSES = {status.value: status for status in Status}


def _status(value: Any) -> Any:
    return STATUSES.get(value, value) if isinstance(value, str) else value


StatusWord = Annotated[Status, BeforeValidator(_status)]


class Envelope(Closed):
    """The same on all five topics."""

    event_id: Id
    source: Id
    patient_id: Id
    stay_id: Id
    recorded_at: Instant | None = None
    """When the source filed this version; required where the status speaks of an earlier one."""
    status: StatusWord = Status.FINAL

    @property
    def happened_at(self) -> datetime:
        """The clinically relevant time."""
        raise NotImplementedError

    @property
    def filed_at(self) -> datetime:
        """What versions are ordered by, and what moves the clock of a replay."""
        return self.recorded_at or self.happened_at

    def statuses(self) -> Iterator[Status]:
        """Every status the event states."""
        yield self.status
