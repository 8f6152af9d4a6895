"""How a random history contradicts itself: versions of an event (docs/topics.md), and events the door refuses."""

import copy
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .door import observation_id
from .palette import NUDGES, amount, number
from .protocol import moment
from .variables import variable_of
from .written import Event

if TYPE_CHECKING:
    from .generate import Story

Body = dict[str, Any]


def version_of(story: "Story", body: Body) -> Body:
    """Another version of an event: later, earlier or filed at the same moment, under the same id or a new one."""
    rng = story.rng
    version = copy.deepcopy(body)
    if story.chance(0.15):
        return version
    if story.chance(0.15):  # a conflicting duplicate: filed at the same moment, other content
        _revalue(story, version)
        return version
    _refile(story, version)
    if story.chance(0.35):
        _rename(story, version)
    for change in rng.sample(CHANGES, rng.choice([1, 1, 2])):
        change(story, version)
    return version


def _refile(story: "Story", version: Body) -> None:
    """`recorded_at` after, at or before that of the version it follows; the status says that it is a later one."""
    filed = moment(version.get("recorded_at") or _clinical_time(version))
    gaps = [timedelta(hours=1), timedelta(hours=1), timedelta(days=1), timedelta(0), -timedelta(hours=2), *NUDGES[-2:]]
    version["recorded_at"] = story.text(filed + story.rng.choice(gaps))
    version["status"] = story.rng.choice(["corrected", "amended", "final", "preliminary"])


def _clinical_time(body: Body) -> str:
    return body.get("observed_at") or body["occurred_at"]


def _rename(story: "Story", version: Body) -> None:
    """A new event that speaks of the same observations, or of the same fact."""
    for one in version.get("observations", []):
        one["id"] = observation_id(version, one)
    if version.get("type") in ("consent", "sedation", "vital_status"):
        version.setdefault("id", version["event_id"])
    story.numbers[version["source"]] += 1
    version["event_id"] = f"e{story.numbers[version['source']]}"


def _withdraw(story: "Story", version: Body) -> None:
    """All of it or one observation of it; a withdrawn observation may come without its value."""
    status = story.rng.choice(["entered-in-error", "cancelled", "registered", "unknown"])
    if "observations" not in version or story.chance(0.6):
        version["status"] = status
    else:
        one = story.rng.choice(version["observations"])
        one["status"] = status
        if story.chance(0.5):
            one.pop("value", None)


def _restore(story: "Story", version: Body) -> None:
    version["status"] = "corrected"
    for one in version.get("observations", []):
        one.pop("status", None)
        one.setdefault("value", 10)


def _move(story: "Story", version: Body) -> None:
    """To another moment: near, on another day, or outside the stay."""
    name = "observed_at" if "observed_at" in version else "occurred_at"
    moved = [story.near(moment(version[name])), story.time(), story.admitted - NUDGES[-2], story.ended + NUDGES[-2]]
    version[name] = story.text(story.rng.choice(moved))


def _revalue(story: "Story", version: Body) -> None:
    """Another value, or another state of affairs."""
    for one in version.get("observations", []):
        variable = variable_of(one, "arterial")
        if variable is not None and "value" in one:
            value, unit = amount(story.rng, variable)
            one["value"] = number(value)
            one.pop("unit", None)
            one.update({} if unit is None else {"unit": unit})
    for name, choices in FACT_FIELDS.items():
        if name in version:
            version[name] = story.rng.choice(choices)


FACT_FIELDS: dict[str, list[Any]] = {
    "alive": [True, False],
    "complete": [True, False],
    "state": ["on", "off"],
    "decision": ["given", "refused", "withdrawn"],
    "result": ["confirmed", "refuted"],
    "destination": ["ward", "other-icu"],
    "sex": ["female", "unknown"],
    "support": ["invasive", "room-air", "unknown"],
    "control": ["pressure", "volume"],
    "specimen": ["arterial", "venous", "unknown"],
}


def _drop(story: "Story", version: Body) -> None:
    """One observation fewer: what is not repeated keeps its older version."""
    if len(version.get("observations", [])) > 1:
        version["observations"].pop(story.rng.randrange(len(version["observations"])))


def _recode(story: "Story", version: Body) -> None:
    """The same observation under a code nobody asked for."""
    for one in version.get("observations", []):
        if story.chance(0.3):
            one["id"] = observation_id(version, one)
            one["code"] = "2951-2"


CHANGES = [_withdraw, _withdraw, _restore, _move, _move, _revalue, _revalue, _revalue, _drop, _recode]


def spoiled(rng: random.Random, event: Event) -> Event:
    """A copy of an event with a new id that the door must refuse."""
    topic, body = copy.deepcopy(event)
    body["event_id"] = f"spoiled-{rng.randrange(1000)}"
    return rng.choice(SPOILERS)(rng, topic, body)


def _without(rng: random.Random, topic: str, body: Body) -> Event:
    required = ["event_id", "source", "patient_id", "stay_id", "observed_at", "occurred_at", "observations", "type"]
    del body[rng.choice([name for name in required if name in body])]
    return topic, body


def _with_unknown_field(rng: random.Random, topic: str, body: Body) -> Event:
    return topic, {**body, rng.choice(["observedAt", "name", "Status"]): "x"}


def _with_naive_time(rng: random.Random, topic: str, body: Body) -> Event:
    name = "observed_at" if "observed_at" in body else "occurred_at"
    return topic, {**body, name: "2025-01-02T03:04:05"}


def _with_bad_word(rng: random.Random, topic: str, body: Body) -> Event:
    changed = rng.choice([{"status": "done"}, {"stay_id": "S 1"}, {"stay_id": ""}, {"source": "x" * 129}])
    return topic, {**body, **changed}


def _not_filed(rng: random.Random, topic: str, body: Body) -> Event:
    body.pop("recorded_at", None)
    return topic, {**body, "status": rng.choice(["corrected", "amended", "cancelled", "entered-in-error"])}


def _twice_the_same(rng: random.Random, topic: str, body: Body) -> Event:
    if "observations" not in body:
        return _with_unknown_field(rng, topic, body)
    body["observations"].append(dict(body["observations"][0]))
    return topic, body


def _value_as_text(rng: random.Random, topic: str, body: Body) -> Event:
    if "observations" not in body:
        return _with_naive_time(rng, topic, body)
    body["observations"][0]["value"] = "12"
    return topic, body


SPOILERS = [
    _without,
    _with_unknown_field,
    _with_naive_time,
    _with_bad_word,
    _not_filed,
    _twice_the_same,
    _value_as_text,
]
