"""What a message states, in one form for HL7 v2 and FHIR: values, and movements of patients.

A reader (`hl7/`, `fhir/`) makes statements of bytes and knows no code map, no stay and no pseudonym. What it cannot
read is a `Fault` in the statement: whether that is a letter, or a value of a code that is not used, is decided where
the code is known. Identifiers are the hospital's own: no statement leaves the gateway.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NamedTuple

from picustream.gateways.private import NOTHING, Private
from picustream.models.envelope import Status
from picustream.scoring.faults import Fault


class Unreadable(ValueError):
    """Bytes of which no message, or no resource, can be made: a letter about the whole of it."""

    def __init__(self, fault: Fault, values: int = 0) -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.values = values
        """How many values can be seen in it all the same (lines of OBX): each is accounted for as a letter."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier of a patient or a visit, as it is written (CX; FHIR Identifier, or a reference)."""

    value: str
    authority: str = ""
    """CX.4, or the FHIR system; of a reference the server's base with the type of resource."""
    kind: str = ""
    """CX.5, or the FHIR type: `MR`, `PI`, `VN` ..."""
    field: str = ""
    """Its field: `PID-3`, `PV1-19` ..., a resource's type, for the site's rules to name."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a patient lies (PV1-3; FHIR Location)."""

    unit: str
    bed: str = ""
    facility: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a message speaks of, in the hospital's words. It never leaves the gateway."""

    patients: tuple[Identifier, ...] = ()
    """Every identifier of the patient, in order of the message: the site's rule chooses."""
    visits: tuple[Identifier, ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Coding:
    """One code of a value."""

    code: str
    system: str = ""
    display: str = ""


@dataclass(slots=True)  # never changed; frozen, it would take three times as long to make
class Value:
    """One value: an OBX, or a FHIR Observation or component."""

    path: str
    """Its place: `OBX[3]` (the third of the message), `/component/0`, `/entry/4/resource/valueInteger`."""
    codings: tuple[Coding, ...]
    identity: tuple[str, ...]
    """What names the observation through its versions; whoever makes ids takes a digest of it under the site's key."""
    value: Decimal | Fault | None
    """As written; a fault: it is there and cannot be read as one number; None: there is none."""
    unit: str | None
    """As written, of a coded unit its code."""
    unit_is_ucum: bool
    status: Status | Fault | None
    """None: the sender says that there is nothing to pass on (not asked, invalid, a test); `note` says what."""
    observed_at: datetime | Fault
    recorded_at: datetime | Fault | None = None
    comparator: str | None = None
    """`<`, `<=`, `>=`, `>`."""
    status_only: bool = False
    """The status of a value that was sent before, which is meant to stand (OBX-11 U)."""
    specimen: str = "unknown"
    """Of `picu.lab.v1`."""
    method: tuple[str, ...] = ()
    """Words of OBX-17 and OBX-20, or of the FHIR method and body site, for what a site decides by them."""
    device: str = ""
    """An identifier of the device; never leaves the gateway in plain."""
    setting: bool | None = None
    """Whether the device states a setting (true) or a measurement (false), where that is said."""
    words: tuple[str, ...] = ()
    """Codes and texts of a value that is none of numbers, for a site to say what they mean; they leave in no event."""
    note: str = ""
    """A machine-readable word about it: `device-invalid`, `not-asked`, `wrong-patient` ..."""
    awaits: tuple[str, ...] = ()
    """Keys that a specimen or device opens which it names, and which did not come yet: it may decide what is meant."""


@dataclass(frozen=True, slots=True)
class Panel:
    """A version of an Observation that may have parts, and takes the place of the version before as a whole."""

    path: str
    identity: tuple[str, ...]
    """Of all its versions; those of its parts begin with it."""
    status: Status | Fault
    filed: datetime | Fault | None
    """By which its versions are ordered."""
    is_kept: bool
    """Whether an earlier version may have values that it has not."""


class Move(StrEnum):
    """What an ADT message or an encounter states of a visit."""

    ADMIT = "admit"
    TRANSFER = "transfer"
    DISCHARGE = "discharge"
    UPDATE = "update"
    CANCEL_ADMIT = "cancel-admit"
    CANCEL_TRANSFER = "cancel-transfer"
    CANCEL_DISCHARGE = "cancel-discharge"
    MERGE = "merge"
    HISTORY = "history"
    """The whole history of locations of a visit, as a FHIR Encounter states it."""
    WITHDRAW = "withdraw"
    """The visit was entered in error."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a visit's history of locations."""

    place: Place
    start: datetime | Fault
    end: datetime | Fault | None = None


class Unnamed(NamedTuple):
    """A place of which the message has no more than a reference: its name may come later."""

    place: Place
    """By what the reference says."""
    keys: tuple[str, ...]
    """What opens one of these has its name."""
    path: str
    is_said: bool
    """Whether the reference says a name in words."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One statement about where a patient is, who that is, or how it ended."""

    path: str
    """`EVN`, `/entry/2/resource` ..."""
    move: Move
    occurred_at: datetime | Fault | None
    """When it happened; None where the message does not say."""
    recorded_at: datetime | Fault | None = None
    place: Place | None = None
    prior: Place | None = None
    """Where the patient was before, where the message says so (PV1-6)."""
    admitted_at: datetime | Fault | None = None
    """PV1-44, the begin of the visit: of a stay only if the visit began in the unit."""
    discharged_at: datetime | Fault | None = None
    """PV1-45."""
    disposition: str = ""
    """PV1-36, or hospitalization.dischargeDisposition."""
    destination: str = ""
    """PV1-37."""
    birth_date: str | None = None
    """`YYYY-MM-DD`, `YYYY-MM` or `YYYY`: the precision that was given."""
    sex: Literal["female", "male", "other", "unknown"] | None = None
    dead: bool | None = None
    died_at: datetime | date | Fault | None = None
    """A date alone, or a fault, is no time of death: a person decides."""
    loser: tuple[Identifier, ...] = ()
    """Of a merge: the identifiers that are given up (MRG-1)."""
    linked_by: Identifier | None = None
    """The FHIR Patient that states it: its latest version has all of its links."""
    links: tuple[tuple[tuple[Identifier, ...], tuple[Identifier, ...]], ...] = ()
    """Of a Patient that states its links: in each who stays and who is given up."""
    history: tuple[Stretch, ...] = ()
    ended: bool = False
    """Of a history: whether the visit is over."""
    unnamed: tuple[Unnamed, ...] = ()


@dataclass(frozen=True, slots=True)
class Statements:
    """What is stated of one subject, in one message or resource."""

    kind: str
    """`ORU^R01`, `ADT^A02`, `Observation` ..."""
    subject: Subject
    values: tuple[Value, ...] = ()
    panel: Panel | None = None
    """What its values are parts of."""
    movements: tuple[Movement, ...] = ()
    same: tuple[Identifier, ...] = ()
    """Identifiers that all mean this patient, or this visit, and by which others may speak of it (FHIR Patient)."""
    faults: tuple[Fault, ...] = ()
    """Of the message or resource as a whole."""
    unused: str = ""
    """Why nothing of it is used, where its kind is none of ours: counted, no fault."""
    opens: tuple[str, ...] = ()
    """Keys for which messages may wait, and which it opens."""
    private: Private = NOTHING
    """What may not be shown of the message."""
    warnings: tuple[str, ...] = ()
    """Machine-readable words about what was put right on reading (`segments-joined`): counted, no letter."""
