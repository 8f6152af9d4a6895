"""A site's configuration: one TOML file. Closed: a misspelt field is an error that names its line."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from picustream.models.envelope import Id, Status
from picustream.models.variable import Variable

Kind = Literal["laboratory", "monitor", "ventilator", "charting", "adt"]
"""What a source is: it decides topics, and what a status or a time of its messages means."""


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, populate_by_name=True)


class Authority(_Closed):
    """Which of a message's identifiers is taken: the first rule that one of them fits."""

    authority: str | None = None
    """CX.4 (its first component) or the FHIR system; None: any."""
    type: str | None = None
    """CX.5 or the FHIR type, `MR` say; None: any."""
    field: str | None = None
    """`PID-3`, `PV1-19`, `PID-18` ...; None: any."""
    name: str | None = None
    """The name under which it is made a pseudonym, so that two spellings of one authority are one; None: as written."""
    strip_leading_zeros: bool = False
    """Whether zeros before the number are dropped."""


class Identity(_Closed):
    """How patients and visits are recognised."""

    patient: list[Authority] = [Authority(type="MR"), Authority(type="PI")]
    """Rules for the number of a patient, in order."""
    visit: list[Authority] = [Authority(field="PV1-19"), Authority(field="PID-18"), Authority(field="Encounter")]
    """Rules for the number of a visit, in order."""
    by_bed: bool = False
    """Whether a message with neither is given to whoever lies in its bed at that time. Dangerous."""
    wait_hours: float = Field(24.0, gt=0)
    """How long a value waits for the admission of its patient."""


class Units(_Closed):
    """Units by name, for a time."""

    match: str
    """A regular expression for the whole of the unit's name (PV1-3.1)."""
    kind: Literal["picu", "other-icu"] = "picu"
    """`other-icu`: a child that goes there is discharged to it."""
    from_: Annotated[date | None, Field(alias="from")] = None
    """The first day on which it holds."""
    until: date | None = None
    """The first day on which it no longer holds."""


Word = Annotated[str, Field(min_length=1, max_length=128)]
"""Of a mode: it is sent along, and an event has room for so much."""


class Words(_Closed):
    """What the words of a coded value mean: a mode of ventilation, or whether a child is sedated."""

    codes: list[str]
    """Codes of OBX-3, or of Observation.code."""
    support: dict[Word, Literal["invasive", "non-invasive", "high-flow", "oxygen", "room-air", "unknown"]] = {}
    """Word of the value -> support."""
    control: dict[Word, Literal["pressure", "volume", "oscillation", "unknown"]] = {}
    """Word of the value -> control of an invasive ventilation."""
    holds_hours: float = Field(0.0, ge=0, le=24)
    """How long a control holds for peak pressures that come without one: of ventilators that state their mode only
    when it changes. 0: for a minute."""
    sedation: dict[Word, Literal["on", "off"]] = {}
    """Word of the value -> whether sedation is on, from its time until another word; of codes of their own."""
    intrinsic_alteration: list[Word] = []
    """Words of `sedation` that say, too, that the brain itself is affected, so that a charted GCS counts."""


class Methods(_Closed):
    """What a code means that leaves the method open, by how or where it was measured."""

    codes: list[str]
    """Codes of OBX-3, or of Observation.code."""
    means: dict[Word, Variable]
    """Code or text of OBX-17 or OBX-20, of Observation.method or bodySite -> variable."""


class Source(_Closed):
    """One sending system."""

    name: Id
    """`source` of its events."""
    kind: Kind
    """`laboratory`, `monitor`, `ventilator`, `charting` or `adt`: it decides what a status, a time or an FiO2 means."""
    port: int | None = None
    """The MLLP port on which it speaks; None: any."""
    application: str | None = None
    """MSH-3, its first component; None: any."""
    facility: str | None = None
    """MSH-4, likewise."""
    client: str | None = None
    """The common name of its certificate, or the name of its bearer token; None: any."""
    zone: str | None = None
    """IANA name of the zone of times without an offset; None: the site's."""
    zone_of_msh7: bool = False
    """Whether the offset of MSH-7 holds for times of the message that have none."""
    charset: str | None = None
    """Of messages that name none (MSH-18); None: strict UTF-8."""
    default_status: Status | None = None
    """Of values that state none."""
    recorded_at: Literal["obr22", "msh7", "evn2"] | None = None
    """Where the filing time stands; None: OBR-22, else MSH-7."""
    observed_at: list[Literal["obx14", "spm17", "obr7", "obr8", "obr14"]] | None = None
    """Where the clinical time stands, the first that is there; None: by kind (a device: OBX-14 alone)."""
    stable_ids: bool = False
    """Whether OBX-21 stays the same through the versions of a value."""
    accept_training: bool = False
    """Whether messages of MSH-11 `T` or `D` are used."""
    production: bool = True
    """Whether an empty MSH-11 means production."""
    system: str | None = None
    """The system of codes that name none (OBX-3.3 empty)."""
    sentinels: list[str] = []
    """Numbers that mean "no value"."""
    presets: list[str] = []
    """Families of devices whose codes it sends (`gateways/presets/`)."""
    codes: dict[str, dict[str, list[str]]] = {}
    """System -> variable -> codes: as in a code map, for this source alone."""
    spellings: dict[str, list[str]] = {}
    """UCUM unit -> spellings, for this source alone."""
    words: list[Words] = []
    """`[[source.words]]`: what coded values mean that state no number."""
    methods: list[Methods] = []
    """`[[source.methods]]`: what the method or the body site of a measurement decides."""
    specimens: dict[str, str] = {}
    """Local word of SPM-4, OBR-15 or Specimen.type -> specimen."""
    base: str | None = None
    """The base of its FHIR server, `https://host/fhir`: what its relative references (`Patient/123`) belong to."""
    observation_identifier: str | None = None
    """The system of the Observation.identifier that stays the same through all versions; None: the server's own id."""
    period: Literal["start", "end"] | None = None
    """Which end of a FHIR effectivePeriod is the clinical time; None: start for a specimen, end for a device."""


class Acknowledgement(_Closed):
    """What senders are answered where there is a choice."""

    ae_on: list[str] = []
    """Reasons of letters for which the answer is AE and not AA."""
    unused: Literal["AA", "AR"] = "AA"
    """For messages of a kind that is not used."""
    training: Literal["AA", "AR"] = "AR"
    """For messages that are no production, where those are not accepted."""


class Site(_Closed):
    """Everything that a gateway has to know of its hospital."""

    zone: str | None = None
    """IANA name; what a source's own zone replaces. Without one a time without an offset is a letter."""
    key_file: Path | None = None
    """The site's key: 32 bytes or more, readable by its owner alone."""
    identity: Identity = Identity()
    """`[identity]`."""
    unit: list[Units] = []
    """`[[unit]]`: without one there are no stays."""
    deaths: list[str] = ["20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "40", "41", "42", "exp"]
    """Dispositions (PV1-36, dischargeDisposition) that mean death."""
    home: list[str] = ["01", "1", "home"]
    """Dispositions that mean home."""
    other_hospital: list[str] = ["02", "2", "other-hcf"]
    """Dispositions that mean another hospital."""
    acknowledgement: Acknowledgement = Acknowledgement()
    """`[acknowledgement]`."""
    source: list[Source] = []
    """`[[source]]`."""
    demo: bool = False
    """Of `--demo` alone, never in a file: takes any sender, only from loopback, with a key of its own."""
