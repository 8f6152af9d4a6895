"""Events that are well formed, and nasty in what they say: what the contract makes of each."""

from collections.abc import Callable
from typing import Any

from picustream.models.event import ADT, LAB, TRIAL, VENTILATOR, VITAL
from tests.hostile.events import Body, Ward, written
from tests.hostile.records import USED, Fates, fates
from tests.hostile.values import GOES_IN, SCHEMA, Kind, Made

PAST, FUTURE = fates("in-the-past"), fates("in-the-future")
CREATININE = {"code": "14682-9", "value": 90, "unit": "umol/L"}


def _partly(reason: str) -> Fates:
    return fates(f"{USED}+{reason}")


def _with(topic: str, change: Body | Callable[[Body], Body], expected: Fates) -> Kind:
    """A sound event with other fields; None takes a field away."""

    def kind(ward: Ward) -> Made:
        where, body = ward.sound(topic)
        changed = body | (change(body) if callable(change) else change)
        return Made(where, written({k: v for k, v in changed.items() if v is not None}), body["stay_id"], expected)

    return kind


def _observed(change: Body, expected: Fates, topic: str = LAB, **beside: Any) -> Kind:
    """A lab event of one creatinine, changed; None takes a field of it away."""
    one = {k: v for k, v in (CREATININE | change).items() if v is not None}
    return _with(topic, {"observations": [one], **beside}, expected)


def _valued(text: str) -> Kind:
    """A creatinine with something else in the place of its number."""

    def kind(ward: Ward) -> Made:
        topic, body = ward.sound(LAB)
        raw = written(body | {"observations": [CREATININE, CREATININE | {"id": "n", "value": "X"}]})
        return Made(topic, raw.replace(b'"X"', text.encode()), body["stay_id"], _partly("value-not-numeric"))

    return kind


def _admitted(change: Body, expected: Fates) -> Kind:
    fact = {"type": "admitted", "state": None, "intrinsic_alteration": None}
    return _with(ADT, fact | change, expected)


def _reused(ward: Ward) -> Made:
    """The id of another event, with other content."""
    topic, body = ward.sound(LAB)
    _, other = ward.rng.choice([one for one in ward.seen if one[0] == LAB])
    return Made(topic, written(body | {"event_id": other["event_id"], "source": other["source"]}), body["stay_id"],
                GOES_IN)  # fmt: skip


def _again(ward: Ward) -> Made:
    """The very same event as before."""
    topic, body = ward.rng.choice(ward.seen or [ward.sound()])
    return Made(topic, written(body), body["stay_id"], GOES_IN)


def _stranger(ward: Ward) -> Made:
    """A stay that nobody has admitted."""
    topic, body = ward.sound(stay=f"N-{ward.rng.randrange(3)}")
    return Made(topic, written(body), body["stay_id"], GOES_IN)


def _times(moment: str, expected: Fates) -> Kind:
    return _with(LAB, {"observed_at": moment, "recorded_at": None}, expected)


