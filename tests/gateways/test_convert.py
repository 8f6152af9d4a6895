"""Files to events: every value has one fate, in whatever order and packing the messages come, and no name gets out."""

import gzip
import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from picustream.models.event import to_bytes, validate
from picustream.scoring.validation import InputRecord, Validator
from tests.gateways.converting import Result, converted, rules
from tests.gateways.texts import CANARIES, NAME, NUMBER, PLACE, VISIT, admission, obx, results, together
from tests.paths import INTEROP, needs_interop


def test_an_admission_and_results_are_events_that_are_accepted() -> None:
    found = converted([admission(), results(obx(), obx("777-3^^LN", "<5", "10*9/L", number=2, kind="ST"))])
    assert [event.topic for event in found.events] == ["picu.adt.v1", "picu.lab.v1"]
    assert [(one["code"], one["value"], one.get("comparator")) for one in found.observations] == [
        ("14682-9", 54, None),
        ("777-3", 5, "<"),
    ]
    assert dict(found.tally.values) == {"seen": 2, "sent": 2, "ignored": 0, "empty": 0, "letters": 0}
    check(found)


def test_results_wait_for_the_admission_that_comes_later() -> None:
    first, later = converted([admission(), results(obx())]), converted([results(obx()), admission()])
    assert sorted(event.value for event in first.events) == sorted(event.value for event in later.events)
    assert later.letters == []


def test_results_without_an_admission_are_letters() -> None:
    found = converted([results(obx(), obx("2951-2^Sodium^LN", "140", "mmol/L", number=2))])
    assert found.events == [] and found.reasons == ["no-stay"]
    assert dict(found.tally.values) == {"seen": 2, "sent": 0, "ignored": 1, "empty": 0, "letters": 1}
    check(found)


@pytest.mark.parametrize(
    "packed",
    [
        lambda found: together(found),
        lambda found: b"".join(b"\x0b" + one + b"\x1c\x0d" for one in found),
        lambda found: b"FHS|^~\\&\rBHS|^~\\&\r" + together(found) + b"\rBTS|2\rFTS|1\r",
        lambda found: gzip.compress(together(found)),
        lambda found: b"\xef\xbb\xbf" + together(found).replace(b"\r", b"\r\n"),
    ],
)
def test_files_may_hold_messages_in_any_packing(packed: object) -> None:
    found = converted([packed([admission(), results(obx())])])  # type: ignore[operator]
    assert len(found.events) == 2 and found.letters == []
    assert found.tally.messages == 2


def test_a_repeat_makes_the_same_events_and_nothing_else() -> None:
    messages = [admission(), results(obx())]
    once, twice = converted(messages), converted([*messages, *messages])
    assert {event.value for event in once.events} == {event.value for event in twice.events}


@pytest.mark.parametrize(
    ("raw", "reason", "seen"),
    [
        (b"<Patient xmlns='http://hl7.org/fhir'/>", "xml-not-read", 0),
        (b"PK\x03\x04 something else", "no-msh", 0),
        (gzip.compress(b"MSH", mtime=0)[:-4], "gzip-unreadable", 0),
        (b"{", "not-json", 0),
        (b"PID|1\rOBX|1|NM|1\rOBX|2|NM|1", "no-msh", 2),
    ],
)
def test_what_cannot_be_read_is_one_letter_that_counts_all_its_values(raw: bytes, reason: str, seen: int) -> None:
    found = converted([raw])
    assert found.reasons == [reason] and found.events == []
    assert found.tally.values["seen"] == found.tally.values["letters"] == seen
    check(found)


def bundle() -> bytes:
    """A child, her stay and a value, the value first."""
    places = [{"location": {"reference": "Location/1", "display": "PICU"}, "period": {"start": "2026-03-01T08:00:00Z"}}]
    resources: list[dict[str, object]] = [
        {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "14682-9"}], "text": NAME},
            "subject": {"reference": "urn:uuid:1", "display": NAME},
            "encounter": {"reference": "urn:uuid:2"},
            "effectiveDateTime": "2026-03-01T09:15:00Z",
            "issued": "2026-03-01T09:30:00Z",
            "valueQuantity": {"value": 54, "system": "http://unitsofmeasure.org", "code": "umol/L"},
        },
        {
            "resourceType": "Patient",
            "identifier": [{"system": "http://ch/mrn", "type": {"coding": [{"code": "MR"}]}, "value": NUMBER}],
            "name": [{"family": NAME, "given": [NAME]}],
            "address": [{"city": PLACE}],
            "birthDate": "2020-01-15",
        },
        {
            "resourceType": "Encounter",
            "status": "in-progress",
            "class": {"code": "IMP"},
            "identifier": [{"system": "http://ch/visit", "value": VISIT}],
            "subject": {"reference": "urn:uuid:1"},
            "period": {"start": "2026-03-01T08:00:00Z"},
            "location": places,
        },
    ]
    entries = [{"fullUrl": f"urn:uuid:{number}", "resource": one} for number, one in enumerate(resources)]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}).encode()


