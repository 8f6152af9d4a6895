"""Whom the identifiers of a message mean."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from picustream.gateways.patients.identity import Named, chosen, references
from picustream.gateways.patients.people import People
from picustream.gateways.site.config import Site
from picustream.gateways.site.pseudonyms import Pseudonyms
from picustream.gateways.statement import Identifier
from picustream.scoring.faults import Fault

_MOST = 4096
"""Sets of identifiers of which it is kept whom they name, for patients and for visits."""
_LONGEST = 500
"""Characters of a set that is kept."""


class _Names(NamedTuple):
    """Whom identifiers name: as the site's rules take them, and as a server calls a resource."""

    chosen: tuple[Named, ...]
    references: tuple[Named, ...]


class Who:
    """Patients and visits by their identifiers."""

    def __init__(self, site: Site, pseudonyms: Pseudonyms, people: People) -> None:
        self._rules = site.identity
        self._pseudonyms = pseudonyms
        self._people = people
        self._patients, self._visits = _kept(self._patient_names), _kept(self._visit_names)

    def patient(self, identifiers: Iterable[Identifier]) -> Named | Fault | None:
        """The patient, as the site's rules name it, else a server's reference to it."""
        return self._one(self._patients(tuple(identifiers)), "patient-ambiguous")

    def loser(self, identifiers: Iterable[Identifier]) -> Named | Fault | None:
        """The patient that a merge gives up: MRG-1 is read by the rules for PID-3."""
        return self.patient(replace(one, field="PID-3") if one.field == "MRG-1" else one for one in identifiers)

    def visit(self, identifiers: Iterable[Identifier]) -> Named | Fault | None:
        """The visit, likewise."""
        return self._one(self._visits(tuple(identifiers)), "visit-ambiguous")

    def patient_references(self, identifiers: Iterable[Identifier]) -> tuple[Named, ...]:
        """What a server calls the patient."""
        return self._patients(tuple(identifiers)).references

    def visit_references(self, identifiers: Iterable[Identifier]) -> tuple[Named, ...]:
        """What a server calls the visit."""
        return self._visits(tuple(identifiers)).references

    def _patient_names(self, given: tuple[Identifier, ...]) -> _Names:
        key = self._pseudonyms.patient
        return _Names(chosen(given, self._rules.patient, key), references(given, "Patient", key))

    def _visit_names(self, given: tuple[Identifier, ...]) -> _Names:
        key = self._visit_key
        return _Names(chosen(given, self._rules.visit, key), references(given, "Encounter", key))

    def _visit_key(self, authority: str, value: str) -> str:
        return self._pseudonyms.observation("visit", authority, value)

    def _one(self, names: _Names, reason: str) -> Named | Fault | None:
        """One of those that fit: where several do, the reference, which is one of a kind, if the rule takes it."""
        named, references = names
        found = [one for one in named if one in references] if len(named) > 1 else []
        found = found or list(named or references)
        if len(found) < 2:
            return found[0] if found else None
        known = set(self._people.cluster(found[0].key))
        if all(one.key in known for one in found):
            return found[0]
        advice = "several identifiers fit one rule of `identity`: name the authority, type or field that is meant"
        return Fault(reason, "", advice)


def _kept(names: Callable[[tuple[Identifier, ...]], _Names]) -> Callable[[tuple[Identifier, ...]], _Names]:
    """What identifiers name is kept in memory for the next message of the same patient, unless they are long: 2 us,
    where two digests under the key and the rules take 40."""
    kept = lru_cache(maxsize=_MOST)(names)

    def found(given: tuple[Identifier, ...]) -> _Names:
        size = sum([len(one.value) + len(one.authority) + len(one.kind) for one in given])
        return kept(given) if size + len(given) <= _LONGEST else names(given)

    return found
