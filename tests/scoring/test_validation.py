"""Validation: what cannot be used becomes a dead letter with its reason and place (docs/topics.md)."""

import base64
import json
from typing import Any

import pytest

from picustream.models.event import MAX_EVENT_BYTES
from picustream.models.record import DEAD_LETTER
from picustream.scoring.engine import Engine
from picustream.scoring.validation import InputRecord, ValidatedInput, Validator
from tests.scoring.build import Stay, at, obs
from tests.scoring.histories import SHIPPED, written

NOW = at("day 9")

LAB = Stay().lab("day 1 09:00", creatinine=60, platelets=250).events[0]
ADT = Stay().admitted("day 1 08:00").events[0]
VENTILATOR = Stay().vent("day 1 09:00", "invasive", obs("peep", 8)).events[0]
TRIAL = Stay().consent("day 1 08:00").events[0]


def validate(topic: str, raw: bytes | None, key: bytes | None = None) -> ValidatedInput:
    return Engine(SHIPPED).read([InputRecord(topic, 3, 41, key, raw)], NOW).inputs[0]


def faults(event: tuple[str, dict[str, Any]], **changes: Any) -> list[tuple[str, str]]:
    """(reason, path) of an event with some fields changed; None takes a field out."""
    value = {name: part for name, part in {**event[1], **changes}.items() if part is not None}
    validated = validate(event[0], written(value))
    assert any(fault.scope == "event" for fault in validated.faults) == (validated.accepted is None)
    return [(fault.reason, fault.path) for fault in validated.faults]


# The bytes. --------------------------------------------------------------------------------------------------------


@pytest.mark.proves("I2")
@pytest.mark.parametrize("raw", [
    None, b"", b" ", b"\x00", b"\xff\xfe", b"{", b"[1,", b"{} {}", b"{'a': 1}", b'{"a": 1,}', b'{"a": .5}',
    b'{"a": 01}', b'{"value": NaN}', b'{"value": Infinity}', b'{"value": -Infinity}', b'{"a": 1, "a": 1}',
    b'\xef\xbb\xbf', b'\xef\xbb\xbf\xef\xbb\xbf{}', b'{"a": "\xff"}', '{"a": 1}'.encode("utf-16"),
    b"[" * 100_000, b'{"a":' * 50_000,
])  # fmt: skip
def test_what_is_not_json_is_refused_as_such(raw: bytes | None) -> None:
    """One JSON value in UTF-8, without NaN, no field twice, not endlessly nested."""
    validated = validate("picu.lab.v1", raw)
    assert [(fault.reason, fault.path, fault.scope) for fault in validated.faults] == [("not-json", "", "event")]


@pytest.mark.proves("I2")
@pytest.mark.parametrize("raw", [b"null", b"[]", b"0", b'"x"', b"true", b"{}", b"[[[]]]"])
@pytest.mark.parametrize(
    "topic", ["picu.lab.v1", "picu.vital.v1", "picu.ventilator.v1", "picu.adt.v1", "picu.trial.v1"]
)
def test_json_that_is_no_event_does_not_fit_the_schema(topic: str, raw: bytes) -> None:
    """Any JSON value at all gets a reason, and what is no object has no place to point at."""
    fault = validate(topic, raw).faults[0]
    assert fault.reason == "schema"
    assert (fault.path == "") == (raw != b"{}")


@pytest.mark.proves("I2")
@pytest.mark.parametrize(("size", "reason"), [(MAX_EVENT_BYTES, None), (MAX_EVENT_BYTES + 1, "too-large")])
def test_a_message_over_1_mib_is_refused(size: int, reason: str | None) -> None:
    """Exactly 1 MiB passes; white space counts."""
    raw = written(LAB[1])
    found = [fault.reason for fault in validate(LAB[0], raw + b" " * (size - len(raw))).faults]
    assert found == ([reason] if reason else [])


@pytest.mark.proves("I2")
@pytest.mark.parametrize("number", ["1e9999999999999999999", "-1E+99999999999999999999999", "1e-9999999999999999999"])
def test_a_number_that_no_machine_holds_is_refused(number: str) -> None:
    """An exponent of twenty digits is valid JSON and must not stop the worker."""
    raw = written(LAB[1]).replace(b'"value":60', f'"value":{number}'.encode())
    assert [fault.scope for fault in validate(LAB[0], raw).faults] in (["event"], ["observation"])