SEMANTICS: dict[str, Kind] = {
    "an event": _with(LAB, {}, GOES_IN),
    "an admission in 1970": _admitted({"occurred_at": "1970-01-01T00:00:00Z"}, PAST),
    "an admission in 1900": _admitted({"occurred_at": "1900-01-01T00:00:00+08:00"}, PAST),
    "the year 1": _times("0001-01-01T00:00:00Z", PAST),
    "a filing time in 1970": _with(VITAL, {"recorded_at": "1970-01-01T00:00:00Z"}, PAST),
    "the year 9999": _times("9999-12-31T23:59:59Z", FUTURE),
    "next year": _times("2027-03-02T10:00:00+08:00", FUTURE),
    "no offset": _times("2026-03-02T10:00:00", SCHEMA),
    "an unknown offset": _times("2026-03-02T10:00:00-00:00", SCHEMA),
    "the hour 24": _times("2026-03-02T24:00:00+08:00", SCHEMA),
    "less than": _with(LAB, {"observations": [{"code": "777-3", "value": 10, "comparator": "<", "unit": "10*9/L"}]},
                       GOES_IN),
    "a comparator that says nothing": _observed({"comparator": ">="}, GOES_IN),
    "a word for a comparator": _observed({"comparator": "about"}, _partly("word-unknown")),
    "a number for a comparator": _observed({"comparator": 5}, SCHEMA),
    "clotted": _valued('"clotted"'),
    "a null value": _valued("null"),
    "a list for a value": _valued('[1,{"a":[]}]'),
    "true for a value": _valued("true"),
    "no value there": _observed({"value": None}, SCHEMA),
    "no unit": _observed({"unit": None}, _partly("unit-missing")),
    "a furlong": _observed({"unit": "furlong"}, _partly("unit-unknown")),
    "a pressure": _observed({"unit": "mm[Hg]"}, _partly("unit-mismatch")),
    "implausible": _observed({"value": -5}, _partly("implausible")),
    "LN": _observed({"system": "LN"}, GOES_IN),
    "an OID": _observed({"system": "urn:oid:2.16.840.1.113883.6.1 "}, GOES_IN),
    "a system nobody knows": _observed({"system": "urn:lis"}, _partly("system-unknown")),
    "sodium": _observed({"code": "2951-2", "unit": "mmol/L"}, GOES_IN),
    "a code of its own": _observed({"code": "肌酐", "system": "urn:lis"}, GOES_IN),
    "a word for a specimen": _observed({}, _partly("word-unknown"), specimen="cord blood"),
    "ecmo": _with(VENTILATOR, {"support": "ecmo"}, _partly("word-unknown")),
    "a word for control": _with(VENTILATOR, {"control": "PRVC"}, _partly("word-unknown")),
    "a list for support": _with(VENTILATOR, {"support": ["invasive"]}, SCHEMA),
    "support alone": _with(VENTILATOR, {"observations": None, "support": "room-air", "control": None, "mode": None},
                           GOES_IN),
    "support and an empty list": _with(VENTILATOR, {"observations": [], "support": "oxygen"}, GOES_IN),
    "nothing at all": _with(VENTILATOR, {"observations": [], "support": "unknown", "control": None}, SCHEMA),
    "no observation": _with(LAB, {"observations": []}, SCHEMA),
    "201 observations": _with(LAB, {"observations": [CREATININE | {"id": f"o{n}"} for n in range(201)]}, SCHEMA),
    "the same id twice": _with(LAB, {"observations": [CREATININE, CREATININE]}, fates("duplicate-observation")),
    "a withdrawal of nothing": _with(LAB, {"status": "entered-in-error"}, GOES_IN),
    "a cancelled consent": _with(TRIAL, {"status": "cancelled"}, GOES_IN),
    "a correction without its time": _with(LAB, {"status": "corrected", "recorded_at": None},
                                           fates("recorded-at-missing")),
    "expired": _with(ADT, {"type": "discharged", "state": None, "destination": "expired"}, SCHEMA),
    "a type nobody knows": _with(ADT, {"type": "transferred", "state": None}, SCHEMA),
    "a move": _with(ADT, {"type": "moved", "state": None, "unit": "PICU", "bed": "7"}, GOES_IN),
    "a dummy birth date": _admitted({"birth_date": "1900-01-01", "occurred_at": "2026-03-02T08:00:00+08:00"}, GOES_IN),
    "an impossible birth date": _admitted({"birth_date": "2026-02-30", "occurred_at": "2026-03-02T08:00:00+08:00"},
                                          SCHEMA),
    "another patient": _with(LAB, {"patient_id": "HP-other"}, GOES_IN),
    "an id with blanks": _with(LAB, {"event_id": "a b"}, SCHEMA),
    "a name for a patient": _with(LAB, {"patient_id": "王小明"}, SCHEMA),
    "an id of 129": _with(LAB, {"source": "x" * 129}, SCHEMA),
    "a reused id": _reused,
    "the same again": _again,
    "a stay nobody admitted": _stranger,
}  # fmt: skip
"""By name."""
