"""Which patient and which stay is meant, and what becomes of the movements of patients.

Everything that is known is a function of what was stated, in the order of filing; what was sent of it is kept, so that
the next statement makes just the versions of facts that are still missing, and the same message always the same ones.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from picustream.gateways.patients.answers import Learnt, Stay, Waiting
from picustream.gateways.patients.beds import Beds, key_of
from picustream.gateways.patients.controls import Controls
from picustream.gateways.patients.identity import Named
from picustream.gateways.patients.memory import forget
from picustream.gateways.patients.people import People
from picustream.gateways.patients.places import nameless
from picustream.gateways.patients.stated import Stamp, Stated, spot_of, stamp, stated
from picustream.gateways.patients.stays import Row
from picustream.gateways.patients.units import Units
from picustream.gateways.patients.values import Values
from picustream.gateways.patients.visits import Cause, Visits
from picustream.gateways.patients.who import Who
from picustream.gateways.site.load import LoadedSite
from picustream.gateways.state import State
from picustream.gateways.statement import Identifier, Move, Movement, Statements, Subject
from picustream.scoring.faults import Fault

LEAD = timedelta(hours=24)
"""Values of so long before an admission go to its stay: no rule uses them, unless its time is corrected."""


class _Whom(NamedTuple):
    patient: Named | None
    visit: Named | None
    message: str
    received_at: datetime


class Patients:
    """The patients of a hospital, as far as messages state them."""

    def __init__(self, site: LoadedSite, state: State) -> None:
        self.state = state
        """All that is remembered."""
        self._marks = state.table("marks")
        self.values = Values(state.table("values"))
        """What was sent, for a sender that later states no more than a status."""
        self.controls = Controls(state.table("controls"))
        self._by_bed = site.site.identity.by_bed
        self._people = People(state.table("people"), self._marks)
        self._who = Who(site.site, site.pseudonyms, self._people)
        self._units = Units(site.site)
        self._beds = Beds(state.table("beds"))
        self._visits = Visits(site.site, site.pseudonyms, self._units, self._people, self._beds, state)

    def learn(self, statements: Statements, message: str, received_at: datetime) -> Learnt:
        """Take in who is meant, and where the patient is. The same again changes nothing and gives the same facts."""
        self._forget(received_at)
        if statements.unused or not (statements.movements or statements.same):
            return Learnt()
        given = statements.subject
        patient = self._who.patient((*given.patients, *_of(statements.same, "Patient")))
        visit = self._who.visit((*given.visits, *_of(statements.same, "Encounter")))
        if isinstance(patient, Fault) or isinstance(visit, Fault):
            return Learnt(faults=tuple(one for one in (patient, visit) if isinstance(one, Fault)))
        found = [self._unnamed(statements, stamp(received_at))]
        found += [self._link(statements.same, _Whom(patient, visit, message, received_at))]
        for stated_as in statements.movements:
            movement = nameless(stated_as, statements.private, self._units, stamp(received_at))
            found.append(self._relink(movement, _Whom(patient, visit, message, received_at)))
            found.append(self._take(movement, _Whom(patient, visit, message, received_at)))
        return _joined(found)

    def stay(self, subject: Subject, at: datetime) -> Stay | Waiting | Fault:
        """Whose a value of that time is: by visit, else by patient and time, else by bed and time."""
        patient, visit = self._who.patient(subject.patients), self._who.visit(subject.visits)
        if isinstance(patient, Fault):
            return patient
        if isinstance(visit, Fault):
            return visit
        if patient is None and visit is None:
            return self._in_bed(subject, at)
        own = self._people.means(visit.key) if visit is not None else ""
        named = self._people.means(patient.key) if patient is not None else ""
        keys = self._people.cluster(self._visits.row(own).get("patient") or named)
        waits = _keys(visit, patient)
        if named and named not in keys:
            return Waiting(waits)  # the visit is another patient's, unless the two are merged
        others = self._people.visits(keys)
        stays = [self._visits.stays(own), [stay for visit in others for stay in self._visits.stays(visit)]]
        found = _holding(stays, at) or _following(stays, at)
        if found is not None:
            return Stay(found["patient"], found["id"])
        known = any(self._visits.is_placed(visit) for visit in (own, *others))
        return Waiting(waits, elsewhere=known and not self._units.inside(spot_of(subject.place), stamp(at)))

    def _forget(self, now: datetime) -> None:
        """Once a day, by the time at which messages come."""
        day = stamp(now)[:10]
        if self._marks.get("forgotten", "") < day:
            self._marks["forgotten"] = day
            self.values.forget(now)
            self.controls.forget(now)
            forget(self.state, now)

    def _in_bed(self, subject: Subject, at: datetime) -> Stay | Waiting | Fault:
        spot = spot_of(subject.place)
        if not self._by_bed or spot is None or not spot.bed:
            advice = "it names no patient and no visit that the rules of `identity` take"
            return Fault("no-identity", "", f"{advice}; `by_bed` gives it to whoever lies in its bed")
        lying = self._beds.at(spot, at)
        if lying is None:
            return Fault("bed-change", "", "the bed changed hands within 15 minutes of the value")
        if len(lying) > 1:
            return Fault("bed-ambiguous", "", "two stays are in this bed: the discharge of one is missing")
        stays = {stay["id"]: stay for visit, _ in lying for stay in self._visits.stays(visit)}
        return Stay(stays[lying[0][1]]["patient"], lying[0][1]) if lying else Waiting((key_of(spot),))

    def _link(self, same: Sequence[Identifier], whom: _Whom) -> Learnt:
        """Other identifiers mean the patient, or the visit, that is named."""
        at = stamp(whom.received_at)
        opened = []
        for named, references in (
            (whom.patient, self._who.patient_references(_of(same, "Patient"))),
            (whom.visit, self._who.visit_references(_of(same, "Encounter"))),
        ):
            if named is not None:
                opened += [one.key for one in references if self._people.link(one.key, named.key, at)]
        if not opened:
            return Learnt()
        settled = Learnt()
        if whom.patient is not None:
            cause = Cause(f"{whom.message} same {whom.patient.key}", at, at)
            settled = self._visits.settle(self._people.means(whom.patient.key), cause)
        return _joined([Learnt(opened=tuple(opened)), settled])

    def _take(self, movement: Movement, whom: _Whom) -> Learnt:
        if movement.move is Move.MERGE:
            return self._merge(movement, whom)
        said = stated(movement, whom.message, whom.received_at)
        visit = self._people.means(whom.visit.key) if whom.visit is not None else ""
        patient = self._people.means(whom.patient.key) if whom.patient is not None else ""
        ours = self._is_ours(movement, whom.received_at)
        concerns = ours or self._visits.has_stays([visit] if visit else self._visits_of(patient))
        if isinstance(said, Fault):
            return Learnt(faults=(said,) if concerns else ())
        owner = self._visits.row(visit).get("patient", "")
        if not patient and not owner:
            fault = Fault("no-identity", said.path, "a movement names no patient that the rules of `identity` take")
            return Learnt(faults=(fault,) if concerns else ())
        if patient and owner and patient not in self._people.cluster(owner):
            if not self._visits.has_stays([visit]):
                self._visits.drop(visit, owner)
                return self._take(movement, whom)
            advice = "this visit is known as another patient's: a merge is missing, or a number is used twice"
            fault = Fault("visit-of-another", said.path, advice)
            return Learnt(waits=_keys(whom.visit, whom.patient), in_vain=(fault,))
        received = stamp(whom.received_at)
        name = f"{said.key} {patient or visit}"
        number = (whom.visit.authority, whom.visit.value) if whom.visit is not None else None
        visit = visit or self._visits.visit_of(name) or self._visits.last_of(patient)
        if number is None:
            assert whom.patient is not None  # without a visit there is a patient
            number = (whom.patient.authority, f"patient {whom.patient.value}")
        self._people.use(patient or owner, received)
        self._visits.keep(visit, owner or patient, said, received, whom.visit is not None)
        cause = Cause(name, said.filed, received, said, visit, number, whom.visit is not None, ours)
        return self._visits.settle(owner or patient, cause)

    def _unnamed(self, statements: Statements, at: Stamp) -> Learnt:
        """Places that may be of our unit: their names are not known yet."""
        unnamed = [one for movement in statements.movements for one in movement.unnamed]
        open_ = [one for one in unnamed if self._units.kind_of(spot_of(one.place), at) is None]
        advice = "its Location did not come, and by what the reference says it is in no unit that is known"
        return Learnt(
            waits=tuple(key for one in open_ for key in one.keys),
            in_vain=tuple(Fault("location-not-known", one.path, advice) for one in open_ if not one.is_said),
        )

    def _is_ours(self, movement: Movement, now: datetime) -> bool:
        at = stamp(movement.occurred_at if isinstance(movement.occurred_at, datetime) else now)
        places = (movement.place, movement.prior, *(part.place for part in movement.history))
        return any(self._units.inside(spot_of(place), at) for place in places)

    def _visits_of(self, patient: str) -> list[str]:
        return self._people.visits(self._people.cluster(patient))

    def _merge(self, movement: Movement, whom: _Whom) -> Learnt:
        said = stated(movement, whom.message, whom.received_at)
        loser = self._who.loser(movement.loser)
        if isinstance(said, Fault) or isinstance(loser, Fault):
            return Learnt(faults=(said if isinstance(said, Fault) else loser,))  # type: ignore[arg-type]
        if loser is None or whom.patient is None:
            advice = "the rules of `identity` take none of its identifiers"
            return Learnt(faults=(Fault("merge-incomplete", movement.path, advice),))
        survivor = whom.patient.key
        if (by := self._own(movement)) and not self._people.is_linked(by, said.filed, [survivor, loser.key]):
            return Learnt()
        return self._merged(loser.key, survivor, said, whom)

    def _relink(self, movement: Movement, whom: _Whom) -> Learnt:
        """A version of a Patient states all of its links: what it states no longer is undone."""
        if movement.move is Move.MERGE or not (by := self._own(movement)):
            return Learnt()
        said = stated(movement, whom.message, whom.received_at)
        named = [(self._who.patient(survivor), self._who.loser(loser)) for survivor, loser in movement.links]
        if isinstance(said, Fault):
            return Learnt()
        pairs = [[one.key, other.key] for one, other in named if isinstance(one, Named) and isinstance(other, Named)]
        gone = self._people.relink(by, said.filed, pairs)
        return _joined([self._merged(survivor, loser, said, whom) for survivor, loser in gone])

    def _own(self, movement: Movement) -> str:
        """The key of the Patient whose links are meant."""
        own = self._who.patient_references([movement.linked_by]) if movement.linked_by is not None else ()
        return own[0].key if own else ""

    def _merged(self, loser: str, survivor: str, said: Stated, whom: _Whom) -> Learnt:
        """Two mean one patient, or no longer, where it is the inverse."""
        if not self._people.merge(loser, survivor, said.filed, said.key):
            return Learnt()
        cause = Cause(f"{said.key} {survivor} {loser}", said.filed, stamp(whom.received_at))
        together = survivor in (keys := self._people.cluster(loser))
        settled = [self._visits.settle(key, cause) for key in ([survivor] if together else [survivor, loser])]
        return _joined([Learnt(opened=tuple(keys)), *settled])


def _holding(stays: Sequence[list[Row]], at: datetime) -> Row | None:
    """The stay during which it was: of two at their common end the one that began."""
    now = stamp(at)
    for some in stays:
        found = [stay for stay in some if stay["start"] <= now and (stay["end"] is None or now <= stay["end"])]
        if found:
            return max(found, key=lambda stay: (stay["start"], stay["id"]))
    return None


def _following(stays: Sequence[list[Row]], at: datetime) -> Row | None:
    """The stay that began soon after."""
    now, latest = stamp(at), stamp(at + LEAD)
    for some in stays:
        found = [stay for stay in some if now < stay["start"] <= latest]
        if found:
            return min(found, key=lambda stay: (stay["start"], stay["id"]))
    return None


def _keys(*named: Named | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.key for one in named if one is not None))


def _of(identifiers: Iterable[Identifier], resource: str) -> list[Identifier]:
    return [one for one in identifiers if one.field == resource]


def _joined(found: Sequence[Learnt]) -> Learnt:
    return Learnt(
        facts=tuple(fact for one in found for fact in one.facts),
        faults=tuple(fault for one in found for fault in one.faults),
        opened=tuple(dict.fromkeys(key for one in found for key in one.opened)),
        waits=tuple(dict.fromkeys(key for one in found for key in one.waits)),
        in_vain=tuple(fault for one in found for fault in one.in_vain),
        used=any(one.used for one in found),
    )
