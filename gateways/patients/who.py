"""Whom the identifiers of a message mean."""

from collections.abc import Iterable
from dataclasses import replace

from picustream.gateways.patients.identity import Named, chosen, references
from picustream.gateways.patients.people import People
from picustream.gateways.site.config import Site
from picustream.gateways.site.pseudonyms import Pseudonyms
from picustream.gateways.statement import Identifier
from picustream.scoring.faults import Fault


class Who:
    """Patients and visits by their identifiers."""

    def __init__(self, site: Site, pseudonyms: Pseudonyms, people: People) -> None:
        self._rules = site.identity
        self._pseudonyms = pseudonyms
        self._people = people

    def patient(self, identifiers: Iterable[Identifier]) -> Named | Fault | None:
        """The patient, as the site's rules name it, else a server's reference to it."""
        given = tuple(identifiers)
        named = chosen(given, self._rules.patient, self._pseudonyms.patient)
        return self._one(named, self.patient_references(given), "patient-ambiguous")

    def loser(self, identifiers: Iterable[Identifier]) -> Named | Fault | None:
        """The patient that a merge gives up: MRG-1 is read by the rules for PID-3."""
        return self.patient(replace(one, field="PID-3") if one.field == "MRG-1" else one for one in identifiers)

    def visit(self, identifiers: Iterable[Identifier]) -> Named | Fault | None:
        """The visit, likewise."""
        given = tuple(identifiers)
        named = chosen(given, self._rules.visit, self._visit_key)
        return self._one(named, self.visit_references(given), "visit-ambiguous")

    def patient_references(self, identifiers: Iterable[Identifier]) -> tuple[Named, ...]:
        """What a server calls the patient."""
        return references(identifiers, "Patient", self._pseudonyms.patient)

    def visit_references(self, identifiers: Iterable[Identifier]) -> tuple[Named, ...]:
        """What a server calls the visit."""
        return references(identifiers, "Encounter", self._visit_key)

    def _visit_key(self, authority: str, value: str) -> str:
        return self._pseudonyms.observation("visit", authority, value)

    def _one(self, named: tuple[Named, ...], references: tuple[Named, ...], reason: str) -> Named | Fault | None:
        """One of those that fit: where several do, the reference, which is one of a kind, if the rule takes it."""
        found = [one for one in named if one in references] if len(named) > 1 else []
        found = found or list(named or references)
        if not found:
            return None
        known = set(self._people.cluster(found[0].key))
        if all(one.key in known for one in found):
            return found[0]
        advice = "several identifiers fit one rule of `identity`: name the authority, type or field that is meant"
        return Fault(reason, "", advice)
