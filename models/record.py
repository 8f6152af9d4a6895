"""What all output records have in common, alerts and dead letters (`docs/topics.md`).

Numbers are decimals. Every record names its protocol by hash and its software, and every point names its inputs.
"""

from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

ALERT = "picu.alert.v1"
DEAD_LETTER = "picu.dead-letter.v1"
DEAD_LETTER_TRIAL = "picu.dead-letter.trial.v1"
"""Of what was refused on the trial topic, whose payload names the arm."""
DEAD_LETTERS = (DEAD_LETTER, DEAD_LETTER_TRIAL)

JsonDecimal = Annotated[Decimal, WithJsonSchema({"type": "number"})]

RecordStatus = Literal["preliminary", "final", "amended", "entered-in-error"]
WITHDRAWN: RecordStatus = "entered-in-error"
"""Of a record that no longer holds."""
MOST_PASSED_OVER = 8
"""Values passed over that a record names (docs/topics.md)."""
Comparator = Literal["<", "<=", ">=", ">"]
"""On which side of a value the true one lies (rule V4)."""


class Out(BaseModel):
    """Part of a record: closed, and never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Original(Out):
    """A value as the feed wrote it."""

    value: JsonDecimal | None
    unit: str | None


class Input(Out):
    """One input observation of a point: what it is, where it came from, when it was taken and filed."""

    variable: str
    value: JsonDecimal | str | None
    """In the canonical unit; for support a word."""
    comparator: Comparator | None = None
    """The true value lies on that side of `value`; null: it is `value` (rule V4)."""
    unit: str | None
    original: Original | None
    observed_at: datetime
    recorded_at: datetime | None
    source: str
    id: str
    topic: str


class Rejected(Out):
    """A value of the day that was passed over, and why."""

    id: str
    reason: str


class ProtocolStamp(Out):
    id: str
    version: str
    sha256: str


class Cause(Out):
    """What made this revision."""

    reason: str
    event_id: str | None


class Record(Out):
    """Common to all records of a stay."""

    event_id: str
    stay_id: str
    patient_id: str | None
    status: RecordStatus
    revision: Annotated[int, Field(ge=1)]
    supersedes: str | None
    cause: Cause
    effective_at: datetime
    emitted_at: datetime
    protocol: ProtocolStamp
    software: str
    caveats: list[str]
    use: Literal["research-only"] = "research-only"


class ScorePart(Out):
    """A part of a score: what its points come from. Each has the fields below."""

    if TYPE_CHECKING:
        points: int | None
        value: Decimal | None
        unit: str | None
        inputs: list[Input]
        reason: str | None


class ScoreRecord(Record):
    """A record that holds a score, by the name `score`."""

    if TYPE_CHECKING:
        score: str
        total: int | None
        elapsed_day: int | None
        sdtm_day: int | None
        in_window: bool | None


class AlertRecord(Out):
    """`picu.alert.v1`: a condition that a person should know of, fired once and resolved once."""

    event_id: str
    alert_id: str
    stay_id: str | None
    patient_id: str | None
    name: str
    severity: Literal["info", "warning", "critical"]
    audience: Literal["operations", "trial-office"]
    state: Literal["firing", "resolved"]
    since: datetime
    detail: str | None
    status: RecordStatus
    revision: int
    supersedes: str | None
    cause: Cause
    effective_at: datetime
    emitted_at: datetime
    protocol: ProtocolStamp
    software: str
    caveats: list[str]
    use: Literal["research-only"] = "research-only"


class DeadLetter(Out):
    """`picu.dead-letter.v1` and `picu.dead-letter.trial.v1`: what could not be used, why, and its original bytes."""

    event_id: str
    topic: str
    partition: int | None
    offset: int | None
    key: str | None
    scope: Literal["event", "observation"]
    reason: Literal[
        "not-json",
        "too-large",
        "schema",
        "key-mismatch",
        "recorded-at-missing",
        "duplicate-observation",
        "in-the-future",
        "in-the-past",
        "unreadable",
        "unprocessable",
        "system-unknown",
        "value-not-numeric",
        "word-unknown",
        "unit-missing",
        "unit-unknown",
        "unit-mismatch",
        "implausible",
    ]
    path: str
    """JSON pointer to the fault."""
    message: str
    """What is wrong and what to do; no value is copied into it."""
    payload: str
    """The original bytes in base64; of more than 256 KiB the first 64 KiB."""
    payload_bytes: int
    """How many bytes the original has."""
    payload_sha256: str
    """Of the whole original, in hexadecimal digits."""
    first_seen_at: datetime
    resubmitted: bool


COMMON_MODELS: dict[str, type[BaseModel]] = {ALERT: AlertRecord, DEAD_LETTER: DeadLetter, DEAD_LETTER_TRIAL: DeadLetter}
"""Models by topic, of all outputs but the records of a stay: those are in the folders of their kinds."""


@cache
def _empty(model: type[BaseModel]) -> dict[str, Any]:
    return {name: None if field.is_required() else field.default for name, field in model.model_fields.items()}


def filled(model: type[BaseModel], **fields: Any) -> dict[str, Any]:
    """The fields of a record in the order of its model, as `text.encode` takes them.

    They are not validated: that takes as long as making them, and a test has the model take every record that the
    rules make. Raises `TypeError` for a field that the model does not have.
    """
    record = _empty(model) | fields
    if len(record) != len(_empty(model)):
        raise TypeError(f"{model.__name__} has no {', '.join(fields.keys() - _empty(model).keys())}")
    return record


def dump(record: BaseModel) -> dict[str, Any]:
    """A record as plain values, decimals and times kept, for `text.encode`."""
    return record.model_dump(mode="python")
