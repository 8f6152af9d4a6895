"""Statements to events and letters: what a message states becomes what the topics carry, each value with one fate."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from picustream.gateways.drafts import Draft, Drafts, Unsent
from picustream.gateways.events import Events, Group, OutEvent, groups
from picustream.gateways.letters import Letter, is_shown, letter_of
from picustream.gateways.meaning import Meaning
from picustream.gateways.panels import Panels, Parts
from picustream.gateways.patients.answers import Stay, Waiting
from picustream.gateways.patients.patients import Patients
from picustream.gateways.private import NOTHING, together
from picustream.gateways.site.config import Source
from picustream.gateways.site.load import LoadedSite
from picustream.gateways.statement import Panel, Statements, Unreadable, Value
from picustream.gateways.tally import Tally
from picustream.gateways.ventilators import Ventilators
from picustream.scoring.faults import Fault
from picustream.scoring.rules import Rules

_WRONG_PATIENT = "wrong-patient"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a message is from."""

    source: Source
    message: str
    """Its id."""
    received_at: datetime


@dataclass(slots=True)
class Translation:
    """What a message makes."""

    events: list[OutEvent] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    tally: Tally = field(default_factory=lambda: Tally(messages=1))
    waits: tuple[str, ...] = ()
    """What some of it waits for: the message is done again, as a whole, when one of these is opened."""
    opened: tuple[str, ...] = ()
    """What it ends the wait for."""


class Translator:
    """Turns what messages state into events, with what is known of patients and of what was sent."""

    def __init__(self, site: LoadedSite, rules: Rules, patients: Patients) -> None:
        self._rules = rules
        self._patients = patients
        self._drafts = {
            source.name: Drafts(source, Meaning(site, source, rules.codemap), site.pseudonyms, patients.values)
            for source in site.site.source
        }
        self._panels = {
            source.name: Panels(source, site.pseudonyms, patients.state.table(f"panels {source.name}"))
            for source in site.site.source
        }

    def translate(self, statements: Sequence[Statements], origin: Origin, given_up: bool = False) -> Translation:
        """All that a message makes. `given_up`: what still has no stay waits no longer, and becomes letters."""
        drafts, panels = self._drafts[origin.source.name], self._panels[origin.source.name]
        return _Message(self._rules, self._patients, drafts, panels, origin, given_up).translated(statements)


def unreadable(error: Unreadable, origin: Origin) -> Translation:
    """What a message makes that cannot be read: one letter, by which all of its values are accounted for."""
    found = Translation(letters=[letter_of(error.fault, origin.source.name, origin.received_at, origin.message)])
    found.tally.seen = error.values
    if error.values:
        found.tally.letters[error.fault.reason] = error.values
    return found


