"""Visits: what was stated of each, the stays that follow from it, and what was sent of them.

A row has `patient`, `said` (the statements), `numbered`, `stays` and `last`, when it was last spoken of. The table
`sent` has what was made of each statement, so that it makes the same again.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from picustream.gateways.patients.answers import Learnt
from picustream.gateways.patients.beds import Beds, keys_of
from picustream.gateways.patients.course import Course, in_order
from picustream.gateways.patients.death import Death, death_of, fault_of
from picustream.gateways.patients.facts import Content
from picustream.gateways.patients.people import People
from picustream.gateways.patients.presence import Presence, presences
from picustream.gateways.patients.stated import Stamp, Stated, from_json
from picustream.gateways.patients.stays import Row, brought, changed, matched
from picustream.gateways.patients.units import Units
from picustream.gateways.site.config import Site
from picustream.gateways.site.pseudonyms import Pseudonyms
from picustream.gateways.state import State
from picustream.gateways.statement import Move
from picustream.scoring.faults import Fault

_MOVED = "an update names a place to which no admission and no transfer led: send that event (A01, A02)"
_REPEATED = (Move.UPDATE, Move.HISTORY)
"""What is said again and again while nothing changes."""


class Cause(NamedTuple):
    """What is taken into account."""

    name: str
    """The same for the same statement of the same message."""
    filed: Stamp
    received: Stamp
    said: Stated | None = None
    visit: str = ""
    """The key of its visit."""
    number: tuple[str, str] = ("", "")
    """Authority and value of the visit's own number, for the name of a stay that it opens."""
    numbered: bool = True
    """Whether the visit has a number; else it is known by its patient."""
    ours: bool = False
    """Whether by itself it speaks of our unit."""


