"""Resources of FHIR as no sender should send them, and some do: made of good ones, by a seed.

python -m tests.gateways.fhir.mutations --seeds 20000 --from 1
"""

import argparse
import copy
import gzip
import json
import random
from collections.abc import Callable
from typing import Any

from picustream.gateways.site.config import Site, Source, Units
from picustream.gateways.site.load import LoadedSite
from tests.gateways.converting import KEY, converted
from tests.gateways.fhir.bodies import BASE, Json, bundle, concept, encounter, observation, patient, quantity
from tests.gateways.fhir.test_groups import report
from tests.gateways.fhir.test_known import METRIC, SPECIMEN
from tests.gateways.fhir.test_people import LOCATIONS
from tests.gateways.test_convert import check

NAMES = ("Zaphodqx", "Beeblebroxqx", "Ursaminorqx", "4711qx", "patientqx", "V99qx", "urn:oid:2.16.99qx", "noteqx")
FIRST, LAST, TOWN, NUMBER, PATIENT, VISIT, SYSTEM, NOTE = NAMES
SOURCES = [
    Source.model_validate({"name": "s", "kind": kind, "base": base})
    for kind in ("laboratory", "monitor", "ventilator", "charting")
    for base in (BASE, None)
]
SITES = [LoadedSite(Site(unit=[Units(match="PICU")], source=[source]), KEY) for source in SOURCES]
AT = "2025-03-02T20:00:00+08:00"
UNITS = {
    "2160-0": "mg/dL",
    "777-3": "10*9/L",
    "8478-0": "mm[Hg]",
    "20077-4": "cm[H2O]",
    "9269-2": "{score}",
    "1-8": "1",
}
ODD: list[Any] = [None, True, 0, -1, 1.5, "", " ", "x", [], {}, [None], [[]], {"a": []}, 1e300, "\ud800", "2025-03-03"]


def sample(chance: random.Random) -> Json:
    """A child, her visit, and values of her."""
    who: Json = {"reference": f"Patient/{PATIENT}", "display": FIRST}
    people = [
        patient(
            id=PATIENT, name=[{"family": LAST, "given": [FIRST]}], address=[{"city": TOWN}],
            identifier=[{"system": SYSTEM, "value": NUMBER, "type": {"coding": [{"code": "MR"}]}}],
        ),
        encounter(subject=who, identifier=[{"system": "urn:visits", "value": VISIT}]),
    ]  # fmt: skip
    return bundle(
        *LOCATIONS, *people, SPECIMEN, METRIC, *(_values(chance, who, n) for n in range(chance.randint(1, 6)))
    )


def _values(chance: random.Random, who: Json, number: int) -> Json:
    code = chance.choice(list(UNITS))
    part = {"code": concept(code), "valueQuantity": quantity(chance.choice([0.7, 5, 60]), UNITS[code])}
    forms: list[Json] = [
        {"code": concept(code), "valueQuantity": part["valueQuantity"]},
        {"code": concept("85354-9"), "valueQuantity": None, "component": [part] * chance.randint(0, 3)},
        {"code": concept(code), "valueQuantity": None, "valueInteger": 3, "specimen": {"reference": "Specimen/s1"}},
        {"code": concept(code), "valueQuantity": None, "dataAbsentReason": concept("error")},
        {"code": concept(code), "valueQuantity": None, "valueString": NOTE},
        {"code": concept(code), "device": {"reference": "DeviceMetric/m1"}},
        {"code": concept(code), "valueQuantity": None, "_valueQuantity": {"extension": [{"url": "urn:x"}]}},
        {"effectiveDateTime": None, "effectivePeriod": {"start": AT, "end": AT}},
        {"effectiveDateTime": None, "effectiveTiming": {"event": [AT]}},
    ]
    status = chance.choice(["final", "final", "amended", "entered-in-error", "cancelled", "registered", "unknown"])
    one = {"id": f"o{number}", "subject": who, "status": status, "effectiveDateTime": AT, "note": [{"text": NOTE}]}
    found = observation(**one | chance.choice(forms))
    if chance.random() < 0.2:
        contained = {**found, "id": "c"}
        return report("#c", id=f"r{number}", contained=[contained], subject=who, effectiveDateTime=AT)
    return found


