"""What goes out: the records of the output topics (`docs/topics.md`).

Numbers are decimals. Every record names its protocol by hash and its software, and every point names its inputs.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

MODS = "picu.score.mods.v1"
APPS = "picu.score.apps.v1"
ELIGIBILITY = "picu.eligibility.v1"
OUTCOME = "picu.outcome.v1"
ALERT = "picu.alert.v1"
DEAD_LETTER = "picu.dead-letter.v1"
DEAD_LETTER_TRIAL = "picu.dead-letter.trial.v1"
"""Of what was refused on the trial topic, whose payload names the arm."""
DEAD_LETTERS = (DEAD_LETTER, DEAD_LETTER_TRIAL)
OUTPUT_TOPICS = (MODS, APPS, ELIGIBILITY, OUTCOME, ALERT, *DEAD_LETTERS)

JsonDecimal = Annotated[Decimal, WithJsonSchema({"type": "number"})]

Organ = Literal["respiratory", "renal", "hepatic", "cardiovascular", "haematologic", "neurologic"]
Basis = Literal["measured", "carried-forward", "assumed-normal", "assumed-normal-sedated"]
RecordStatus = Literal["preliminary", "final", "amended", "entered-in-error"]
Comparator = Literal["<", "<=", ">=", ">"]
"""On which side of a value the true one lies (rule V4)."""


class _Out(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Original(_Out):
    """A value as the feed wrote it."""

    value: JsonDecimal | None
    unit: str | None


class Input(_Out):
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


class Rejected(_Out):
    """A value of the day that was passed over, and why."""

    id: str
    reason: str


class ModsComponent(_Out):
    """One organ of one day."""

    organ: Organ
    points: Annotated[int, Field(ge=0, le=4)]
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
    candidates_rejected: Annotated[list[Rejected], Field(max_length=8)]


class ProtocolStamp(_Out):
    id: str
    version: str
    sha256: str


class Cause(_Out):
    """What made this revision."""

    reason: str
    event_id: str | None


class Record(_Out):
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


class Window(_Out):
    start: datetime
    end: datetime
    timezone: str


class Range(_Out):
    """What the total could be, given what is not measured."""

    min: int
    max: int


class ModsRecord(Record):
    """`picu.score.mods.v1`: Marshall MODS of one local day. A withdrawn record has a null total and no components."""

    score: Literal["MODS"] = "MODS"
    day: date
    window: Window | None
    picu_day: int | None
    elapsed_day: int | None
    sdtm_day: int | None
    in_window: bool | None
    total: Annotated[int, Field(ge=0, le=24)] | None
    range: Range | None
    measured: int | None
    carried: int | None
    assumed: int | None
    components: list[ModsComponent]


class AppsComponent(_Out):
    points: Annotated[int, Field(ge=1, le=3)] | None
    value: JsonDecimal | None
    unit: str | None
    inputs: list[Input]
    reason: str | None


class AppsComponents(_Out):
    age: AppsComponent
    pf: AppsComponent
    plateau: AppsComponent


class AppsRecord(Record):
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


class Criterion(_Out):
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


class WindowSummary(_Out):
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


class AlertRecord(_Out):
    """`picu.alert.v1`: a condition that somebody should look at, fired once and resolved once."""

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


class DeadLetter(_Out):
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


MODELS: dict[str, type[BaseModel]] = {
    MODS: ModsRecord,
    APPS: AppsRecord,
    ELIGIBILITY: EligibilityRecord,
    OUTCOME: OutcomeRecord,
    ALERT: AlertRecord,
    DEAD_LETTER: DeadLetter,
    DEAD_LETTER_TRIAL: DeadLetter,
}


def dump(record: BaseModel) -> dict[str, Any]:
    """A record as plain values, decimals and times kept, for `text.encode`."""
    return record.model_dump(mode="python")
