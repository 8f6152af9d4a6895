"""The closed schemas of docs/topics.md, written down once more: what an event of each topic may hold."""

import re
from collections.abc import Callable
from typing import Any

from .ages import possible_births
from .protocol import moment
from .written import is_text

Check = Callable[[Any], bool]
Fields = dict[str, tuple[bool, Check]]
"""Field name to (required, what its value must be)."""

_ID = re.compile(r"[A-Za-z0-9._:/#-]{1,128}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|(?!-00:00)[+-]\d\d:\d\d)", re.ASCII)
"""No hour 24, and no `-00:00`, which says that the offset is unknown (docs/topics.md#what-all-messages-share)."""
_BIRTH = re.compile(r"\d{4}(-\d\d(-\d\d)?)?", re.ASCII)

WITHDRAWN = {"cancelled", "entered-in-error"}
VALUELESS = {"registered", "unknown"}
LATER_VERSIONS = WITHDRAWN | {"amended", "corrected"}
_STATUSES = LATER_VERSIONS | VALUELESS | {"preliminary", "final"}

WORDS = {
    "specimen": ("arterial", "venous", "capillary", "mixed-venous"),
    "support": ("invasive", "non-invasive", "high-flow", "oxygen", "room-air"),
    "control": ("pressure", "volume", "oscillation"),
}
"""The words of an event beside `unknown`, which is what any other word counts as."""


def word_of(event: dict[str, Any], name: str) -> str:
    """The event's `specimen`, `support` or `control`; `unknown` for none and for a word that nobody knows."""
    word = event.get(name)
    return word if word in WORDS[name] else "unknown"


def _is_id(value: Any) -> bool:
    return is_text(value) and _ID.fullmatch(value) is not None


def _is_time(value: Any) -> bool:
    if not is_text(value) or not _TIME.fullmatch(value):
        return False
    try:
        moment(value)
    except ValueError:
        return False
    return True


def _is_birth_date(value: Any) -> bool:
    if not is_text(value) or not _BIRTH.fullmatch(value):
        return False
    try:
        return bool(possible_births(value))
    except ValueError:  # no such month or day
        return False


def _is_name(value: Any) -> bool:
    return is_text(value) and value.strip() != ""


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _anything(_: Any) -> bool:
    return True


def _one_of(*words: str) -> Check:
    return lambda value: is_text(value) and value in words


_ENVELOPE: Fields = {
    "event_id": (True, _is_id),
    "source": (True, _is_id),
    "patient_id": (True, _is_id),
    "stay_id": (True, _is_id),
    "recorded_at": (False, _is_time),
    "status": (False, _one_of(*_STATUSES)),
}
_OBSERVATION: Fields = {
    "code": (True, _is_name),
    "system": (False, _is_name),
    "value": (False, _anything),  # what is no number costs its observation alone
    "comparator": (False, is_text),
    "unit": (False, is_text),
    "id": (False, _is_id),
    "status": (False, _one_of(*_STATUSES)),
}
_MEASURED: Fields = {
    **_ENVELOPE,
    "observed_at": (True, _is_time),
    "observations": (True, lambda value: isinstance(value, list) and 1 <= len(value) <= 200),
}
_STATES_SUPPORT: Fields = {
    **_MEASURED,
    "observations": (False, lambda value: isinstance(value, list) and len(value) <= 200),
    "support": (False, is_text),
    "mode": (False, is_text),
    "control": (False, is_text),
}
_MEASURING: dict[str, Fields] = {
    "picu.vital.v1": _MEASURED,
    "picu.lab.v1": {**_MEASURED, "specimen": (False, is_text)},
    "picu.ventilator.v1": _STATES_SUPPORT,
}
_MANY: Fields = {"id": (False, _is_id)}
_FACTS: dict[str, dict[str, Fields]] = {
    "picu.adt.v1": {
        "admitted": {
            "birth_date": (False, _is_birth_date),
            "sex": (False, _one_of("female", "male", "other", "unknown")),
            "unit": (False, is_text),
            "bed": (False, is_text),
        },
        "discharged": {"destination": (True, _one_of("ward", "home", "other-icu", "other-hospital", "unknown"))},
        "moved": {"unit": (False, is_text), "bed": (False, is_text), **_MANY},
        "died": {},
        "vital_status": {"alive": (True, _is_flag), **_MANY},
        "sedation": {"state": (True, _one_of("on", "off")), "intrinsic_alteration": (False, _is_flag), **_MANY},
    },
    "picu.trial.v1": {
        "consent": {"decision": (True, _one_of("given", "refused", "withdrawn")), **_MANY},
        "treatment_started": {"arm": (True, _one_of("trial", "control"))},
        "ards_assessed": {"result": (True, _one_of("confirmed", "refuted")), "onset_at": (False, _is_time)},
        "data_collection": {"complete": (True, _is_flag)},
    },
}
MANY_PER_STAY = {name for types in _FACTS.values() for name, fields in types.items() if "id" in fields}


def misfits(topic: str, value: Any) -> list[str]:
    """JSON pointers to what does not fit the schema of a topic; none for an event that does."""
    if not isinstance(value, dict):
        return [""]
    found = _measuring_misfits(topic, value) if topic in _MEASURING else _fact_misfits(topic, value)
    return found if "event_id" in value else [*found, ""]  # what has no id may be no event at all


def _measuring_misfits(topic: str, event: dict[str, Any]) -> list[str]:
    found = _misfits(event, _MEASURING[topic])
    observations = event.get("observations", [])
    if found or not (observations or event_states_support(event)):
        return found or ["/observations"]
    for place, one in enumerate(observations):
        at = f"/observations/{place}"
        wrong = _misfits(one, _OBSERVATION, at)
        found += wrong
        if not wrong and "value" not in one and observation_status(event, one) not in WITHDRAWN | VALUELESS:
            found.append(f"{at}/value")
    return found


def event_states_support(event: dict[str, Any]) -> bool:
    """Whether a ventilator event may go without observations: it states a known `support` or `control`."""
    return any(word_of(event, name) != "unknown" for name in ("support", "control"))


def _fact_misfits(topic: str, event: dict[str, Any]) -> list[str]:
    kind = event.get("type")
    fields = _FACTS[topic].get(kind) if is_text(kind) and topic in _FACTS else None
    if fields is None:
        return ["/type"]
    if event.get("status") in (*WITHDRAWN, *VALUELESS):  # what states nothing may leave out what it would have stated
        fields = {name: (False, check) for name, (_, check) in fields.items()}
    elif kind == "moved" and not event.keys() & {"unit", "bed"}:
        return ["", "/unit", "/bed"]
    return _misfits(event, {**_ENVELOPE, "type": (True, is_text), "occurred_at": (True, _is_time), **fields})


def _misfits(value: Any, fields: Fields, at: str = "") -> list[str]:
    """Closed schema: every required field there, nothing unknown, everything of its kind."""
    if not isinstance(value, dict):
        return [at]
    wrong = [name for name, (required, _) in fields.items() if required and name not in value]
    wrong += [name for name, given in value.items() if name not in fields or not fields[name][1](given)]
    return [f"{at}/{name.replace('~', '~0').replace('/', '~1')}" for name in wrong]


def observation_id(event: dict[str, Any], observation: dict[str, Any]) -> str:
    """The id given, or `<event_id>#<code>` with the trimmed code."""
    return observation.get("id") or f"{event['event_id']}#{observation['code'].strip()}"


def observation_status(event: dict[str, Any], observation: dict[str, Any]) -> str:
    """The observation's own status, else the event's, else `final`."""
    return observation.get("status") or event.get("status") or "final"