@pytest.mark.parametrize("packed", [lambda raw: raw, gzip.compress, lambda raw: b"\xef\xbb\xbf" + raw])
def test_a_bundle_is_events_without_a_name(packed: Callable[[bytes], bytes]) -> None:
    found = converted([packed(bundle())])
    assert [event.topic for event in found.events] == ["picu.adt.v1", "picu.lab.v1"] and found.letters == []
    assert [(one["code"], one["value"], one["unit"]) for one in found.observations] == [("14682-9", 54, "umol/L")]
    check(found)


_VALUES = st.builds(
    obx,
    st.sampled_from(
        ["14682-9^C^LN", "777-3^P^LN", "2703-7^O2^LN", "2951-2^Na^LN", "X1^local^L", "2160-0", "", "9269-2^G^LN"]
    ),
    st.sampled_from(["54", "1.20", "<5", "1,5", "", '""', "text", "3~4", "-999", "1e2", "15"]),
    st.sampled_from(["umol/L", "10*9/L", "mg/dL", "kPa", "", "{score}", "furlong"]),
    st.sampled_from(["F", "P", "C", "D", "W", "X", "U", "I", "N", "", "?", "R"]),
    st.sampled_from(["NM", "SN", "ST", "TX", "ED", ""]),
    st.integers(1, 3),
)


@given(st.lists(st.lists(_VALUES, max_size=6), max_size=4), st.randoms(use_true_random=False))
def test_every_value_of_any_messages_has_one_fate(panels: list[list[str]], chance: random.Random) -> None:
    messages = [admission(), *(results(*panel, order=f"F{n}") for n, panel in enumerate(panels))]
    chance.shuffle(messages)
    found = converted(messages)
    assert found.tally.values["seen"] == sum(map(len, panels))
    assert found.tally.values["sent"] <= len(found.observations)
    check(found)


def samples() -> list[Path]:
    if not INTEROP.exists():
        return []
    return [path for path in sorted(INTEROP.rglob("*")) if path.is_file() and path.suffix not in (".csv", ".md")]


@needs_interop
@pytest.mark.parametrize("path", samples(), ids=lambda path: path.name)
def test_every_value_of_a_sample_has_one_fate_and_no_name_gets_out(path: Path) -> None:
    raw = path.read_bytes()
    found = converted([raw])
    check(found)
    seen = values_in(raw)
    assert seen is None or found.tally.values["seen"] == seen
    for word in identifiers_in(raw):
        assert not re.search(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])", found.text), "an identifier"


def check(found: Result) -> None:
    values = found.tally.values
    assert values["seen"] == sum(values[fate] for fate in ("sent", "ignored", "empty", "letters"))
    assert found.tally.waiting == 0
    assert len({event.event_id for event in found.events}) == len({event.value for event in found.events})
    validator = Validator(rules())
    for event in found.events:
        body = validate[event.topic](json.loads(event.value))
        assert to_bytes(body)
        assert validator.validate(InputRecord(event.topic, None, None, event.key.encode(), event.value)).accepted
    assert not any(canary in found.text for canary in CANARIES)
    assert "unforeseen" not in found.reasons and "not-accepted" not in found.reasons


def values_in(raw: bytes) -> int | None:
    """An independent count: lines of OBX, or values of Observations and their components; None where it is neither."""
    if not raw.lstrip(b"\xef\xbb\xbf \r\n\t").startswith((b"{", b"[", b"<")):
        return len(re.findall(rb"(?:\A|[\r\n\x0b])OBX[^A-Za-z0-9 \r\n]", raw))
    try:
        resources = [json.loads(line) for line in raw.splitlines() if line.strip()]
    except ValueError:
        try:
            resources = [json.loads(raw)]
        except ValueError:
            return None
    return sum(1 for one in resources for _ in fhir_values(one))


def fhir_values(element: object) -> Iterator[None]:
    if isinstance(element, list):
        for one in element:
            yield from fhir_values(one)
    elif isinstance(element, dict):
        if element.get("resourceType") == "Observation":
            own = any(name.startswith("value") or name == "dataAbsentReason" for name in element)
            yield from [None] * (own + len(element.get("component", [])))
        for name, one in element.items():
            if name != "component":
                yield from fhir_values(one)


def identifiers_in(raw: bytes) -> set[str]:
    """Names and numbers of patients as the bytes have them, where they are too long for a code."""
    found: set[str] = set()
    text = raw.decode("utf-8", "ignore")
    for line in re.findall(r"(?:^|[\r\n])PID\|(.*)", text):
        fields = line.split("|")
        for field in (fields[index] for index in (2, 4) if index < len(fields)):
            found.update(
                part for part in re.split(r"[\^~&]", field.partition("^^^")[0] if field is fields[2] else field)
            )
    for resource in re.findall(r'"(?:family|city)"\s*:\s*"([^"]*)"', text):
        found.add(resource)
    return {word for word in found if (len(word) >= 5 and not word.isalpha()) or len(word) >= 6}
