"""What a message makes, by the rules of a site: who sent it, what it states, its events and letters, its answer."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from picustream import __version__
from picustream.gateways.hl7.message import CUT_OFF, header
from picustream.gateways.hl7.private import private_in
from picustream.gateways.hl7.statements import no_production
from picustream.gateways.journal.outcome import Answer, Outcome, State
from picustream.gateways.journal.received import Received
from picustream.gateways.letters import Letter, is_shown, letter_of
from picustream.gateways.patients.patients import Patients
from picustream.gateways.reader import is_fhir, read_statements
from picustream.gateways.server.interpreter import answer_to_unreadable
from picustream.gateways.site.config import Source
from picustream.gateways.site.load import LoadedSite
from picustream.gateways.state import State as Memory
from picustream.gateways.statement import Statements, Unreadable
from picustream.gateways.translate import Origin, Translation, Translator, unreadable
from picustream.scoring.faults import Fault
from picustream.scoring.rules import Rules

NO_PRODUCTION = frozenset({"training", "processing-id-missing", "processing-id-unknown"})
"""Why a message is not used that is sent by mistake: the answer says so."""
_TRAINING = Fault("training", "MSH-11", "it is not of production")
_STRANGER = Fault("source-unknown", "MSH-3", "no source fits the sender")


@dataclass(frozen=True, slots=True)
class _Sent:
    """Who sent a message, and what it is called."""

    raw: bytes
    source: Source | None
    name: str
    about: Mapping[str, str]
    """What the sender calls itself."""


class Translating:
    """Turns messages into outcomes. Its memory is in the tables of the state."""

    def __init__(self, site: LoadedSite, rules: Rules, state: Memory) -> None:
        self._site = site
        self._state = state
        self._translator = Translator(site, rules, Patients(site, state))
        self._last: tuple[Received, _Sent] | None = None
        self.site = known_by(site, rules)
        self.wait = timedelta(hours=site.site.identity.wait_hours)

    def name(self, received: Received) -> str:
        """The id of a message."""
        return self._sent(received).name

    def refusal(self, received: Received) -> Answer | None:
        """What a message is refused with whatever is in it."""
        sent = self._sent(received)
        if sent.source is None:
            return Answer("AR", (_STRANGER,))
        if received.way != "mllp":
            return None
        if (head := header(sent.raw)) is None:
            return Answer("AE", (Fault("no-msh", "", "it does not begin with MSH and a separator"),))
        training = self._site.site.acknowledgement.training
        return Answer(training, (_TRAINING,)) if training != "AA" and no_production(head, sent.source) else None

    def outcome(self, received: Received, times: int = 0, given_up: bool = False) -> Outcome:
        """What a message makes."""
        sent = self._sent(received)
        if sent.source is None:
            letter = self._letter(received, sent, _STRANGER)
            return Outcome(sent.name, "", "", "refused", Answer("AR", (_STRANGER,)), letters=[letter])
        origin = Origin(sent.source, sent.name, received.at)
        try:
            statements = read_statements(sent.raw, sent.source, self._site, self._state, received.resources)
        except Unreadable as error:
            return _outcome(unreadable(error, origin), origin, "", answer_to_unreadable(error.fault, times))
        made = self._translator.translate(statements, origin, given_up)
        return _outcome(made, origin, _kind(statements), self._answer(statements, made))

    def unforeseen(self, received: Received, kind: str) -> Outcome:
        """What becomes of a message at which the program failed."""
        sent = self._sent(received)
        fault = Fault("unforeseen", "", f"the program failed: {kind}")
        source = sent.source.name if sent.source else ""
        return Outcome(sent.name, source, "", "done", Answer(), letters=[self._letter(received, sent, fault)])

    def _sent(self, received: Received) -> _Sent:
        if self._last is None or self._last[0] is not received:
            self._last = received, self._looked_up(received)
        return self._last[1]

    def _looked_up(self, received: Received) -> _Sent:
        raw = CUT_OFF + received.raw if received.cut_off else received.raw
        head = None if received.way == "fhir" or is_fhir(raw) else header(raw)
        application, facility = (head.header.text(field).strip() for field in (3, 4)) if head else ("", "")
        port = received.port if received.way == "mllp" else None
        source = self._site.source_of(port, application, facility, received.client or None)
        name = self._site.pseudonyms.message(source.name if source else "", raw)
        return _Sent(raw, source, name, {"application": application, "facility": facility})

    def _answer(self, statements: list[Statements], made: Translation) -> Answer:
        rules = self._site.site.acknowledgement
        unused = {one.unused for one in statements}
        if statements and "" not in unused:
            if not unused <= NO_PRODUCTION:
                return Answer(rules.unused, (Fault("unused-kind", "MSH-9", "messages of this kind are not used"),))
            return Answer(rules.training, (_TRAINING,))
        faults = tuple(Fault(one.reason, one.path, one.message) for one in made.letters if one.reason in rules.ae_on)
        return Answer("AE", faults) if faults else Answer()

    def _letter(self, received: Received, sent: _Sent, fault: Fault) -> Letter:
        source = sent.source.name if sent.source else ""
        return letter_of(fault, source, received.at, sent.name, private=private_in(sent.raw), **sent.about)


def known_by(site: LoadedSite, rules: Rules) -> str:
    """What a configuration is known by: with another one, or another version, a message may make something else."""
    parts = (
        __version__,
        rules.protocol.sha256,
        rules.codemap.content,
        site.fingerprint,
        site.site.model_dump_json(),
    )
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:16]


def _kind(statements: list[Statements]) -> str:
    """Of what could be read: an empty Bundle can."""
    if not statements:
        return "(nothing)"
    kind = statements[0].kind
    return kind if is_shown("kind", kind, statements[0].private) else "(other)"


def _outcome(made: Translation, origin: Origin, kind: str, answer: Answer) -> Outcome:
    done: State = "waiting" if made.waits else "done"
    return Outcome(
        origin.message,
        origin.source.name,
        kind,
        done if kind else "refused",
        answer,
        made.events,
        made.letters,
        made.waits,
        made.opened,
        made.tally.values,
    )