class Visits:
    """All visits, by their keys."""

    def __init__(
        self, site: Site, pseudonyms: Pseudonyms, units: Units, people: People, beds: Beds, state: State
    ) -> None:
        self._site = site
        self._pseudonyms = pseudonyms
        self._units = units
        self._people = people
        self._beds = beds
        self._deaths = frozenset(word.strip().casefold() for word in site.deaths)
        self._rows = state.table("visits")
        self._sent = state.table("sent")

    def row(self, key: str) -> Row:
        """What is kept of a visit; empty where nothing is."""
        row: Row = self._rows.get(key, {})
        return row

    def stays(self, key: str) -> list[Row]:
        """The stays of a visit, in order of time, without those that were withdrawn."""
        stays = (stay for stay in self.row(key).get("stays", []) if "start" in stay)
        return sorted(stays, key=lambda stay: stay["start"])

    def has_stays(self, keys: Iterable[str]) -> bool:
        """Whether one of these visits was in our unit, or was said to be."""
        return any(self.row(key).get("stays") for key in keys)

    def drop(self, key: str, patient: str) -> None:
        """Nothing that was said of a visit holds: it is another patient's, and never was in our unit."""
        del self._rows[key]
        self._people.leave(patient, key)

    def visit_of(self, name: str) -> str | None:
        """The visit to which a statement was taken, where that was kept."""
        visit: str | None = self._sent.get(name, {}).get("visit")
        return visit

    def keep(self, key: str, patient: str, said: Stated, received: Stamp, numbered: bool) -> None:
        """A statement is of this visit. One that is read anew, by what is known now, takes the place of itself."""
        row = self.row(key)
        before = [from_json(one) for one in row.get("said", [])]
        others = [one for one in before if one.key != said.key]
        now = before if said in before else squeezed(in_order([*others, said]))
        self._rows[key] = {
            "patient": row.get("patient") or patient,
            "numbered": row.get("numbered", numbered),
            "said": [one.as_json() for one in now],
            "stays": row.get("stays", []),
            "last": max(received, row.get("last", received)),
        }
        self._people.visit(patient, key)

    def settle(self, patient: str, cause: Cause) -> Learnt:
        """Bring what was sent of a patient's stays in line with what was stated."""
        keys = self._people.cluster(patient)
        visits = [visit for visit in self._people.visits(keys) if visit in self._rows]
        said = in_order(from_json(one) for visit in visits for one in self.row(visit)["said"])
        courses = {visit: self._course(visit) for visit in visits}
        death = death_of(courses.values())
        facts: list[Content] = []
        opened: list[str] = []
        for visit, course in courses.items():
            new, beds = self._bring(visit, course, _born(said), death, cause, keys)
            facts += new
            opened += beds
        if facts or opened:
            names = (one for visit in visits for one in (visit, *self._people.row(visit).get("from", [])))
            opened += [*keys, *names]
        faults = tuple(self._faults(cause, courses, death, visits))
        used = any(self.row(visit)["stays"] for visit in visits) or cause.ours
        return Learnt(self._remember(cause, facts), faults, tuple(dict.fromkeys(opened)), used)

    def is_placed(self, key: str) -> bool:
        """Whether it is known where the patient of a visit was."""
        return any(said.keys() & {"spot", "history"} for said in self.row(key).get("said", []))

    def last_of(self, patient: str) -> str:
        """The visit that is meant where none is named: the last one, else what is known of the patient alone."""
        visits = self._people.visits(self._people.cluster(patient))
        numbered = [visit for visit in visits if self.row(visit).get("numbered")]
        return numbered[-1] if numbered else self._pseudonyms.observation("visit of", patient)

    def _course(self, visit: str) -> Course:
        row = self.row(visit)
        course = Course(self._units, self._deaths, one_visit=row["numbered"])
        for said in in_order(from_json(one) for one in row["said"]):
            course.take(said)
        return course

    def _bring(
        self, visit: str, course: Course, born: Content, death: Death, cause: Cause, keys: list[str]
    ) -> tuple[list[Content], list[str]]:
        """Facts that are missing, and the beds of stays that have changed."""
        row = self.row(visit)

        def new(presence: Presence, taken: set[str]) -> Row | None:
            if visit != cause.visit:
                return None
            name = self._pseudonyms.stay(*cause.number, presence.start)
            if name in taken:  # another stay, which began then at first
                name = self._pseudonyms.stay(*cause.number, f"{presence.start} {presence.opener}")
            return {"id": name, "patient": self._people.first(keys), "opener": presence.opener, "facts": {}}

        facts: list[Content] = []
        beds: list[str] = []
        stays: list[Row] = []
        for stay, presence in matched(row["stays"], presences(course.points, self._units, self._site), new):
            now, versions = brought(stay, presence, born, death.at, cause.filed, _ids(self._pseudonyms, stay["id"]))
            if changed(stay, presence):
                self._beds.occupy(visit, stay["id"], stay, now)
                beds += [visit, *keys_of(now)]
            facts += versions
            stays.append(now)
        if stays != row["stays"]:
            self._rows[visit] = {**row, "stays": stays}
        return facts, beds

    def _faults(self, cause: Cause, courses: dict[str, Course], death: Death, visits: list[str]) -> list[Fault]:
        if cause.said is None:
            return []
        starts = [stay["start"] for visit in visits for stay in self.stays(visit)]
        found = fault_of(cause.said, death, starts, self._units)
        faults = [found] if found is not None else []
        if any(cause.said.key in course.elsewhere for course in courses.values()):
            faults.append(Fault("moved-by-update", "", _MOVED))
        return [Fault(one.reason, cause.said.path, one.message) for one in faults]

    def _remember(self, cause: Cause, facts: list[Content]) -> tuple[Content, ...]:
        """All that was made of this statement, now and when it came before."""
        before = self._sent.get(cause.name, {})
        made = [*before.get("facts", []), *facts]
        if facts or (cause.said is not None and not cause.numbered):
            self._sent[cause.name] = {"visit": cause.visit, "facts": made, "at": cause.received}
        return tuple(made)


def squeezed(said: list[Stated]) -> list[Stated]:
    """Of three statements that say the same one after another, the middle one decides nothing."""
    return [
        one
        for index, one in enumerate(said)
        if one.move not in _REPEATED
        or not 0 < index < len(said) - 1
        or not said[index - 1].content == one.content == said[index + 1].content
    ]


def _born(said: list[Stated]) -> Content:
    """The last word on birth and sex."""
    known: Content = {}
    for one in said:
        known |= {name: word for name, word in (("birth_date", one.birth_date), ("sex", one.sex)) if word is not None}
    return known


def _ids(pseudonyms: Pseudonyms, stay: str) -> Any:
    return lambda *parts: pseudonyms.observation(stay, *parts)