# The schema. -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("event", "changes", "path"), [
    (LAB, {"observedAt": "x"}, "/observedAt"),
    (LAB, {"type": "admitted"}, "/type"),
    (LAB, {"support": "invasive"}, "/support"),
    (LAB, {"event_id": None}, "/event_id"),
    (LAB, {"source": None}, "/source"),
    (LAB, {"patient_id": None}, "/patient_id"),
    (LAB, {"stay_id": None}, "/stay_id"),
    (LAB, {"observed_at": None}, "/observed_at"),
    (LAB, {"observations": None}, "/observations"),
    (LAB, {"observations": []}, "/observations"),
    (LAB, {"observations": [obs("creatinine", 60, id=f"o{n}") for n in range(201)]}, "/observations"),
    (LAB, {"observations": [obs("creatinine", 60), {"value": 1}]}, "/observations/1/code"),
    (LAB, {"observations": [{"code": 2160, "value": 60}]}, "/observations/0/code"),
    (LAB, {"observations": [{"code": "2160-0", "unit": "mg/dL"}]}, "/observations/0/value"),
    (LAB, {"observations": [obs("creatinine", 60, name="x")]}, "/observations/0/name"),
    (LAB, {"specimen": 7}, "/specimen"),
    (LAB, {"observations": [obs("creatinine", 60, comparator=7)]}, "/observations/0/comparator"),
    (LAB, {"observations": [obs("creatinine", 60, system=" ")]}, "/observations/0/system"),
    (LAB, {"observations": [{"code": " ", "value": 60}]}, "/observations/0/code"),
    (LAB, {"status": "done"}, "/status"),
    (LAB, {"event_id": "a b"}, "/event_id"),
    (LAB, {"event_id": ""}, "/event_id"),
    (LAB, {"event_id": "x" * 129}, "/event_id"),
    (LAB, {"stay_id": "Müller"}, "/stay_id"),
    (LAB, {"source": 7}, "/source"),
    (LAB, {"observed_at": "2025-01-01T09:00:00"}, "/observed_at"),
    (LAB, {"observed_at": "2025-01-01 09:00:00+08:00"}, "/observed_at"),
    (LAB, {"observed_at": "2025-02-30T09:00:00+08:00"}, "/observed_at"),
    (LAB, {"observed_at": 1735693200}, "/observed_at"),
    (LAB, {"observed_at": "2025-01-01T24:00:00+08:00"}, "/observed_at"),
    (LAB, {"observed_at": "2025-01-01T09:00:00-00:00"}, "/observed_at"),
    (VENTILATOR, {"observations": [], "support": "unknown"}, "/observations"),
    (VENTILATOR, {"observations": None, "support": None, "control": "auto"}, "/observations"),
    (LAB, {"recorded_at": "2025-01-01"}, "/recorded_at"),
    (ADT, {"type": None}, "/type"),
    (ADT, {"type": "consent"}, "/type"),
    (ADT, {"type": "arrived"}, "/type"),
    (ADT, {"decision": "given"}, "/decision"),
    (ADT, {"birth_date": "2020-02-30"}, "/birth_date"),
    (ADT, {"birth_date": "20-02-03"}, "/birth_date"),
    (ADT, {"birth_date": "2020-2-3"}, "/birth_date"),
    (ADT, {"sex": "f"}, "/sex"),
    (ADT, {"id": "x"}, "/id"),
    (ADT, {"died": True}, "/died"),
    (ADT, {"occurred_at": None}, "/occurred_at"),
    (ADT, {"type": "discharged"}, "/destination"),
    (ADT, {"type": "discharged", "destination": "expired"}, "/destination"),
    (ADT, {"type": "moved", "birth_date": None, "sex": None}, "/unit"),
    (ADT, {"type": "sedation"}, "/state"),
    (ADT, {"type": "vital_status"}, "/alive"),
    (TRIAL, {"decision": None}, "/decision"),
    (TRIAL, {"decision": "maybe"}, "/decision"),
    (TRIAL, {"type": "treatment_started", "decision": None}, "/arm"),
    (TRIAL, {"type": "ards_assessed", "decision": None}, "/result"),
    (TRIAL, {"type": "data_collection", "decision": None, "complete": "yes"}, "/complete"),
])  # fmt: skip
def test_the_schemas_are_closed_and_name_the_place(
    event: tuple[str, dict[str, Any]], changes: dict[str, Any], path: str
) -> None:
    """A fault in a field is pointed at; an unknown field is a fault."""
    assert faults(event, **changes) == [("schema", path)]


