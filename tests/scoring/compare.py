"""Compares the product's current records with the independent reference, field by field."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from picustream.models import text
from picustream.models.record import ALERT, DEAD_LETTERS
from picustream.scoring.outputs import Output
from picustream.scoring.rules import Rules

Key = tuple[Any, ...]
IGNORED = {"effective_at"}


def current(outputs: Iterable[Output]) -> dict[Key, dict[str, Any]]:
    """The last revision of every record that stands, by the reference's keys."""
    found: dict[Key, dict[str, Any]] = {}
    for output in outputs:
        if output.topic in (ALERT, *DEAD_LETTERS):
            continue
        record = text.parse(output.value)
        key = _key(record)
        if record["status"] == "entered-in-error":
            found.pop(key, None)
        else:
            found[key] = record
    return found


def assert_of_its_model(outputs: Iterable[Output], rules: Rules) -> None:
    """Whether each record is, byte for byte, what its topic's model writes of it."""
    for output in outputs:
        record = rules.kinds.models[output.topic].model_validate(text.parse(output.value))
        assert text.encode(record, rules.protocol.zone).encode() == output.value


def _key(record: dict[str, Any]) -> Key:
    stay = record["stay_id"]
    if record.get("score") == "MODS":
        return ("mods", stay, record["day"])
    if record.get("score") == "APPS":
        which = record["day"] if record["basis"] == "daily" else int(record["episode"])
        return ("apps", stay, record["basis"], which)
    if "milestone" in record:
        return ("outcome", stay, record["milestone"])
    return ("eligibility", stay) if "criteria" in record else ("stay", stay)


def _closed(record: dict[str, Any]) -> bool:
    """`final` or `amended`, as the way to it was; open is neither (I1)."""
    return record["status"] in ("final", "amended")


SPECIFIED_DETAILS = {
    "age-18-review",
    "birth-date-implausible",
    "birth-date-missing",
    "consent-not-recorded",
    "died-before-48h",
    "transfer-before-48h",
}
"""Words of a criterion's detail that the rules fix; the others are each reader's own."""


def differences(ours: Any, theirs: Any, path: str = "") -> list[str]:
    """Paths at which what the reference says is not what we say; fields it does not speak of are passed over."""
    if isinstance(theirs, dict):
        if not isinstance(ours, dict):
            return [f"{path}: {ours!r} is not {theirs!r}"]
        return [
            line
            for name, value in theirs.items()
            if name not in IGNORED
            and not (name == "detail" and "criterion" in theirs and value not in SPECIFIED_DETAILS)
            for line in differences(_closed(ours) if name == "closed" else ours.get(name), value, f"{path}/{name}")
        ]
    if isinstance(theirs, list | tuple):
        if isinstance(ours, list) and path.endswith("/inputs"):  # the event that says "room air" is our own addition
            ours = [one for one in ours if one["variable"] != "support"]
        if not isinstance(ours, list) or len(ours) != len(theirs):
            return [f"{path}: {ours!r} is not {theirs!r}"]
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [line for place, (one, other) in pairs for line in differences(one, other, f"{path}/{place}")]
    return [] if _same(ours, theirs) else [f"{path}: {ours!r} is not {theirs!r}"]


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, datetime) and isinstance(ours, str):
        return datetime.fromisoformat(ours) == theirs
    if (
        isinstance(theirs, Decimal | Fraction | int | float)
        and isinstance(ours, Decimal)
        and not isinstance(theirs, bool)
    ):
        return Fraction(ours) == Fraction(theirs)
    if hasattr(theirs, "isoformat") and not isinstance(theirs, datetime):
        return bool(ours == theirs.isoformat())
    return bool(ours == theirs)
