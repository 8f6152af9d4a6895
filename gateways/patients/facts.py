"""Facts of a stay for the ADT topic: what holds now, and the versions that lead there from what was sent before."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from picustream.gateways.patients.presence import Presence
from picustream.gateways.patients.stated import Spot, Stamp, moment, stamp
from picustream.models.envelope import Status

Content = dict[str, Any]
"""The fields of a fact but those of its envelope."""
_ONE_LATER = timedelta(milliseconds=1)
"""A version that replaces one which was filed later is filed so much after that."""


def facts_of(
    presence: Presence, born: Content, died: Stamp | None, id_of: Callable[..., str]
) -> Iterator[tuple[str, Content]]:
    """The facts that hold of a stay, each under its name within the stay, in a fixed order."""
    (start, first), *moves = presence.places
    yield "admitted", {"type": "admitted", "occurred_at": start, **born, **_where(first)}
    for at, spot in moves:
        id_ = id_of("moved", at)
        yield f"moved {at}", {"type": "moved", "occurred_at": at, "id": id_, **_where(spot)}
    if presence.end is not None and not presence.dies:
        yield (
            "discharged",
            {"type": "discharged", "occurred_at": presence.end, "destination": presence.destination},
        )
    if died is None or died < start:
        return
    if presence.end is None or presence.dies or died <= presence.end:
        yield "died", {"type": "died", "occurred_at": died}
    else:
        yield "death", {"type": "vital_status", "occurred_at": died, "id": id_of("death"), "alive": False}


def versions(
    sent: dict[str, Any], holds: dict[str, Content], filed: Stamp
) -> Iterator[tuple[str, Stamp, Status, Content]]:
    """What has to be sent so that these facts hold: name, filing time, status and content of each version."""
    for name, (before, status, content) in sent.items():
        if name not in holds and status != Status.ENTERED_IN_ERROR:
            yield name, _after(before, filed), Status.ENTERED_IN_ERROR, content
    for name, content in holds.items():
        if name not in sent:
            yield name, filed, Status.FINAL, content
        elif sent[name][1] == Status.ENTERED_IN_ERROR or sent[name][2] != content:
            yield name, _after(sent[name][0], filed), Status.CORRECTED, content


def withdrawal(content: Content) -> Content:
    """Of a fact that is withdrawn: which one it is."""
    return {name: content[name] for name in ("type", "occurred_at", "id") if name in content}


def _after(before: Stamp, filed: Stamp) -> Stamp:
    return filed if filed > before else stamp(moment(before) + _ONE_LATER)


def _where(spot: Spot) -> Content:
    return {name: text[:128] for name, text in (("unit", spot.unit), ("bed", spot.bed)) if text}
