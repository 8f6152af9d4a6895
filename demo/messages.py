"""The ward's events as messages of HL7 v2: what the systems of a hospital would send instead. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from picustream.demo.feeds import ADT, TRIAL
from picustream.demo.timeline import Timed

APPLICATIONS = {
    "lis": "lis",
    "bga-1": "analyser",
    "bga-2": "analyser",
    "monitor-gw-1": "monitor",
    "monitor-gw-2": "monitor",
    "vent-gw": "ventilator",
    "charting": "charting",
    "his": "his",
}
"""Source of an event -> MSH-3; the source itself is MSH-4."""
UNIT, STEP_DOWN, OTHER_ICU = "PICU", "WARD-3", "TICU"
"""PV1-3 of the ward, and of where its children go."""
MODE, SEDATION, WORDS = "MODE", "SEDATION", "99WARD"
"""Codes and system of the ward's own words: the mode of its ventilators, and whether a child is sedated."""
AUTHORITY = "WARD"
"""Of numbers of patients and visits."""
DEVICES = ("monitor", "ventilator")
_PROFILE = "IHE_PCD_001^IHE PCD^1.3.6.1.4.1.19376.1.6.1.1.1^ISO"
_STATUSES = {"final": "F", "corrected": "C", "entered-in-error": "D"}
_SPECIMENS = {"arterial": "BLDA", "venous": "BLDV", "capillary": "BLDC"}
_SEXES = {"female": "F", "male": "M"}
_EXPIRED = "20"


@dataclass(frozen=True)
class Sent:
    """One message, the moment at which it is sent, and by which `source`: each has a connection of its own."""

    at: datetime
    source: str
    raw: bytes


def message(event: Timed) -> Sent | None:
    """The message of an event; None where HL7 v2 has no form for it, which is what the trial office says."""
    value = event.value
    if event.topic == TRIAL:
        return None
    is_movement = event.topic == ADT and value["type"] != "sedation"
    segments = _movement(event) if is_movement else _results(event)
    return Sent(event.at, value["source"], ("\r".join(segments) + "\r").encode())


def visit_of(stay_id: str) -> str:
    """The number of the visit that the ward calls `stay_id`."""
    return f"V{stay_id.removeprefix('S-')}"


def _movement(event: Timed) -> Iterator[str]:
    """ADT^A01, A02 or A03: to another unit by a transfer, died by a discharge."""
    value, occurred = event.value, _time(event.value["occurred_at"])
    kind, place, pid, more = "A02", UNIT, "", ""
    match value["type"]:
        case "admitted":
            born = value["birth_date"].replace("-", "")
            kind, place, pid = "A01", f"{UNIT}^^{value['bed']}", f"{born}|{_SEXES[value['sex']]}"
            more = f"{'|' * 25}{occurred}"
        case "moved":
            place = f"{UNIT}^^{value['bed']}"
        case "discharged":
            place = OTHER_ICU if value["destination"] == "other-icu" else STEP_DOWN
        case "died":
            kind, pid, more = "A03", f"|{'|' * 21}{occurred}|Y", f"{'|' * 17}{_EXPIRED}{'|' * 9}{occurred}"
    yield _header(event, f"ADT^{kind}")
    yield f"EVN|{kind}|{_time(value['recorded_at'])}||||{occurred}"
    yield _patient(value, pid)
    yield f"{_visit(value, place)}{more}"


def _results(event: Timed) -> Iterator[str]:
    """ORU^R01; a status in it holds for all of its values."""
    value = event.value
    yield _header(event, "ORU^R01")
    yield _patient(value)
    yield _visit(value, UNIT)
    yield _order(value)
    rows = [_measured(observation) for observation in value.get("observations", [])]
    if "support" in value:
        rows.append(_word(f"{MODE}^mode of ventilation", value.get("mode", value["support"])))
    if "state" in value:
        rows.append(_word(f"{SEDATION}^sedation", value["state"]))
    status, observed = _STATUSES[value.get("status", "final")], _time(_at(value))
    for number, row in enumerate(rows, 1):
        yield f"OBX|{number}|{row}|||||{status}|||{observed}"


def _measured(observation: dict[str, Any]) -> str:
    """OBX-2 to OBX-6; OBX-4 is empty, for a correction comes alone."""
    return f"NM|{observation['code']}^^LN||{observation.get('value', '')}|{observation['unit']}^^UCUM"


def _word(code: str, word: str) -> str:
    """OBX-2 to OBX-6 of a coded value, in the ward's own words."""
    return f"CWE|{code}^{WORDS}||{word}^^{WORDS}|"


def _at(value: dict[str, Any]) -> str:
    at: str = value.get("observed_at") or value["occurred_at"]
    return at


def _order(value: dict[str, Any]) -> str:
    """OBR; that of a laboratory has the sample's number, its specimen and when this version was filed."""
    observed = _time(_at(value))
    if "specimen" not in value:
        return f"OBR|1|||{value['source']}^readings|||{observed}"
    sample = value["observations"][0].get("id", value["event_id"]).partition("#")[0]
    specimen, filed = _SPECIMENS[value["specimen"]], _time(value["recorded_at"])
    return f"OBR|1||{sample}|{value['source']}^results|||{observed}||||||||{specimen}{'|' * 7}{filed}"


def _header(event: Timed, kind: str) -> str:
    """MSH. The number is the event's, so that what is sent twice is so byte for byte."""
    value = event.value
    source, application = value["source"], APPLICATIONS[value["source"]]
    filed = _time(value["recorded_at"]) if "recorded_at" in value else _written(event.at)
    profile = f"{'|' * 9}{_PROFILE}" if application in DEVICES else ""
    return rf"MSH|^~\&|{application}|{source}|||{filed}||{kind}|{value['event_id']}|P|2.6{profile}"


def _patient(value: dict[str, Any], more: str = "") -> str:
    """PID, with the fields from PID-7 on in `more`; every child of the ward has an invented name."""
    return f"PID|1||{value['patient_id']}^^^{AUTHORITY}^MR||Invented^{value['patient_id']}||{more}"


def _visit(value: dict[str, Any], place: str) -> str:
    """PV1 up to PV1-19."""
    return f"PV1|1|I|{place}{'|' * 16}{visit_of(value['stay_id'])}^^^{AUTHORITY}^VN"


def _time(text: str) -> str:
    return _written(datetime.fromisoformat(text))


def _written(moment: datetime) -> str:
    """To the second, with offset; what is left of a second is no earlier time."""
    whole = moment if not moment.microsecond else moment.replace(microsecond=0) + timedelta(seconds=1)
    return whole.strftime("%Y%m%d%H%M%S%z")
