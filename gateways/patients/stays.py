"""The stays of a visit as they are kept: which is which after what was stated anew, and what was sent of them.

A stay has its pseudonyms `id` and `patient`, `opener` (the statement that opened it), `facts` (what was sent) and,
unless it is withdrawn, `start`, `end` and `places`.
"""

from collections.abc import Callable
from typing import Any

from picustream.gateways.patients.facts import Content, facts_of, versions, withdrawal
from picustream.gateways.patients.presence import Presence, row_of
from picustream.gateways.patients.stated import Stamp
from picustream.models.envelope import Status

Row = dict[str, Any]


def matched(
    kept: list[Row], found: list[Presence], new: Callable[[Presence, set[str]], Row | None]
) -> list[tuple[Row, Presence | None]]:
    """Each stay that is kept with what it is now: by what opened it, else in their order; and those that are new."""
    now = {stay["id"]: one for stay in kept for one in found if one.opener == stay["opener"]}
    taken = {one.opener for one in now.values()}
    loose = [one for one in found if one.opener not in taken]
    for stay in kept:
        if stay["id"] not in now and loose:
            now[stay["id"]] = loose.pop(0)
    pairs: list[tuple[Row, Presence | None]] = [(stay, now.get(stay["id"])) for stay in kept]
    for one in loose:
        if (row := new(one, {stay["id"] for stay, _ in pairs})) is not None:
            pairs.append((row, one))
    return pairs


def changed(stay: Row, presence: Presence | None) -> bool:
    """Whether a stay, or its beds, are others than they were."""
    now = row_of(presence) if presence is not None else {}
    return now != {name: stay[name] for name in ("start", "end", "places") if name in stay}


def brought(
    stay: Row, presence: Presence | None, born: Content, died: Stamp | None, filed: Stamp, id_of: Callable[..., str]
) -> tuple[Row, list[Content]]:
    """The stay as it is kept from now on, and the versions of facts that are still to be sent."""
    holds = dict(facts_of(presence, born, died, id_of)) if presence is not None else {}
    sent, new = dict(stay["facts"]), []
    for name, at, status, content in versions(sent, holds, filed):
        sent[name] = [at, status, content]
        fields = withdrawal(content) if status == Status.ENTERED_IN_ERROR else content
        envelope = {"patient_id": stay["patient"], "stay_id": stay["id"], "recorded_at": at, "status": str(status)}
        new.append({**fields, **envelope})
    place = row_of(presence) if presence is not None else {}
    return {"id": stay["id"], "patient": stay["patient"], "opener": stay["opener"], **place, "facts": sent}, new