@pytest.mark.parametrize("changes", [
    {"event_id": "x" * 128}, {"event_id": "aZ09._:/#-"}, {"observed_at": "2025-01-01T09:00Z"},
    {"observed_at": "2025-01-01T09:00:00.123456-11:30"}, {"recorded_at": "2025-01-01T09:00:00+05:45"},
    {"observations": [obs("creatinine", 60, id=f"o{n}") for n in range(200)]}, {"specimen": "venous"},
    {"status": "unknown", "observations": [{"code": "2160-0"}]},
])  # fmt: skip
def test_what_the_contract_allows_passes(changes: dict[str, Any]) -> None:
    """The limits themselves are allowed."""
    assert faults(LAB, **changes) == []


def test_a_pointer_escapes_what_a_pointer_has_to() -> None:
    """RFC 6901: ~0 and ~1; what is longer than 64 characters is no field's name and is cut."""
    assert faults(LAB, **{"a/b~c": 1}) == [("schema", "/a~1b~0c")]
    assert faults(LAB, **{"x" * 64: 1}) == [("schema", "/" + "x" * 64)]
    assert faults(LAB, **{"x" * 65: 1}) == [("schema", "/" + "x" * 64)]


def test_of_several_faults_the_first_is_named_and_an_unknown_field_is_called_one() -> None:
    """In the order of the schema; what is wrong with a known field is said in other words."""
    both = validate(LAB[0], written({**LAB[1], "event_id": "a b", "observedAt": "x"})).faults
    assert [fault.path for fault in both] == ["/event_id"]
    assert not both[0].message.startswith("unknown field")
    assert validate(LAB[0], written({**LAB[1], "observedAt": "x"})).faults[0].message.startswith("unknown field")


@pytest.mark.proves("T6")
@pytest.mark.parametrize(("moment", "reasons"), [
    ("0001-01-01T00:00:00Z", ["in-the-past"]),
    ("1970-01-01T00:00:00Z", ["in-the-past"]),
    ("1999-12-31T23:59:59.999999Z", ["in-the-past"]),
    ("2000-01-01T08:00:00+08:00", []),
    ("2200-01-01T00:00:00Z", []),
    ("2200-01-01T00:00:00.000001Z", ["in-the-future"]),
])  # fmt: skip
def test_t6_before_2000_and_after_2200_a_time_is_a_slip_whatever_the_clock(moment: str, reasons: list[str]) -> None:
    """Even where nothing else bounds it, as in a replay without an end."""
    raw = written({**LAB[1], "observed_at": moment})
    validated = Validator(SHIPPED).validate(InputRecord(LAB[0], 0, 0, None, raw))
    assert [fault.reason for fault in validated.faults] == reasons


# The rest of the event. --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "reason"), [(None, None), (b"S", None), (b"T", "key-mismatch"), (b"\xff", "key-mismatch")]
)
def test_the_key_must_be_the_stay(key: bytes | None, reason: str | None) -> None:
    """A record without a key is keyed by its stay, one with another key is refused."""
    found = [(fault.reason, fault.path) for fault in validate(LAB[0], written(LAB[1]), key).faults]
    assert found == ([(reason, "/stay_id")] if reason else [])


@pytest.mark.parametrize("status", ["amended", "corrected", "cancelled", "entered-in-error"])
def test_a_later_version_must_say_when_it_was_filed(status: str) -> None:
    """By the event's status or by that of one observation."""
    assert faults(LAB, status=status) == [("recorded-at-missing", "/recorded_at")]
    assert faults(LAB, observations=[obs("creatinine", 60, status=status)]) == [("recorded-at-missing", "/recorded_at")]
    assert faults(LAB, status=status, recorded_at="2025-01-01T10:00:00+08:00") == []


@pytest.mark.parametrize("status", ["registered", "preliminary", "final", "unknown"])
def test_a_first_version_need_not(status: str) -> None:
    """The other four speak of no earlier version."""
    assert faults(LAB, status=status) == []


