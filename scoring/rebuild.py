"""Lost state, rebuilt from Kafka (invariant I5): charts from the inputs, heads from the outputs.

Whatever the store lost - all of it, or its last hour - every event is still on the input topics and every published
revision is still on the output topics. Filed again, the events make the same chart (I1); compared with what was last
published, they make only the revisions that are still owed, under the numbers that follow (I3).
"""

from collections.abc import Callable
from datetime import datetime

from picustream.models import text
from picustream.models.fact import Admitted
from picustream.models.record import ALERT, DEAD_LETTERS
from picustream.scoring.batch import Effects
from picustream.scoring.dead_letters import STAYS_REFUSED, dead_letter_id
from picustream.scoring.engine import Engine
from picustream.scoring.faults import Fault
from picustream.scoring.memory import Memory
from picustream.scoring.outputs import HEAD_HEADER, Output
from picustream.scoring.quarantine import set_aside, unreadable
from picustream.scoring.records.bodies import RecordKey
from picustream.scoring.records.revisions import Head
from picustream.scoring.rules import Rules
from picustream.scoring.stay_state import StayState
from picustream.scoring.validation import InputRecord, ValidatedInput, refuse


class CannotRebuild(Exception):
    """An output record lacks what is needed; another program has written to the topic."""


class Rebuild:
    """Outputs first (`note_output`, in the order of their offsets), then inputs (`take`), then `finish`."""

    def __init__(
        self,
        rules: Rules,
        decides: Callable[[str], bool] | None = None,
        *,
        bounded: bool,
        lot: int | None = None,
        memory: Memory | None = None,
    ) -> None:
        """`decides`, `bounded`, `lot`, `memory`: see `Engine`."""
        self._rules = rules
        self._engine = Engine(rules, decides, bounded=bounded, lot=lot, memory=memory)
        self._engine.install("", {})
        self._admitted: dict[str, datetime] = {}
        """Stay -> when its admission first arrived."""
        self._stays: dict[str, StayState] = {}
        self._dead_letters: set[str] = set()
        """Event ids of the dead letters published."""
        self._refused: dict[str, str] = {}
        """Those whose event stays refused (`STAYS_REFUSED`), and the reason."""

    def note_output(self, topic: str, key: bytes | None, value: bytes, headers: dict[str, bytes]) -> None:
        """Takes note of one output record. Raises `CannotRebuild`."""
        if topic in DEAD_LETTERS:
            letter = text.parse(value)
            self._dead_letters.add(letter["event_id"])
            if letter["reason"] in STAYS_REFUSED:
                self._refused[letter["event_id"]] = letter["reason"]
            return
        if topic == ALERT and HEAD_HEADER not in headers:
            return  # an alert of a partition: of no stay, and resolved at once
        if HEAD_HEADER not in headers or (key is None and topic != ALERT):
            raise CannotRebuild(f"a record of {topic} without its {HEAD_HEADER} header")
        written, *kept = text.parse(headers[HEAD_HEADER])
        about = self._engine.feeds if key is None else self._stay(key.decode())
        about.restore(RecordKey.parse(written), Head.from_store(kept))

    def take(self, record: InputRecord, now: datetime) -> list[Output]:
        """Files one input record again; returns the dead letters that are still owed."""
        refused = self._refused.get(dead_letter_id(record, 0))
        if refused == "unprocessable":
            return []  # it was not observed then either
        if refused is not None:
            self._engine.feeds.note(refuse(record, Fault(refused, "", "")), None, now, False)
            return []
        batch = self._engine.read((record,), now)
        (one,) = batch.inputs
        owed = [letter for letter in self._engine.dead_letters(one, now) if letter.event_id not in self._dead_letters]
        if owed:
            owed += unreadable(self._engine, one, now)
        self._engine.feeds.note(one, record.arrived_at, now, self._file(one, record.arrived_at or now))
        return owed

    def set_aside(self, record: InputRecord, now: datetime) -> list[Output]:
        """What is owed for an input record at which `take` fails; the rebuild then begins anew without it."""
        published = dead_letter_id(record, 0) in self._dead_letters
        return [] if published else set_aside(self._engine, record, now).outputs

    def _file(self, one: ValidatedInput, moment: datetime) -> bool:
        """Files an event again; whether it changed what is stored."""
        if one.accepted is None:
            return False
        stay_id = one.accepted.filed.stay_id
        if isinstance(one.accepted.fact, Admitted):
            self._admitted.setdefault(stay_id, moment)
        return self._stay(stay_id).file(*one.accepted)

    def finish(self, now: datetime, subject: str) -> tuple[Engine, Effects]:
        """The engine with everything in it, and what is to be stored and published; the alert is about `subject`."""
        self._engine.clock = now
        effects = self._engine.rebuild(self._stays.values(), now)
        for stay in self._stays.values():
            self._engine.feeds.note_stay(stay.stay_id, stay.is_open, self._admitted.get(stay.stay_id, now))
        effects.writes[""] = self._engine.feeds.take_unsaved()
        effects.outputs.extend(self._engine.passing_alert("state-rebuilt", subject, now))
        return self._engine, effects

    def _stay(self, stay_id: str) -> StayState:
        if stay_id not in self._stays:
            self._stays[stay_id] = StayState(stay_id, self._rules)
        return self._stays[stay_id]