class _Message:
    """One message on its way."""

    def __init__(
        self, rules: Rules, patients: Patients, drafts: Drafts, panels: Panels, origin: Origin, given_up: bool
    ) -> None:
        self._patients = patients
        self._drafts = drafts
        self._panels = panels
        self._origin = origin
        self._given_up = given_up
        self._events = Events(rules, origin.source.name, origin.message)
        self._ventilators = Ventilators(origin.source, patients.controls, origin.received_at)
        self._found = Translation()
        self._waits: dict[str, None] = {}
        self._stays: dict[tuple[int, datetime], Stay | Waiting | Fault] = {}
        self._beside: list[tuple[Stay, Draft]] = []
        """Observations that are sent besides those of the message's own values."""
        self._private = NOTHING

    def translated(self, statements: Sequence[Statements]) -> Translation:
        self._private = together(stated.private for stated in statements)
        for number, stated in enumerate(statements, 1):
            self._learn(stated, number)
        placed = [one for stated, first in _numbered(statements) for one in self._values(stated, first)]
        placed = list(self._without_repeats(placed))
        self._ventilators.take(placed)
        for group in groups(placed):
            self._send(group)
        for group in groups([one for one in self._beside if one[1].fields or one[1].filing.stated]):
            self._add(self._events.of_group(group))
        for event in self._ventilators.restated(self._events):
            self._add(event)
        self._found.waits = tuple(self._waits)
        self._found.tally.events = len(self._found.events)
        return self._found

    def _learn(self, stated: Statements, number: int) -> None:
        tally = self._found.tally
        tally.warnings.update(stated.warnings)
        if stated.unused:
            tally.unused[f"{self._shown('kind', stated.kind)}: {stated.unused}"] += 1
        learnt = self._patients.learn(stated, self._origin.message, self._origin.received_at)
        self._found.opened = (*self._found.opened, *stated.opens, *learnt.opened)
        if not self._given_up:
            self._waits |= dict.fromkeys(learnt.waits)
        if stated.movements and not stated.unused:
            kind = self._shown("kind", stated.kind)
            (tally.used if learnt.used else tally.unused)[kind] += 1
        for fault in (*stated.faults, *learnt.faults, *(learnt.in_vain if self._given_up else ())):
            self._letter(fault)
        for fact in learnt.facts:
            self._add(self._events.of_fact(fact, number))

    def _add(self, event: OutEvent | Fault) -> None:
        if isinstance(event, Fault):
            self._letter(event)
        else:
            self._found.events.append(event)

    def _values(self, stated: Statements, first: int) -> Iterator[tuple[Stay, Draft]]:
        tally, parts = self._found.tally, Parts(first)
        for number, value in enumerate(stated.values, first):
            tally.seen += 1
            if stated.unused:
                tally.ignored[f"{self._code(value)}: {stated.unused}"] += 1
                continue
            if not self._given_up and (identity := self._drafts.identity_undecided(value)) is not None:
                parts.held[identity] = None
                self._wait(value.awaits)
                continue
            draft = self._drafts.draft(value, number)
            if isinstance(draft, Fault):
                self._refuse(value, draft)
                self._hide(stated, value, number, parts)
            elif draft is Unsent.EMPTY:
                tally.empty += 1
            elif draft is Unsent.IGNORED:
                tally.ignored[self._code(value)] += 1
            elif draft is Unsent.NOT_KNOWN:
                tally.ignored[self._code(value)] += 1
                self._hide(stated, value, number, parts)
            else:
                assert isinstance(draft, Draft)
                stay = self._stay(stated, draft)
                parts.add(draft, stay)
                if isinstance(stay, Stay):
                    yield stay, draft
        if stated.panel is not None:
            self._drop(stated.panel, parts)

    def _hide(self, stated: Statements, value: Value, number: int, parts: Parts) -> None:
        draft = self._drafts.hiding(value, number)
        stay = self._whose(stated, draft) if draft is not None else None
        if draft is not None and isinstance(stay, Stay):
            parts.add(draft, stay)
            self._send_beside([(stay, draft), *self._keep(stay, draft)])

    def _drop(self, panel: Panel, parts: Parts) -> None:
        """What was a part of it in one version, and is none in the next."""
        dropped = self._panels.take(panel, parts, self._origin.received_at)
        if isinstance(dropped, Fault):
            self._letter(dropped, panel.path)
            return
        for stay, draft in dropped:
            self._send_beside([(stay, draft), *self._keep(stay, draft)])

    def _send_beside(self, placed: list[tuple[Stay, Draft]]) -> None:
        self._beside += placed
        self._ventilators.take(placed)

    def _stay(self, stated: Statements, draft: Draft) -> Stay | Waiting | None:
        """Whose it is; None where that is a letter, or it waited in vain."""
        stay = self._whose(stated, draft)
        if isinstance(stay, Stay):
            return stay
        if isinstance(stay, Fault):
            self._refuse(draft.value, stay)
        elif not self._given_up:
            self._wait(stay.keys)
            return stay
        else:
            self._give_up(draft.value, stay)
        return None

    def _wait(self, keys: Iterable[str]) -> None:
        self._waits |= dict.fromkeys(keys)
        self._found.tally.waiting += 1

    def _whose(self, stated: Statements, draft: Draft) -> Stay | Waiting | Fault:
        """Whose a value is: that is one question for all values of a patient and a time."""
        question = id(stated), draft.filing.observed_at
        if question not in self._stays:
            self._stays[question] = self._patients.stay(stated.subject, draft.filing.observed_at)
        return self._stays[question]

    def _give_up(self, value: Value, waiting: Waiting) -> None:
        if waiting.elsewhere:
            self._found.tally.ignored[f"{self._code(value)}: elsewhere"] += 1
        else:
            self._refuse(value, Fault("no-stay", value.path, "no stay of its patient is known for its time"))

    def _without_repeats(self, placed: list[tuple[Stay, Draft]]) -> Iterator[tuple[Stay, Draft]]:
        """Without what the message has twice; where the two differ nobody knows which is meant."""
        versions: dict[object, list[tuple[Stay, Draft]]] = defaultdict(list)
        for stay, draft in placed:
            versions[stay.stay_id, draft.version].append((stay, draft))
        for same in versions.values():
            first = same[0][1]
            if all(one.fields == first.fields and one.filing == first.filing for _, one in same):
                yield same[0]
                for _, repeat in same[1:]:
                    self._found.tally.ignored[f"{self._code(repeat.value)}: repeated"] += 1
                continue
            for stay, one in same:
                self._ventilators.doubt(stay, one)
                fault = Fault("duplicate-value", one.value.path, "the same observation twice, with different content")
                self._refuse(one.value, fault)

    def _send(self, group: Group) -> None:
        event = self._events.of_group(group, self._ventilators.beside)
        drafts = [*([group.mode] if group.mode else []), *group.drafts]
        if isinstance(event, Fault):
            for draft in drafts:
                self._refuse(draft.value, event)
            return
        for draft in drafts:
            self._send_beside(self._keep(group.stay, draft))
            self._found.tally.sent += 1
            if draft.value.note == _WRONG_PATIENT:
                self._letter(Fault(_WRONG_PATIENT, draft.value.path, "withdrawn: it was another patient's"))
        self._ventilators.sent(group, event)
        self._found.events.append(event)

    def _keep(self, stay: Stay, draft: Draft) -> list[tuple[Stay, Draft]]:
        return self._drafts.keep(stay, draft, self._origin.message, self._origin.received_at)

    def _refuse(self, value: Value, fault: Fault) -> None:
        """The value's fate is a letter."""
        coding = value.codings[0] if value.codings else None
        code, system = (coding.code, coding.system) if coding else (None, None)
        letter = self._letter(fault, value.path, code=code, system=system, unit=value.unit)
        self._found.tally.letters[letter.reason] += 1

    def _letter(self, fault: Fault, path: str = "", **about: str | None) -> Letter:
        origin = self._origin
        letter = letter_of(fault, origin.source.name, origin.received_at, origin.message, path, self._private, **about)
        self._found.letters.append(letter)
        return letter

    def _code(self, value: Value) -> str:
        """System and code for the account."""
        if not value.codings:
            return "(no code)"
        coding = value.codings[0]
        return f"{self._shown('system', coding.system)} {self._shown('code', coding.code)}".strip()

    def _shown(self, name: str, word: str) -> str:
        return word if not word or is_shown(name, word, self._private) else "(other)"


def _numbered(statements: Sequence[Statements]) -> Iterator[tuple[Statements, int]]:
    """Each with the number of its first value in the message."""
    number = 1
    for stated in statements:
        yield stated, number
        number += len(stated.values)
