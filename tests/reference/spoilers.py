"""Copies of sound events with one fault for which the whole event is refused (T6)."""

import copy
import random
from typing import Any

from .protocol import moment
from .quirks import padded
from .written import Event

Body = dict[str, Any]

LONG_AGO = ["1970-01-01T00:00:00Z", "1900-01-01T00:00:00+08:00", "1999-12-31T23:59:59.999Z", "0001-01-01T00:00:00Z"]
LONG_AGO += [
    "2000-01-01T07:59:59.999999+08:00",
    "1999-12-31T18:59-05:00",
    "1753-01-01T00:00:00Z",
    "1899-12-30T00:00Z",
    "0001-01-01T00:00:00+08:00",
]
"""What an empty date becomes on its way, and the last moments that are too early."""

NO_TIMES: list[Any] = [
    None,
    "2025-01-02T03:04:05",
    "2025-01-02T03:04:05-00:00",
    "2025-01-02T24:00:00Z",
    "2025-01-02T24:00Z",
    "",
]
NO_TIMES += ["2025-02-29T00:00:00Z", "2025-01-02", "20250102030405+0800", "2025-01-02T03:04-0000", 1735786800]
NO_WORDS: list[Any] = [None, 5, True, ["<"], {}]


def spoiled(rng: random.Random, event: Event) -> Event:
    """A copy of an event with a new id that must be refused."""
    topic, body = copy.deepcopy(event)
    body["event_id"] = f"spoiled-{rng.randrange(1000)}"
    kinds = SPOILERS + (SPOILERS_OF_OBSERVATIONS if body.get("observations") else [])
    kinds += {"picu.ventilator.v1": [_saying_nothing]}.get(topic, [])
    return rng.choice(kinds)(rng, topic, body)


def _time_name(body: Body) -> str:
    return "observed_at" if "observed_at" in body else "occurred_at"


def _without(rng: random.Random, topic: str, body: Body) -> Event:
    required = ["event_id", "source", "patient_id", "stay_id", "observed_at", "occurred_at", "type"]
    required += [] if topic == "picu.ventilator.v1" else ["observations"]
    del body[rng.choice([name for name in required if name in body])]
    return topic, body


def _with_unknown_field(rng: random.Random, topic: str, body: Body) -> Event:
    return topic, {**body, rng.choice(["observedAt", "name", "Status", "a/b", "a~b"]): "x"}


def _with_no_time(rng: random.Random, topic: str, body: Body) -> Event:
    name = rng.choice([_time_name(body), "recorded_at"])
    return topic, {**body, name: rng.choice(NO_TIMES if name != "recorded_at" else NO_TIMES[1:])}


def _long_ago(rng: random.Random, topic: str, body: Body) -> Event:
    """Now and then with a time that is too late besides, which goes first (T6)."""
    names = [_time_name(body), "recorded_at", *(["onset_at"] if body.get("type") == "ards_assessed" else [])]
    body[rng.choice(names)] = rng.choice(LONG_AGO)
    if rng.random() < 0.2:
        body[rng.choice(names)] = rng.choice(["2300-01-01T00:00:00Z", "9999-12-31T23:59:59-08:00", *LONG_AGO])
    if all(moment(body[name]).year > 1999 for name in names if name in body):
        body[names[0]] = LONG_AGO[0]
    return topic, body


def _with_bad_word(rng: random.Random, topic: str, body: Body) -> Event:
    changed = rng.choice([{"status": "done"}, {"stay_id": "S 1"}, {"stay_id": ""}, {"source": "x" * 129}])
    return topic, {**body, **changed}


def _not_filed(rng: random.Random, topic: str, body: Body) -> Event:
    body.pop("recorded_at", None)
    return topic, {**body, "status": rng.choice(["corrected", "amended", "cancelled", "entered-in-error"])}


def _wrong_fact(rng: random.Random, topic: str, body: Body) -> Event:
    """An event of the right envelope that states nothing, or what has no word."""
    if "type" not in body:
        return _with_no_time(rng, topic, body)
    kinds: list[Body] = [{"type": "transferred"}, {"type": "moved"}, {"type": "Admitted"}, {"birth_date": "20191120"}]
    body = {name: value for name, value in body.items() if name in ("event_id", "source", "patient_id", "stay_id")}
    fact = {**body, "type": "admitted", "occurred_at": "2025-01-02T03:04:05Z", **rng.choice(kinds)}
    return "picu.adt.v1", fact


def _of_another_kind(rng: random.Random, topic: str, body: Body) -> Event:
    """A list, an object, a number or a flag in the place of a required text: nothing in it is to be believed."""
    name = rng.choice([name for name in ("event_id", "source", "stay_id", "type", "destination") if name in body])
    return topic, {**body, name: rng.choice([[], {}, ["expired"], {"code": "expired"}, 5, True, None])}


def _twice_the_same(rng: random.Random, topic: str, body: Body) -> Event:
    """The second one with blanks around its code: it is the same observation."""
    again = dict(body["observations"][0])
    if "id" not in again and rng.random() < 0.5:
        again["code"] = padded(rng, again["code"])
    body["observations"].append(again)
    return topic, body


def _without_value(rng: random.Random, topic: str, body: Body) -> Event:
    one = rng.choice(body["observations"])
    one.pop("value", None)
    one["status"] = "final"
    return topic, body


def _with_wrong_kind(rng: random.Random, topic: str, body: Body) -> Event:
    """A word that is no string, a code that is a number, a list that is none."""
    names = {"picu.lab.v1": ["specimen"], "picu.ventilator.v1": ["support", "control"]}.get(topic, [])
    if names and rng.random() < 0.4:
        return topic, {**body, rng.choice(names): rng.choice(NO_WORDS)}
    one = rng.choice(body["observations"])
    wrong: list[Body] = [{"comparator": rng.choice(NO_WORDS)}, {"status": rng.choice(NO_WORDS)}]
    one.update(rng.choice([*wrong, *wrong, {"code": 8867}, {"code": " "}, {"flag": "H"}]))
    return topic, body


def _without_observations(rng: random.Random, topic: str, body: Body) -> Event:
    if topic == "picu.ventilator.v1":
        return _saying_nothing(rng, topic, body)
    body["observations"] = rng.choice([[], None, {}, [None]])
    return topic, body


def _saying_nothing(rng: random.Random, topic: str, body: Body) -> Event:
    """A ventilator event with neither an observation nor a word of the list that is not `unknown`."""
    kept = {name: value for name, value in body.items() if name not in ("observations", "support", "control")}
    words = {"support": rng.choice(["unknown", "ecmo", ""]), "control": rng.choice(["unknown", "PC"]), "mode": "PC-AC"}
    kept |= {name: word for name, word in words.items() if rng.random() < 0.5}
    return topic, kept | ({"observations": []} if rng.random() < 0.5 else {})


SPOILERS = [
    _without,
    _with_unknown_field,
    _with_no_time,
    _with_bad_word,
    _long_ago,
    _long_ago,
    _not_filed,
    _of_another_kind,
    _of_another_kind,
    _wrong_fact,
]
SPOILERS_OF_OBSERVATIONS = [_twice_the_same, _without_value, _with_wrong_kind, _without_observations]
