"""A score as a FHIR Observation: the total, a component for each part, and what it was derived from.

Nothing of the trial is in it: a ward that reads a study day knows what it may not.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from picustream.gateways.outgoing.resource import (
    ABSENT,
    NAMESPACE,
    PATIENT,
    PROTOCOL,
    STAY,
    Json,
    coding,
    concept,
    extension,
    head,
    reference,
)
from picustream.models.event import OBSERVATION_TOPICS
from picustream.models.record import Input, ScorePart, ScoreRecord
from picustream.scoring.scores.contract import Score

UCUM = "http://unitsofmeasure.org"
_POINTS = "{score}"
_SURVEY = coding("http://terminology.hl7.org/CodeSystem/observation-category", "survey")
_LAST_MILLISECOND = timedelta(milliseconds=1)
"""FHIR counts the end of a period as part of it; our windows end before their end."""
_WHY_ABSENT = {
    "not-measured": "not-performed",
    "no-cvp": "not-performed",
    "unpaired": "not-performed",
    "sedated": "not-applicable",
    "implausible": "error",
}
"""A part's reason -> FHIR's word; what is not here is `unknown`. Our own word goes along."""


def observation(score: Score, record: ScoreRecord) -> Json:
    """The Observation of one record of a score.

    `status` is the record's own word. A total that is not known is no value, and never a 0.
    """
    parts = score.description.parts(record)
    components = [_component(score, name, part) for name, part in parts.items()]
    return _without_nothing(
        {
            **head("Observation", score.kind, record),
            "extension": [*_of_the_whole(record)],
            "status": record.status,
            "category": [concept(_SURVEY)],
            "code": concept(coding(f"{NAMESPACE}:score", score.kind, score.description.name), text=_title(score)),
            "subject": None if record.patient_id is None else reference("Patient", PATIENT, record.patient_id),
            "encounter": reference("Encounter", STAY, record.stay_id),
            **_effective(record),
            "issued": record.emitted_at,
            **_points(record.total),
            "dataAbsentReason": None if record.total is not None else concept(coding(ABSENT, "unknown")),
            "note": [{"text": score.description.caveats.get(code, code)} for code in record.caveats],
            "device": {
                "display": f"picustream {record.software}, protocol {record.protocol.id} {record.protocol.version}"
            },
            "derivedFrom": [*_derived_from(parts.values())],
            "component": components,
        }
    )


def _title(score: Score) -> str:
    return f"{score.description.name}, for research only"


def _made_by(record: ScoreRecord) -> str:
    return f"picustream {record.software}, protocol {record.protocol.id} {record.protocol.version}"


def _of_the_whole(record: ScoreRecord) -> Iterator[Json]:
    stamp = record.protocol
    yield extension("protocol", "Identifier", {"system": PROTOCOL, "value": f"{stamp.id}|{stamp.version}"})
    yield extension("protocol-sha256", "String", stamp.sha256)
    for name in ("basis", "ards"):
        if (word := getattr(record, name, None)) is not None:
            yield extension(name, "Code", word)
    yield from (extension("caveat", "Code", code) for code in record.caveats)
    possible = getattr(record, "range", None)
    if possible is not None:
        yield extension("possible", "Range", {"low": _quantity(possible.min), "high": _quantity(possible.max)})


def _effective(record: ScoreRecord) -> Json:
    """The day of a daily score as the window it speaks of, else the moment."""
    window = getattr(record, "window", None)
    if window is None:
        return {"effectiveDateTime": record.effective_at}
    return {"effectivePeriod": {"start": window.start, "end": window.end - _LAST_MILLISECOND}}


def _quantity(points: int) -> Json:
    return {"value": points, "unit": "points", "system": UCUM, "code": _POINTS}


def _points(points: int | None) -> Json:
    return {} if points is None else {"valueQuantity": _quantity(points)}


def _component(score: Score, name: str, part: ScorePart) -> Json:
    code = concept(coding(f"{NAMESPACE}:{score.kind}", name), text=score.description.label(name))
    return _without_nothing(
        {
            "extension": [*_of_a_part(part)],
            "code": code,
            **_points(part.points),
            "dataAbsentReason": None if part.points is not None else _why_absent(part.reason),
        }
    )


def _of_a_part(part: ScorePart) -> Iterator[Json]:
    """What a reader needs to know of points: a 0 that is assumed is none that was measured."""
    if (basis := getattr(part, "basis", None)) is not None:
        yield extension("basis", "Code", basis)
    if part.reason is not None:
        yield extension("reason", "Code", part.reason)
    if part.value is not None:
        yield extension("measured", "Quantity", _measured(part))
    if (observed_at := getattr(part, "observed_at", None)) is not None:
        yield extension("observed", "DateTime", observed_at)
    if (age := getattr(part, "age_hours", None)) is not None:
        yield extension("age", "Quantity", {"value": age, "unit": "h", "system": UCUM, "code": "h"})
    for one in part.inputs:
        if one.topic in OBSERVATION_TOPICS:
            yield extension("input", "Reference", _source(one))


def _measured(part: ScorePart) -> Json:
    quantity: Json = {"value": part.value, "comparator": getattr(part, "comparator", None)}
    if part.unit is not None:
        quantity |= {"unit": part.unit, "system": UCUM, "code": part.unit}
    return _without_nothing(quantity)


def _why_absent(reason: str | None) -> Json:
    word = _WHY_ABSENT.get(reason or "", "unknown")
    own = [] if reason is None else [coding(f"{NAMESPACE}:reason", reason)]
    return concept(coding(ABSENT, word), *own)


def _source(one: Input) -> Json:
    return reference("Observation", f"{NAMESPACE}:source:{one.source}", one.id)


def _derived_from(parts: Iterable[ScorePart]) -> Iterator[Json]:
    """Every observation that a point was made of, once. A birth date is no Observation."""
    inputs = (one for part in parts for one in part.inputs if one.topic in OBSERVATION_TOPICS)
    for one in {(one.source, one.id): one for one in inputs}.values():
        yield _source(one)


def _without_nothing(fields: dict[str, Any]) -> Json:
    """FHIR has no null and no empty list."""
    return {name: value for name, value in fields.items() if value is not None and value != []}
