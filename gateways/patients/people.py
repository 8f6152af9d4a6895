"""Which identifiers mean one patient: references to a resource, and merges, which may be undone.

A row has `to` (the patient that a reference means), `from` (the references that mean it), `merges` with others,
`visits`, `since`, when it was first used, `number`, as which of all, and `links`, when a version was filed and all
merges that it states.
"""

from collections.abc import Iterable
from typing import Any

from picustream.gateways.patients.stated import Stamp
from picustream.gateways.state import Table

_TOGETHER = ("to", "from", "merges")
"""Of a row: without them it is a patient of one identifier."""


class People:
    """Identifiers of patients, by their keys."""

    def __init__(self, table: Table, marks: Table) -> None:
        self._table = table
        self._marks = marks

    def knows(self, key: str) -> bool:
        """Whether anything is kept under a key."""
        return key in self._table

    def row(self, key: str) -> dict[str, Any]:
        """What is kept; empty where nothing is."""
        row: dict[str, Any] = self._table.get(key, {})
        return row

    def means(self, key: str) -> str:
        """The patient, or visit, that a reference means; of any other key itself."""
        means: str = self.row(key).get("to", key)
        return means

    def use(self, key: str, at: Stamp) -> None:
        """A patient is spoken of."""
        if "number" not in self.row(key):
            self._marks["patients"] = number = self._marks.get("patients", 0) + 1
            self._set(key, since=at, number=number)

    def link(self, reference: str, to: str, at: Stamp) -> bool:
        """A reference means this patient from now on; whether that is new."""
        before = self.row(reference).get("to")
        if before == to or reference == to:
            return False
        if before is not None:
            self._set(before, **{"from": [one for one in self.row(before)["from"] if one != reference]})
        self._set(reference, to=to, since=self.row(reference).get("since", at))
        self._set(to, **{"from": sorted({*self.row(to).get("from", []), reference})})
        return True

    def merge(self, loser: str, survivor: str, filed: Stamp, message: str) -> bool:
        """Two mean one patient, or no longer, if this is the inverse of the merge before; whether that is new."""
        if loser == survivor:
            return False
        before = self.row(loser).get("merges", {}).get(survivor, [])
        if any(name == message for _, name, _ in before):
            return False
        for one, other in ((loser, survivor), (survivor, loser)):
            merges = self.row(one).get("merges", {})
            said = sorted([*merges.get(other, []), [filed, message, loser]])
            self._set(one, merges={**merges, other: _squeezed(said)})
        return True

    def relink(self, key: str, filed: Stamp, pairs: list[list[str]]) -> list[list[str]]:
        """All merges that the version of a resource states; those that it states no longer. An older version changes
        nothing."""
        before = self.row(key).get("links", ["", []])
        if before[0] > filed:
            return []
        if before != [filed, pairs]:
            self._set(key, links=[filed, pairs])
        return [pair for pair in before[1] if pair not in pairs]

    def is_linked(self, key: str, filed: Stamp, pair: list[str]) -> bool:
        """Whether a merge that the version of a resource states is one of its latest version, too."""
        latest = self.row(key).get("links", ["", []])
        return bool(latest[0] <= filed or pair in latest[1])

    def visit(self, key: str, visit: str) -> None:
        """A visit is of this patient."""
        visits = self.row(key).get("visits", [])
        if visit not in visits:
            self._set(key, visits=[*visits, visit])

    def leave(self, key: str, visit: str) -> None:
        """A visit is not of this patient."""
        self._set(key, visits=[one for one in self.row(key).get("visits", []) if one != visit])

    def cluster(self, key: str) -> list[str]:
        """All keys that mean the same patient as this one, itself included."""
        if self.row(key).keys().isdisjoint(_TOGETHER):
            return [key]
        found, ahead = {key}, [key]
        while ahead:
            row = self.row(ahead.pop())
            near = {*row.get("from", []), *(other for other, said in row.get("merges", {}).items() if _merged(said))}
            if "to" in row:
                near.add(row["to"])
            ahead += near - found
            found |= near
        return sorted(found)

    def visits(self, keys: Iterable[str]) -> list[str]:
        """All their visits, in the order in which they were spoken of first."""
        return list(dict.fromkeys(visit for key in keys for visit in self.row(key).get("visits", [])))

    def first(self, keys: Iterable[str]) -> str:
        """The patient that was spoken of first; a reference only where it means nobody."""
        last = self._marks.get("patients", 0) + 1
        return min(keys, key=lambda key: ("to" in self.row(key), self.row(key).get("number", last), key))

    def _set(self, key: str, **fields: Any) -> None:
        self._table[key] = {**self.row(key), **fields}


def _merged(said: list[list[str]]) -> bool:
    """A merge, and its inverse, which undoes it, in turn; one that is said again changes nothing."""
    turns = [loser for index, (_, _, loser) in enumerate(said) if index == 0 or said[index - 1][2] != loser]
    return len(turns) % 2 == 1


def _squeezed(said: list[list[str]]) -> list[list[str]]:
    """Of three that say the same one after another the middle one decides nothing."""
    return [
        one
        for index, one in enumerate(said)
        if not (0 < index < len(said) - 1 and said[index - 1][2] == one[2] == said[index + 1][2])
    ]
