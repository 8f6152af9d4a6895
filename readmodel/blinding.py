"""What the ward's read model has of a record: nothing of the trial, nor what it could be guessed from.

The topics that the ward may read hold the study day, the window and the trial event that made a revision. They are left
out here, before anything is written. So is every revision that changes nothing else, for its moment would show when
treatment started; therefore the ward counts revisions by itself, `w1`, `w2`, ... in place of `r1`, `r5`. And so is the
hash of the original bytes: of a body of which all but the study day is known, it would give the study day away.

Fields are named that may be there. One that a later version adds is left out until somebody names it.
"""

from typing import Any

from picustream.models import text
from picustream.readmodel.intake import NotARecord, digest
from picustream.scoring.presence.record import STAY
from picustream.scoring.scores.apps.record import APPS
from picustream.scoring.scores.mods.record import MODS
from picustream.scoring.scores.registry import MODELS

_COMMON = (
    "event_id", "stay_id", "patient_id", "status", "revision", "supersedes", "cause", "effective_at", "emitted_at",
    "protocol", "software", "caveats", "use",
)  # fmt: skip
_OWN = {
    MODS: ("score", "day", "window", "picu_day", "total", "range", "measured", "carried", "assumed", "components"),
    APPS: (
        "score", "basis", "day", "episode", "onset_at", "ards", "total", "components", "standard_settings",
    ),
    STAY: (
        "state", "unit", "bed", "bed_since", "admitted_at", "left_at", "end", "destination", "age", "sex",
    ),
}  # fmt: skip
SEEN = {topic: frozenset((*_COMMON, *own)) for topic, own in _OWN.items()}
"""The fields of each topic that the ward sees."""
_NUMBERED = frozenset({"event_id", "revision", "supersedes", "cause", "emitted_at", "protocol", "software"})
"""What may differ between two revisions that are one to the ward."""
_CAUSES = frozenset(
    {"observation", "admitted", "moved", "discharged", "died", "vital_status", "sedation", "time", "state-rebuilt"}
)
"""Reasons that come from what the ward itself sends, and from time."""
NOT_SHOWN = {"reason": "not-shown", "event_id": None}
"""In the place of any other cause."""


def seen_by_ward(topic: str, body: str) -> dict[str, Any]:
    """The fields of a record that the ward sees, causes of the trial taken out. Raises NotARecord."""
    try:
        fields = text.parse(body)
    except text.NotJson as error:
        raise NotARecord(str(error)) from None
    seen = {name: value for name, value in fields.items() if name in SEEN[topic]}
    if "cause" in seen:
        seen["cause"] = _cause(seen["cause"])
    return seen


def digest_of(seen: dict[str, Any]) -> str:
    """A digest of what the ward sees of a record: the same for two revisions that are one to it.

    `amended` after `final` is no change of its own: it may be all that shows of a change that the ward does not see.
    """
    compared = {name: value for name, value in seen.items() if name not in _NUMBERED}
    if compared.get("status") == "amended":
        compared["status"] = "final"
    return digest(text.encode(compared).encode())


def completed(topic: str, seen: dict[str, Any]) -> dict[str, Any]:
    """What the ward sees of a record as one of its topic: null in all that is left out."""
    empty = {name: None for name, field in MODELS[topic].model_fields.items() if field.is_required()}
    return empty | seen


def numbered(seen: dict[str, Any], record: str, revision: int) -> str:
    """The body of a revision with the ward's own count of revisions."""
    before = f"{record}/w{revision - 1}" if revision > 1 else None
    own = {"event_id": f"{record}/w{revision}", "revision": revision, "supersedes": before}
    return text.encode(seen | {name: value for name, value in own.items() if name in seen})


def _cause(cause: Any) -> Any:
    reason = cause.get("reason") if isinstance(cause, dict) else None
    kind = reason if isinstance(reason, str) else ""
    known = kind in _CAUSES or any(kind.startswith(f"{one}-") for one in _CAUSES)
    return {name: cause.get(name) for name in ("reason", "event_id")} if known else NOT_SHOWN
