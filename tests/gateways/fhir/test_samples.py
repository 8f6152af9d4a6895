"""Every sample beside the checkout is read, and every value in it is one value of the statements."""

import json
from pathlib import Path
from typing import Any

import pytest

from picustream.gateways.fhir.resources import read
from picustream.gateways.statement import Unreadable
from picustream.models.envelope import NO_STATEMENT
from tests.gateways.fhir.bodies import LABORATORY, VENTILATOR, stated, values
from tests.paths import INTEROP, needs_interop

pytestmark = needs_interop
FILES = sorted((INTEROP / "fhir").glob("*")) if INTEROP.exists() else []
UNREADABLE = {"tc_obs-trailing-dot.json": "not-json"}


def values_in(part: Any) -> int:
    """Counted in the JSON itself: what begins with `value`, and components, of every Observation at any depth."""
    if isinstance(part, list):
        return sum(map(values_in, part))
    if not isinstance(part, dict):
        return 0
    inside = sum(map(values_in, part.values()))
    if part.get("resourceType") != "Observation":
        return inside
    own = any(name.startswith("value") for name in part) or "dataAbsentReason" in part
    return inside + own + len(part.get("component", []))


def bodies(raw: bytes) -> list[Any]:
    try:
        return [json.loads(raw)]
    except json.JSONDecodeError:
        return [json.loads(line) for line in raw.splitlines()]


@pytest.mark.parametrize("source", [LABORATORY, VENTILATOR], ids=lambda source: source.kind)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_value_is_accounted_for(path: Path, source: Any) -> None:
    raw = path.read_bytes()
    reason = "xml-not-read" if path.suffix == ".xml" else UNREADABLE.get(path.name)
    if reason is not None:
        with pytest.raises(Unreadable) as refused:
            read(raw)
        assert refused.value.fault.reason == reason
        return
    found = stated(raw, source)
    assert len(values(found)) == sum(map(values_in, bodies(raw)))
    for value in values(found):
        assert value.value is not None or value.status in NO_STATEMENT or value.note
    assert all(one.unused or one.faults or one.values or one.movements or one.kind == "Observation" for one in found)


def test_values_in_xml_are_counted() -> None:
    counts = {}
    for path in FILES:
        if path.suffix == ".xml":
            with pytest.raises(Unreadable) as refused:
                read(path.read_bytes())
            counts[path.stem.partition("-")[2]] = refused.value.values
    assert counts == {
        "CVPSampleArrayObservation": 1,
        "HeartRateNumericObservation": 1,
        "NBPCompoundNumericObservation": 3,
        "HeartRateNumericDeviceMetric": 0,
    }
