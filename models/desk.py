"""`picu.desk.v1`: what people enter at the board. Nothing of it has a consequence for a score: no worker reads it."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from picustream.models import text
from picustream.models.envelope import Closed, Id
from picustream.models.times import Instant

DESK = "picu.desk.v1"
LONGEST_NOTE = 280
"""Characters."""

Account = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9._:@/#-]+$")]
Code = Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Role = Literal["ward", "trial-office", "ops", "statistician", "admin"]


class DeskEvent(Closed):
    """What somebody entered, and in which role."""

    event_id: Id
    at: Instant
    """When it was entered."""
    by: Account
    role: Role


class ScreeningDecision(DeskEvent):
    """What was decided of a child that may be enrolled."""

    type: Literal["screening-decision"]
    stay_id: Id
    decision: Literal["approached", "enrolled", "declined", "not-suitable"]
    reason: Code | None = None
    """Why, in the words of the site's screening log: `no-guardian-present`."""


class Note(DeskEvent):
    """A few words about a stay, for whoever looks next."""

    type: Literal["note"]
    stay_id: Id
    note: Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE)]
    """Never the arm, and nothing that names the patient: whoever may read the topic reads it."""


class AlertAcknowledged(DeskEvent):
    """Somebody sees to an alert. It fires until its condition ends, all the same."""

    type: Literal["alert-acknowledged"]
    alert_id: Annotated[str, Field(min_length=1, max_length=512)]
    stay_id: Id | None = None
    """Of an alert about a stay."""


class CutSigned(DeskEvent):
    """Somebody signed a frozen data set."""

    type: Literal["cut-signed"]
    cut_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]


AnyDeskEvent = Annotated[ScreeningDecision | Note | AlertAcknowledged | CutSigned, Field(discriminator="type")]
DESK_EVENT: TypeAdapter[Any] = TypeAdapter(AnyDeskEvent)
"""The validator of the topic."""


def key_of(event: DeskEvent) -> bytes | None:
    """The record's key: the stay it is about, if it is about one."""
    stay_id: str | None = getattr(event, "stay_id", None)
    return None if stay_id is None else stay_id.encode()


def to_bytes(event: DeskEvent) -> bytes:
    """The record's value: what is empty is left out."""
    return text.encode(event.model_dump(mode="python", exclude_none=True)).encode()