Place = tuple[Any, Any]
"""A container, and the key or index of a part of it."""


def _places(value: Any) -> list[Place]:
    inside: list[tuple[Any, Any]] = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    found = [(value, name) for name, _ in inside]
    return found + [place for _, part in inside if isinstance(part, dict | list) for place in _places(part)]


def _resources(body: Json) -> list[Json]:
    return [place[0] for place in _places(body) if place[1] == "resourceType"]


def _drop(body: Json, chance: random.Random) -> Json:
    container, name = chance.choice(_places(body))
    del container[name]
    return body


def _odd(body: Json, chance: random.Random) -> Json:
    container, name = chance.choice(_places(body))
    container[name] = copy.deepcopy(chance.choice(ODD))
    return body


def _repeated(body: Json, chance: random.Random) -> Json:
    lists = [container[name] for container, name in _places(body) if isinstance(container[name], list)]
    if some := [one for one in lists if one]:
        one = chance.choice(some)
        one.insert(chance.randrange(len(one) + 1), copy.deepcopy(chance.choice(one)))
    return body


def _huge(body: Json, chance: random.Random) -> Json:
    parts = [container[name] for container, name in _places(body) if name == "component"]
    for one in parts[:1]:
        if isinstance(one, list) and len(one) < 1000:
            one *= chance.choice([0, 2, 100])
    return body


def _shuffled(body: Any, chance: random.Random) -> Any:
    if isinstance(body, dict):
        names = list(body)
        chance.shuffle(names)
        return {name: _shuffled(body[name], chance) for name in names}
    if isinstance(body, list):
        chance.shuffle(body)
        return [_shuffled(one, chance) for one in body]
    return body


def _nested(body: Json, chance: random.Random) -> Json:
    wrap: list[Callable[[Json], Json]] = [
        lambda inner: {"resourceType": "Bundle", "type": chance.choice(KINDS), "entry": [{"resource": inner}]},
        lambda inner: {"resourceType": "Parameters", "parameter": [{"name": "x", "resource": inner}]},
        lambda inner: {"resourceType": "Basic", "id": "b", "contained": [inner]},
    ]
    return chance.choice(wrap)(body)


KINDS = ("transaction", "batch", "collection", "message", "searchset", "history", "document", "", None, 7)


def _as_request(body: Json, chance: random.Random) -> Json:
    entries = [container[name] for container, name in _places(body) if isinstance(name, int)]
    some = [one for one in entries if isinstance(one, dict) and "resource" in one]
    if some:
        one = chance.choice(some)
        method = chance.choice(["POST", "PUT", "DELETE", "PATCH", "GET", 3])
        one["request"] = {"method": method, "url": chance.choice(["Observation/o1", "Patient", f"Patient/{PATIENT}"])}
        if method == "DELETE" and chance.random() < 0.5:
            del one["resource"]
    return body


def _of_r5(body: Json, chance: random.Random) -> Json:
    for one in _resources(body):
        if one.get("resourceType") == "Encounter":
            one |= {"actualPeriod": one.pop("period", None), "class": [concept("IMP")], "admission": {}}
            one["status"] = chance.choice(["in-progress", "completed", "discharged", "on-hold"])
        elif one.get("resourceType") == "Observation":
            one |= {"triggeredBy": [{"observation": {"reference": "Observation/o0"}}], "instantiatesCanonical": "urn:x"}
    return body


def _strange(body: Json, chance: random.Random) -> Json:
    one = chance.choice(_resources(body) or [body])
    one["resourceType"] = chance.choice(["observation", "Observation ", "Vitals", "", "Bundle", "DiagnosticReport", 7])
    return body


