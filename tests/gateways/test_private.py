"""A name or a number of a patient is in nothing that leaves, wherever else in the message it stands."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from picustream.gateways.hl7.private import private_in
from picustream.gateways.private import Private, together
from tests.gateways.converting import converted, site_of
from tests.gateways.fhir.bodies import Json, encounter, observation, patient, quantity
from tests.gateways.texts import CANARIES, NAME, NUMBER, VISIT, admission, header, message, obx, pid, pv1

WORDS = st.text(st.characters(whitelist_categories=("L", "N")), min_size=2, max_size=8)


@given(st.lists(WORDS), WORDS, st.text(max_size=5), st.text(max_size=5))
def test_what_is_or_holds_a_name_is_hidden(others: list[str], name: str, before: str, after: str) -> None:
    private = Private([*others, f" {name} "])
    assert private.hides(name) and private.hides(name.upper().casefold())
    if len(name) >= 4:
        assert private.hides(f"{before}{name}{after}")
    assert not private.hides(private.without(f"{before}{name}{after}"))


def test_a_short_name_is_hidden_alone_and_not_within_other_words() -> None:
    private = Private(["Ng", "L"])
    assert private.hides("NG") and not private.hides("ng/mL") and not private.hides("L")


def test_authorities_types_and_hospitals_are_no_names() -> None:
    raw = message(header("ORU^R01"), pid(), pv1())
    assert not any(private_in(raw).hides(word) for word in ("CH", "MR", "VN", "PICU", "LAB"))
    assert all(private_in(raw).hides(word) for word in (NAME, NUMBER, VISIT))


def test_of_several_messages_all_are_hidden() -> None:
    both = together([Private(["first"]), Private(["second"])])
    assert both.hides("first") and both.hides("second")


def _fields(line: str) -> list[str]:
    return line.split("|")


SEGMENTS = [
    header("ORU^R01"),
    "OBR|1|P1|F1|24323-8^panel^LN|||20260301091500+0800|||||||||||||||20260301092900+0800",
    obx(),
    obx("2951-2^Sodium^LN", number=2),
    pv1(),
]


@given(
    st.integers(0, len(SEGMENTS) - 1),
    st.integers(2, 22),
    st.integers(0, 4),
    st.sampled_from([NAME, NUMBER, NAME.lower(), f"{NAME}'s", f"x-{NUMBER}-1"]),
    st.booleans(),
)
def test_hl7(segment: int, field: int, component: int, word: str, known: bool) -> None:
    lines = list(SEGMENTS)
    fields = _fields(lines[segment])
    fields += [""] * (field + 1 - len(fields))
    parts = fields[field].split("^")
    parts += [""] * (component + 1 - len(parts))
    parts[component] = word
    fields[field] = "^".join(parts)
    lines[segment] = "|".join(fields)
    assume(lines[0].startswith("MSH|^~\\&|"))
    site = site_of(zone="Asia/Shanghai", system="99LAB", **({} if known else {"application": "OTHER"}))
    admitted = message(header("ADT^A01"), "EVN|A01|20260301080000+0800", pid(), lines[4])
    found = converted([admission(), admitted, message(lines[0], pid(), *lines[1:])], site)
    assert found.tally.values["seen"] == 2
    assert not any(canary.casefold() in found.text.casefold() for canary in CANARIES)


def bundle() -> Json:
    born = patient(name=[{"family": NAME, "given": [NAME]}], identifier=[{"system": "urn:hospital", "value": NUMBER}])
    there = [{"location": {"display": "PICU"}, "period": {"start": "2026-03-01T08:00:00Z"}}]
    visit = encounter(period={"start": "2026-03-01T08:00:00Z"}, location=there)
    part = {"code": {"coding": [{"system": "urn:own", "code": "X"}]}, "valueQuantity": quantity(4, "furlong")}
    one = observation(effectiveDateTime="2026-03-01T09:00:00Z", component=[part], note=[{"text": "x"}])
    two = observation(id="o2", effectiveDateTime="2026-03-01T09:00:00Z", valueQuantity=quantity(4, "furlong"))
    entries = [{"fullUrl": f"https://h/{one['id']}", "resource": one} for one in (born, visit, one, two)]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each object or list with each of its keys."""
    for key, part in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(part, dict | list):
            yield from _places(part)


PLACES = len(list(_places(bundle())))


@pytest.mark.parametrize("word", [NAME, f"{NUMBER} x", f"urn:{NUMBER}"])
@given(st.integers(0, PLACES - 1), st.booleans())
def test_fhir(word: str, place: int, is_key: bool) -> None:
    whole = bundle()
    holder, key = list(_places(whole))[place]
    part = holder[key]
    if is_key and isinstance(holder, dict):
        holder[word] = holder.pop(key)
    elif isinstance(part, str):
        holder[key] = word
    assume(_names(whole) == _names(bundle()))
    found = converted([json.dumps(whole).encode()])
    assert not any(canary.casefold() in found.text.casefold() for canary in (NAME, NUMBER))


def _names(whole: Json) -> Any:
    """By what it is known who the patient is."""
    born = whole.get("entry", [{}])[0].get("resource", {})
    return [born.get(name) for name in ("resourceType", "name", "identifier")]
