"""Which events are refused as a whole: the closed schemas of docs/topics.md, written down once more."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from .ages import possible_births
from .protocol import moment
from .written import is_number, is_text

Check = Callable[[Any], bool]
Fields = dict[str, tuple[bool, Check]]
"""Field name to (required, what its value must be)."""

_ID = re.compile(r"[A-Za-z0-9._:/#-]{1,128}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")
_BIRTH = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")

WITHDRAWN = {"cancelled", "entered-in-error"}
VALUELESS = {"registered", "unknown"}
_LATER_VERSIONS = WITHDRAWN | {"amended", "corrected"}
_STATUSES = _LATER_VERSIONS | VALUELESS | {"preliminary", "final"}


def _is_id(value: Any) -> bool:
    return is_text(value) and _ID.fullmatch(value) is not None


def _is_time(value: Any) -> bool:
    if not is_text(value) or not _TIME.fullmatch(value):
        return False
    try:
        moment(value)
    except (ValueError, OverflowError):
        return False
    return True


def _is_birth_date(value: Any) -> bool:
    if not is_text(value) or not _BIRTH.fullmatch(value):
        return False
    try:
        return bool(possible_births(value))
    except (ValueError, OverflowError):
        return False


def _is_word(value: Any) -> bool:
    return is_text(value) and value != ""


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


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
    "code": (True, _is_word),
    "system": (False, _is_word),
    "value": (False, is_number),
    "unit": (False, is_text),
    "id": (False, _is_id),
    "status": (False, _one_of(*_STATUSES)),
}
_MEASURED: Fields = {
    **_ENVELOPE,
    "observed_at": (True, _is_time),
    "observations": (True, lambda value: isinstance(value, list) and 1 <= len(value) <= 200),
}
_MEASURING: dict[str, Fields] = {
    "picu.vital.v1": _MEASURED,
    "picu.lab.v1": {
        **_MEASURED,
        "specimen": (False, _one_of("arterial", "venous", "capillary", "mixed-venous", "unknown")),
    },
    "picu.ventilator.v1": {
        **_MEASURED,
        "support": (False, _one_of("invasive", "non-invasive", "high-flow", "oxygen", "room-air", "unknown")),
        "mode": (False, is_text),
        "control": (False, _one_of("pressure", "volume", "oscillation", "unknown")),
    },
}
_MANY: Fields = {"id": (False, _is_id)}
_FACTS: dict[str, dict[str, Fields]] = {
    "picu.adt.v1": {
        "admitted": {
            "birth_date": (False, _is_birth_date),
            "sex": (False, _one_of("female", "male", "other", "unknown")),
            "unit": (False, is_text),
        },
        "discharged": {"destination": (True, _one_of("ward", "home", "other-icu", "other-hospital", "unknown"))},
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


def accepts(topic: str, value: Any, clock: datetime | None = None) -> bool:
    """Whether an event passes the door (docs/topics.md); with `clock`, also that no time in it lies after it (T6)."""
    if not isinstance(value, dict):
        return False
    if topic in _MEASURING:
        sound = _fits(value, _MEASURING[topic]) and _observations_fit(value)
    else:
        types = _FACTS.get(topic, {})
        fields = types.get(value["type"]) if is_text(value.get("type")) else None
        fact = {**_ENVELOPE, "type": (True, is_text), "occurred_at": (True, _is_time)}
        sound = fields is not None and _fits(value, {**fact, **fields})
    return sound and _filed_when_needed(value) and (clock is None or not _after(value, clock))


def _fits(value: Any, fields: Fields) -> bool:
    """Closed schema: every required field there, nothing unknown, everything of its kind."""
    if not isinstance(value, dict):
        return False
    complete = all(name in value for name, (required, _) in fields.items() if required)
    return complete and all(name in fields and fields[name][1](given) for name, given in value.items())


def _observations_fit(event: dict[str, Any]) -> bool:
    observations = event["observations"]
    if not all(_fits(one, _OBSERVATION) and _has_value(event, one) for one in observations):
        return False
    ids = [observation_id(event, one) for one in observations]
    return len(ids) == len(set(ids))


def _has_value(event: dict[str, Any], observation: dict[str, Any]) -> bool:
    return "value" in observation or observation_status(event, observation) in WITHDRAWN | VALUELESS


def _filed_when_needed(event: dict[str, Any]) -> bool:
    """`recorded_at` is required with a status that says "a later version", be it the event's or an observation's."""
    statuses = {event.get("status")} | {one.get("status") for one in event.get("observations", [])}
    return "recorded_at" in event or not statuses & _LATER_VERSIONS


def _after(event: dict[str, Any], clock: datetime) -> bool:
    times = ("recorded_at", "observed_at", "occurred_at", "onset_at")
    return any(moment(event[name]) > clock for name in times if name in event)


def observation_id(event: dict[str, Any], observation: dict[str, Any]) -> str:
    """The id given, or `<event_id>#<code>` (docs/topics.md)."""
    return observation.get("id") or f"{event['event_id']}#{observation['code']}"


def observation_status(event: dict[str, Any], observation: dict[str, Any]) -> str:
    """The observation's own status, else the event's, else `final` (docs/topics.md)."""
    return observation.get("status") or event.get("status") or "final"
