"""What OBX-11, OBX-8 and OBR-25 say of a value, by the kind of its source."""

from typing import NamedTuple

from picustream.gateways.hl7.message import Segment
from picustream.models.envelope import Status
from picustream.scoring.faults import Fault


class Standing(NamedTuple):
    """Whether a value holds: `Value.status`, `Value.status_only` and `Value.note`."""

    status: Status | Fault | None
    status_only: bool = False
    note: str = ""


_ALIKE = {
    "F": Standing(Status.FINAL),
    "B": Standing(Status.FINAL),
    "V": Standing(Status.FINAL),
    "P": Standing(Status.PRELIMINARY),
    "S": Standing(Status.PRELIMINARY),
    "C": Standing(Status.CORRECTED),
    "A": Standing(Status.AMENDED),
    "D": Standing(Status.ENTERED_IN_ERROR),
    "W": Standing(Status.ENTERED_IN_ERROR, note="wrong-patient"),
    "I": Standing(Status.REGISTERED),
    "O": Standing(None, note="order-only"),
    "N": Standing(None, note="not-asked"),
    "U": Standing(Status.FINAL, status_only=True),
}
"""Table 0085, where it means the same from every source."""
_RESULTS = _ALIKE | {"R": Standing(Status.PRELIMINARY), "X": Standing(Status.CANCELLED)}
_DEVICE = _ALIKE | {"R": Standing(Status.FINAL), "X": Standing(None, note="device-invalid")}
"""A device states raw values, and by X that there is none: no value is withdrawn."""
_ORDERS = {"O": "I", "I": "I", "S": "I", "P": "P", "R": "R", "F": "F", "C": "C", "X": "X"}
"""Table 0123 in words of table 0085."""

_NO_VALUE = {"INV": "device-invalid", "NAV": "device-invalid", "OFF": "device-invalid", "BUSY": "device-invalid",
             "NI": "device-invalid", "TEST": "test", "DEMO": "demonstration"}  # fmt: skip
_DOUBTFUL = {"QUES": "device-questionable", "CAL": "device-calibrating"}
_COMPARATORS = {"<", ">"}
_NOT_JUDGED = {"X"}
"""With it devices mark a number that stands for none; it is no word of a table."""


def standing(obx: Segment, obr: Segment | None, device: bool, default: Status | None) -> Standing:
    """The status of a value: OBX-11, else OBR-25, else that of the source."""
    table = _DEVICE if device else _RESULTS
    word = _word(obx, 11)
    if word in table:
        return table[word]
    path = f"OBX[{obx.number}]-11"
    if word:
        return Standing(Fault("status-unknown", path, "OBX-11 is no word of table 0085"))
    if obr is not None and (word := _word(obr, 25)):
        if word in _ORDERS:
            return table[_ORDERS[word]]
        return Standing(Fault("status-unknown", path, "OBX-11 is empty and OBR-25 says nothing about a value"))
    if default is not None:
        return Standing(default)
    return Standing(Fault("status-missing", path, "OBX-11 and OBR-25 are empty: set default_status of the source"))


def _word(segment: Segment, field: int) -> str:
    return segment.text(field).strip().upper()


class Flags(NamedTuple):
    """What OBX-8 says of a value."""

    no_value: str = ""
    """Why there is none: the note."""
    doubt: Fault | None = None
    comparator: str | None = None
    judged: bool = False
    """Whether it speaks of a value that there is: high, low, normal ..."""


_NOTHING = Flags()


def flags(obx: Segment) -> Flags:
    """OBX-8, all its repetitions."""
    if not obx.raw(8):
        return _NOTHING
    words = {one.text().strip().upper() for one in obx.cell(8).repetitions()} - {""}
    if reasons := sorted(_NO_VALUE[word] for word in words if word in _NO_VALUE):
        return Flags(reasons[-1])
    doubts = sorted(_DOUBTFUL[word] for word in words if word in _DOUBTFUL)
    doubt = Fault(doubts[0], f"OBX[{obx.number}]-8", "the device says that its value is in doubt") if doubts else None
    comparators = words & _COMPARATORS
    return Flags("", doubt, comparators.pop() if len(comparators) == 1 else None, bool(words - _NOT_JUDGED))