@pytest.mark.parametrize("observations", [
    [obs("creatinine", 60), obs("creatinine", 70)],
    [obs("creatinine", 60, id="a"), obs("platelets", 70, id="a")],
    [obs("creatinine", 60), obs("platelets", 70, id="e1#creatinine")],
])  # fmt: skip
def test_the_same_observation_twice_refuses_the_event(observations: list[dict[str, Any]]) -> None:
    """By a given id or by the default one; with ids of their own two of one code are fine."""
    assert faults(LAB, observations=observations) == [("duplicate-observation", "/observations/1/id")]
    apart = [{**one, "id": f"x{place}"} for place, one in enumerate(observations)]
    assert faults(LAB, observations=apart) == []


@pytest.mark.proves("V1")
@pytest.mark.parametrize(("said", "reason", "part"), [
    (obs("creatinine", 60, None), "unit-missing", "unit"),
    ({**obs("creatinine", 60, None), "unit": ""}, "unit-missing", "unit"),
    (obs("creatinine", 60, "furlong"), "unit-unknown", "unit"),
    (obs("creatinine", 60, "mm[Hg]"), "unit-mismatch", "unit"),
    (obs("creatinine", 4421), "implausible", "value"),
    (obs("creatinine", "1e999999"), "implausible", "value"),
    (obs("fio2", 15, None), "implausible", "value"),
])  # fmt: skip
def test_an_unusable_observation_is_refused_alone(said: dict[str, Any], reason: str, part: str) -> None:
    """The rest of its event is used."""
    ward = Stay().admitted("day 1 08:00").lab("day 1 09:00", obs("platelets", 60), said).discharged("day 2 08:00")
    letter = ward.dead_letters[0]
    assert (letter["reason"], letter["scope"], letter["path"]) == (reason, "observation", f"/observations/1/{part}")
    assert ward.organ(1, "haematologic")["basis"] == "measured"


@pytest.mark.proves("V1", "I2")
def test_every_observation_is_evaluated_whatever_stands_before_it() -> None:
    """Unmapped codes are counted, what states nothing is passed over, and the bad one behind them is found."""
    said = [
        {"code": "2951-2", "value": 1, "unit": "x"}, {"code": "6301-6", "value": 1, "unit": "x"},
        obs("creatinine", 4421, status="registered"), obs("platelets", 2001),
    ]  # fmt: skip
    validated = validate(LAB[0], written({**LAB[1], "observations": said}))
    assert validated.ignored == ("2951-2", "6301-6")
    assert [fault.path for fault in validated.faults] == ["/observations/3/value"]


@pytest.mark.proves("V1")
@pytest.mark.parametrize("status", ["registered", "unknown", "cancelled", "entered-in-error"])
def test_a_value_that_does_not_count_is_not_checked(status: str) -> None:
    """A withdrawn 4421 needs no dead letter."""
    assert (
        faults(LAB, observations=[obs("creatinine", 4421)], status=status, recorded_at="2025-01-01T10:00:00+08:00")
        == []
    )


@pytest.mark.proves("I2")
def test_a_dead_letter_holds_what_it_takes_to_fix_and_send_again() -> None:
    """The place it came from, the original bytes, when it was first seen."""
    raw = b'{"not": "an event"}'
    engine = Engine(SHIPPED)
    output = engine.process(engine.read([InputRecord("picu.lab.v1", 3, 41, b"S-1", raw)], NOW), NOW).outputs[0]
    letter = json.loads(output.value)
    assert (output.topic, output.key) == (DEAD_LETTER, b"S-1")
    assert base64.b64decode(letter["payload"]) == raw
    assert (letter["topic"], letter["partition"], letter["offset"], letter["key"]) == ("picu.lab.v1", 3, 41, "S-1")
    assert (at(letter["first_seen_at"]), letter["resubmitted"]) == (NOW, False)
    assert letter["message"]


@pytest.mark.proves("I2", "I3")
def test_every_fault_of_an_event_has_its_own_dead_letter() -> None:
    """Two bad observations at one offset: two dead letters with two ids."""
    bad = Stay().lab("day 1 09:00", obs("creatinine", 4421), obs("platelets", 60, "furlong")).dead_letters
    assert [(letter["reason"], letter["path"]) for letter in bad] == [
        ("implausible", "/observations/0/value"), ("unit-unknown", "/observations/1/unit"),
    ]  # fmt: skip
    assert len({letter["event_id"] for letter in bad}) == 2