def _extended(body: Json, chance: random.Random) -> Json:
    one = chance.choice(_resources(body) or [body])
    name = chance.choice(["extension", "_status", "_valueQuantity", "modifierExtension", "implicitRules", "text"])
    one[name] = [{"url": "urn:x", "valueString": NOTE}] if name != "implicitRules" else NOTE
    return body


MUTATIONS = (
    _drop, _drop, _odd, _odd, _repeated, _huge, _shuffled, _nested, _as_request, _of_r5, _strange, _extended,
)  # fmt: skip


def mutated(seed: int) -> tuple[bytes, LoadedSite, int]:
    """A body as it is sent, a site that takes it, and how many values are in it."""
    chance = random.Random(seed)
    body = copy.deepcopy(sample(chance))
    for _ in range(chance.randint(0, 6)):
        body = chance.choice(MUTATIONS)(body, chance)
    count = values_in(body)
    raw = json.dumps(body, indent=chance.choice([None, None, 1])).encode()
    form = chance.choice(["plain"] * 8 + ["marked", "lines", "list", "cut off", "twice", "no number"])
    if form == "marked":
        raw = b"\xef\xbb\xbf" + raw
    elif form == "lines":
        raw = _lines(body, chance)
    elif form == "list":
        raw = b"[" + raw + b"]"
    elif form == "cut off":
        raw, count = raw[: -chance.randint(1, len(raw) - 1)], 0
    elif form == "twice":
        raw = raw.replace(b'"status": "final"', b'"status": "cancelled", "status": "final"')
    elif form == "no number":
        raw = raw.replace(b" 0.7", b" NaN")
    if chance.random() < 0.1:
        raw = gzip.compress(raw)
    return raw, chance.choice(SITES), count


def _lines(body: Json, chance: random.Random) -> bytes:
    """One resource on a line, one of them broken."""
    half = json.dumps(body).encode()[: chance.randint(1, 40)]
    lines = [json.dumps(body).encode(), b'{"resourceType": "Basic"}', half]
    chance.shuffle(lines)
    return chance.choice([b"\n", b"\r\n", b"\n\n"]).join(lines)


def values_in(part: Any) -> int:
    """Counted in the JSON itself, at any depth: of each Observation its own value, or that there is none, or that it is
    withdrawn; and its components."""
    if isinstance(part, list):
        return sum(map(values_in, part))
    if not isinstance(part, dict):
        return 0
    inside = sum(map(values_in, part.values()))
    if not isinstance(part.get("resourceType"), str) or part["resourceType"].strip() != "Observation":
        return inside
    components = part.get("component")
    count = len(components) if isinstance(components, list) else int(components is not None)
    names = [name.removeprefix("_") for name in part]
    own = any(name[:5] == "value" and name[5:6].isupper() for name in names) or "dataAbsentReason" in names
    withdrawn = not count and str(part.get("status")).strip() in ("entered-in-error", "cancelled")
    return inside + count + (own or withdrawn)


def tried(seed: int) -> None:
    """Raises `AssertionError` where something is lost, refused, or names somebody."""
    raw, site, count = mutated(seed)
    found = converted([raw], site)
    check(found)
    assert found.tally.values["seen"] == count, f"seed {seed}: {found.tally.values['seen']} seen of {count}"
    told = [name for name in NAMES if name in found.text]
    assert told == [], f"seed {seed}: {told}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--from", type=int, default=0, dest="first")
    wanted = parser.parse_args()
    for seed in range(wanted.first, wanted.first + wanted.seeds):
        try:
            tried(seed)
        except Exception as error:  # noqa: BLE001 - each is shown with its seed
            print(f"seed {seed}: {type(error).__name__}: {str(error)[:300]}")


if __name__ == "__main__":
    main()
