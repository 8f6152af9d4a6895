"""I10: `picustream lint` shows no value, no patient, no stay and no id of an event, whatever is wrong with a feed."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cases import every_case, live_cases
from tests.lint.cards import card, file_of, linted
from tests.scoring.build import Stay, obs

PATIENT, OTHER, STAY, EVENT, THING = "Pq7712", "Rq7712", "Sq7712", "Eq7712", "Tq7712"
BIRTH, VALUE = "1877-12-07", 77.12


def spoilt() -> Stay:
    """A feed with every finding about versions, stays, values and times that there is."""
    own: dict[str, Any] = {"patient": PATIENT, "stay": STAY}
    late = {"recorded": "day 1 12:00"}
    ward = Stay().admitted("day 1 08:00", birth_date=BIRTH, event_id=f"{EVENT}a", **own)
    ward = ward.admitted("day 1 11:00", birth_date=BIRTH, event_id=f"{EVENT}b", **own, **late)
    for hour in (1, 9):
        ward = ward.lab(f"day 1 0{hour}:00", obs("creatinine", VALUE, id=THING), event_id=f"{EVENT}{hour}", **own)
    ward = ward.lab("day 1 11:30", obs("creatinine", id=f"{THING}x"), status="cancelled", **own, **late)
    ward = ward.lab("day 1 11:30", creatinine=VALUE, event_id=f"{EVENT}c", source="poct", patient=OTHER, stay=STAY)
    ward = ward.lab("day 1 11:31", creatinine=7712, event_id=f"{EVENT}d", **own)
    ward = ward.lab("day 1 11:32", {"code": "38483-4", "value": VALUE, "unit": "mg/dL"}, **own)
    ward = ward.lab("day 1 11:33", {"code": "14682-9", "system": "urn:x", "value": VALUE, "unit": "mg/dL"}, **own)
    ward = ward.lab("day 1 11:34", obs("creatinine", 5, "7712 furlongs"), obs("bilirubin_total", "x"), **own)
    ward = ward.vital("day 1 11:35", gcs_total=15, gcs_eye=1, gcs_verbal=1, gcs_motor=1, **own, recorded="day 30")
    ward = ward.lab("day 1 03:00", creatinine=VALUE, source="off", recorded="day 1 11:00", **own)
    ward = ward.discharged("day 0 08:00", **own).treatment("day 20", **own)
    ward = ward.lab("day 1 11:00", creatinine=50, stay=f"{STAY}T", patient=PATIENT)
    for number, value in enumerate((0.7712, 0.77121, 0.77122)):
        ward = ward.lab(f"day 1 11:4{number}", creatinine=value, source="mg", **own)
    return ward


REFUSED: list[Any] = [
    ("picu.lab.v1", {"event_id": EVENT, "source": f"{PATIENT} the child", "patient_id": PATIENT, "value": VALUE}),
    ("picu.adt.v1", {"event_id": EVENT, "source": "his", "patient_id": PATIENT, "stay_id": STAY, "type": "expired"}),
    ("picu.lab.v1", {"payload": {"event_id": EVENT, "patient_id": PATIENT, "stay_id": STAY}}),
    b"\xff\xfe" + PATIENT.encode(),
]
HIDDEN = (PATIENT, OTHER, STAY, EVENT, THING, BIRTH, "77.12", "0.771", "the child")


@pytest.mark.proves("I10")
def test_i10_nothing_of_a_patient_is_on_the_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The printed card and the JSON; and the feed has what could be shown wrongly."""
    path = file_of(tmp_path, *spoilt().events, *REFUSED)
    for options in ((), ("--json",), ("--part",)):
        status, out, err = linted(capsys, path, *options)
        assert status == 1
        assert [word for word in HIDDEN if word in out + err] == []
    codes = {one.code for one in card(*spoilt().events, *REFUSED).findings}
    assert codes >= {
        "admission-moved", "birth-date-implausible", "broken-line", "code-unmapped", "correction-unmatched",
        "end-before-admission", "feed-unread", "filed-far", "gcs-contradiction", "id-reused", "implausible",
        "no-admission", "outside-stay", "patient-mismatch", "schema", "system-unknown", "unit-suspect", "unit-unknown",
        "value-not-numeric", "wrong-offset",
    }  # fmt: skip


@pytest.mark.proves("I10")
@pytest.mark.parametrize("path", every_case() + live_cases(), ids=lambda path: path.stem)
def test_i10_no_id_of_a_case_is_on_its_card(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ids of patients and stays, and ids of events that are more than a short number."""
    text = path.read_text("utf-8")
    ids = set(re.findall(r'"(?:patient_id|stay_id|event_id)": ?"([^"]{4,})"', text))
    for options in ((), ("--json",)):
        _, out, _ = linted(capsys, path, *options)
        shown = out.replace(str(path), "").replace(json.dumps(str(path)), "")
        assert [one for one in ids if re.search(rf"(?<![\w-]){re.escape(one)}(?![\w-])", shown)] == []
