"""How a random history contradicts itself: versions of an event (docs/topics.md)."""

import copy
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .palette import NUDGES, amount, number
from .protocol import moment
from .quirks import TEXTS, UNKNOWN_WORDS, padded, quirky
from .schema import WITHDRAWN, observation_id
from .variables import variable_of

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
        if story.chance(0.5):
            _tie(story, version)
        return version
    if story.chance(0.15):
        _tie(story, version)
    else:
        _refile(story, version)
    if story.chance(0.35):
        _rename(story, version)
    for change in rng.sample(QUIRKS if story.quirks else CHANGES, rng.choice([1, 1, 2])):
        change(story, version)
    return version


def _refile(story: "Story", version: Body) -> None:
    """`recorded_at` after, at or before that of the version it follows; the status says that it is a later one."""
    filed = moment(version.get("recorded_at") or _clinical_time(version))
    gaps = [timedelta(hours=1), timedelta(hours=1), timedelta(days=1), timedelta(0), -timedelta(hours=2), *NUDGES[-2:]]
    version["recorded_at"] = story.text(filed + story.rng.choice(gaps))
    if story.chance(0.02 * story.quirks):  # the first moment that is not too early (T6)
        version["recorded_at"] = story.rng.choice(["2000-01-01T00:00:00Z", "1999-12-31T16:00-08:00"])
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
    if not version.get("observations") or story.chance(0.6):
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
            one["value"] = number(story.rng, value)
            one.pop("unit", None)
            one.pop("comparator", None)
            one.update({} if unit is None else {"unit": unit})
            quirky(story.rng, variable, one, story.quirks)
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
    "birth_date": ["2019-11-20", "2007-05", "1900-01-01"],
    "bed": TEXTS,
    "unit": TEXTS,
    "mode": TEXTS,
}


def _drop(story: "Story", version: Body) -> None:
    """One observation fewer: what is not repeated keeps its older version."""
    if len(version.get("observations", [])) > 1:
        version["observations"].pop(story.rng.randrange(len(version["observations"])))


def _recode(story: "Story", version: Body) -> None:
    """The same observation under an unmapped code, or under that of another variable."""
    for one in version.get("observations", []):
        if story.chance(0.3):
            one["id"] = observation_id(version, one)
            one["code"] = story.rng.choice(["2951-2", "2951-2", "777-3", "8867-4", "creatinine"])


def _tie(story: "Story", version: Body) -> None:
    """Filed at the very moment of what it follows, with another status: of the event, or of one observation."""
    later = ["amended", "corrected", "cancelled", "entered-in-error"] if "recorded_at" in version else []
    holder = version
    if version.get("observations") and story.chance(0.4):
        holder = story.rng.choice(version["observations"])
    holder["status"] = story.rng.choice(["registered", "unknown", "preliminary", "final", *later])
    if holder["status"] in WITHDRAWN and story.chance(0.5):
        version.pop("destination", None)


def _respell(story: "Story", version: Body) -> None:
    """The same code with blanks around it, or in a system of another name: the same observation."""
    for one in version.get("observations", []):
        name = story.rng.choice(["code", "system"])
        if name in one and story.chance(0.5):
            one[name] = padded(story.rng, one[name])


def _misword(story: "Story", version: Body) -> None:
    for name, words in UNKNOWN_WORDS.items():
        if name in version:
            version[name] = story.rng.choice(words)


def _without_readings(story: "Story", version: Body) -> None:
    """A ventilator event once more, with its words alone."""
    if version.get("support", "unknown") != "unknown" and version["support"] in FACT_FIELDS["support"]:
        version.pop("observations", None)


CHANGES = [_withdraw, _withdraw, _restore, _move, _move, _revalue, _revalue, _revalue, _drop, _recode]
QUIRKS = [*CHANGES, *CHANGES, _respell, _misword, _without_readings, _without_readings]
