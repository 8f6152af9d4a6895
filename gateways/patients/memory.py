"""What is forgotten, and when: time enters as a value."""

from datetime import datetime, timedelta
from typing import Any

from picustream.gateways.patients.stated import stamp
from picustream.gateways.state import State, Table

STAYS = timedelta(days=120)
"""After the last word on a visit with a stay that is over: follow-up ends 28 days after it."""
OTHERS = timedelta(days=45)
"""After the last word on a visit that never came into our unit, or on a patient without a visit."""
MERGES = timedelta(days=730)
"""After a merge."""


def forget(state: State, now: datetime) -> None:
    """Drop what is over. An open stay is never dropped, and neither is what leads to one."""
    visits, people, sent, beds = (state.table(name) for name in ("visits", "people", "sent", "beds"))
    gone = {key for key, row in visits.items() if _is_over(row, now)}
    _drop(visits, gone)
    _drop(sent, {key for key, row in sent.items() if row["at"] < stamp(now - STAYS)})
    for key, rows in list(beds.items()):
        if left := [row for row in rows if row[2] not in gone]:
            if left != rows:
                beds[key] = left
        else:
            del beds[key]
    for key, row in list(people.items()):
        if gone & set(row.get("visits", [])):
            people[key] = {**row, "visits": [visit for visit in row["visits"] if visit not in gone]}
    _drop_people(people, visits, now)


def _is_over(row: dict[str, Any], now: datetime) -> bool:
    stays = [stay for stay in row["stays"] if "start" in stay]
    if any(stay["end"] is None for stay in stays):
        return False
    last = max([row["last"], *(stay["end"] for stay in stays)])
    return bool(last < stamp(now - (STAYS if row["stays"] else OTHERS)))


def _drop_people(people: Table, visits: Table, now: datetime) -> None:
    """Identifiers that lead to nothing; a reference is kept as long as what it means."""
    kept = {key for key, row in people.items() if key in visits or _is_kept(row, now)}
    kept |= {row["to"] for row in people.values() if "to" in row and row["to"] in visits}
    kept |= {name for key in kept for name in people.get(key, {}).get("from", [])}
    kept |= {people[key]["to"] for key in kept if key in people and "to" in people[key]}
    kept |= {other for key in kept for other in people.get(key, {}).get("merges", {})}
    _drop(people, set(people) - kept)
    for key, row in list(people.items()):
        if (names := [name for name in row.get("from", []) if name in people]) != row.get("from", []):
            people[key] = {**row, "from": names}


def _is_kept(row: dict[str, Any], now: datetime) -> bool:
    merged = [said[0] for said in (one for many in row.get("merges", {}).values() for one in many)]
    return bool(
        row.get("visits")
        or row.get("since", "") >= stamp(now - OTHERS)
        or max(merged, default="") >= stamp(now - MERGES)
    )


def _drop(table: Table, keys: set[str]) -> None:
    for key in sorted(keys):
        del table[key]
