"""Which segments belong together: patients, their orders, and the values of both, in whatever order they come."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from picustream.gateways.hl7.message import Message, Segment

_BY_SPECIMEN = {"OUL^R22", "OUL^R23"}
"""Kinds in which a specimen stands before its orders."""
_ORC_FOLLOWS = _BY_SPECIMEN | {"OUL^R24"}
"""Kinds in which an ORC stands behind its OBR."""
_DEEPEST = 8
"""Levels of OBX-4; MDS, VMD, channel, metric and facet are five."""


@dataclass(slots=True)
class Order:
    """An OBR with its ORC, and the specimens that follow it."""

    obr: Segment | None = None
    orc: Segment | None = None
    specimens: list[Segment] = field(default_factory=list)
    rows: dict[str, Segment] = field(default_factory=dict)
    """OBX without a value by OBX-4: the devices, modules and channels that hold others."""


@dataclass(slots=True)
class Result:
    """An OBX, its order, and the specimen that it follows within it."""

    obx: Segment
    order: Order
    specimen: Segment | None

    def specimens(self) -> list[Segment]:
        """The SPM segments that it may speak of: the one before it, else all of its order."""
        return [self.specimen] if self.specimen else self.order.specimens

    def rows(self) -> Iterator[Segment]:
        """The rows that hold it, nearest first."""
        parts = self.obx.text(4).strip().split(".", _DEEPEST) if self.order.rows else []
        for levels in range(len(parts) - 1, 0, -1):
            if row := self.order.rows.get(".".join(parts[:levels])):
                yield row


@dataclass(slots=True)
class Patient:
    """What a message states of one patient, or of one visit."""

    pid: Segment | None = None
    pv1: Segment | None = None
    mrg: Segment | None = None
    results: list[Result] = field(default_factory=list)


class _Groups:
    def __init__(self, kind: str) -> None:
        self.patients = [Patient()]
        self._by_specimen = kind in _BY_SPECIMEN
        self._orc_follows = kind in _ORC_FOLLOWS
        self._order = Order()
        self._has_values = False
        self._specimen: Segment | None = None

    def take(self, segment: Segment) -> None:
        """One more segment."""
        patient = self.patients[-1]
        match segment.name:
            case "OBX":
                self._take_value(patient, segment)
            case "PID" if patient.pid is None:
                patient.pid = segment
            case "PID":
                self._begin(Patient(segment))
            case "PV1" if patient.pv1 is None:
                patient.pv1 = segment
            case "PV1":
                self._begin(Patient(patient.pid, segment))
            case "MRG":
                patient.mrg = segment
            case "ORC" if self._order.orc or (self._order.obr and not self._orc_follows):
                self._start(Order(orc=segment))
            case "ORC":
                self._order.orc = segment
            case "OBR" if self._order.obr:
                self._start(Order(segment))
            case "OBR":
                self._start(Order(segment, self._order.orc))
            case "SPM" if self._by_specimen:
                self._specimen = segment
                if self._has_values:  # else it is of the order that it follows, as in other kinds
                    self._start(Order())
            case "SPM" if self._order.obr:
                self._order.specimens.append(segment)
                self._specimen = segment

    def _take_value(self, patient: Patient, segment: Segment) -> None:
        if not segment.raw(5):
            self._order.rows.setdefault(segment.text(4).strip(), segment)
        self._has_values = True
        patient.results.append(Result(segment, self._order, self._specimen))

    def _begin(self, patient: Patient) -> None:
        self.patients.append(patient)
        self._specimen = None
        self._start(Order())

    def _start(self, order: Order) -> None:
        """A new order; where specimens stand before them it is of the one that it follows."""
        self._order, self._has_values = order, False
        if not self._by_specimen:
            self._specimen = None


def patients(message: Message) -> list[Patient]:
    """The patients of a message in its order; one without segments where it names none."""
    groups = _Groups(message.kind)
    for segment in message.segments[1:]:
        groups.take(segment)
    return groups.patients
