"""A feed, line by line: what the worker would accept, by code and unit, by source and by stay.

Memory grows with the distinct codes, units, sources, faults and stays, and not with the events.
"""

import re
from collections.abc import Sequence
from datetime import datetime

from picustream.eventfiles.files import BrokenLine, Line
from picustream.lint.facts import note_fact
from picustream.lint.identity import STATUSES, named
from picustream.lint.memory import Happened, Memory, Thing, hashed, microseconds, place
from picustream.lint.observed import Observations, Where
from picustream.lint.tallies import RefusalKey, SourceTally, StayTally
from picustream.lint.timing import Tally
from picustream.lint.unread import Unread
from picustream.models import text
from picustream.models.envelope import NEEDS_FILING_TIME, STATUS_RANK, id_of, readable_fields
from picustream.models.event import INPUT_TOPICS, Event, validate
from picustream.models.fact import FactEvent
from picustream.models.observation import ObservationEvent
from picustream.scoring.faults import Fault, path_pattern
from picustream.scoring.rules import Rules
from picustream.scoring.validation import InputRecord, ValidatedInput, Validator


class Feed:
    """Takes the lines of event files in their order; `files` are their names."""

    def __init__(self, rules: Rules, latest: datetime, memory: Memory, files: Sequence[str]) -> None:
        """What lies after `latest` is in the future (T6)."""
        self._rules = rules
        self._validator = Validator(rules)
        self._latest = latest
        self._memory = memory
        self._observations = Observations(rules, memory)
        self.files = list(files)
        self.sources: dict[tuple[str, str], SourceTally] = {}
        self.codes = self._observations.codes
        self.words = self._observations.words
        self.refusals: dict[RefusalKey, Tally] = {}
        self.stays: dict[str, StayTally] = {}
        self.unread = Unread(rules.codemap.sources)
        self.forms: list[str] = []
        """Forms of ids, as `Thing` numbers them."""
        self.clock: datetime | None = None
        """The greatest filing time of all: what a replay's clock would read."""

    def broken(self, error: BrokenLine) -> None:
        """Takes a line that is no event."""
        self._refuse("", None, Fault("broken-line", "", error.reason), f"{error.file}:{error.number}")

    def take(self, line: Line) -> None:
        """Takes one line."""
        where = Where(f"{line.file}:{line.number}", place(self.files.index(line.file), line.number))
        if line.topic not in INPUT_TOPICS:
            self._refuse(line.topic[:64], None, Fault("unknown-topic", "", "no input topic"), where.text)
            return
        validated = self._validator.validate(
            InputRecord(line.topic, None, None, None, line.value, message=line.message), self._latest
        )
        if validated.accepted is None:
            source = id_of(readable_fields(line.value).get("source"))
            self._refuse(line.topic, source, validated.faults[0], where.text)
        else:
            event = validated.accepted.fact or validate[line.topic](text.parse(validated.accepted.filed.text))
            self._accept(line, validated, event, where)
        self.unread.note(validated, self.clock, where.text)

    def _refuse(self, topic: str, source: str | None, fault: Fault, where: str) -> None:
        key = RefusalKey(topic, source, fault.reason, path_pattern(fault.path), _PLACE.sub("", fault.message))
        self.refusals.setdefault(key, Tally()).add(where)

    def _accept(self, line: Line, validated: ValidatedInput, event: Event, where: Where) -> None:
        source = self.sources.setdefault((line.topic, event.source), SourceTally(len(self.sources)))
        source.accepted.add(where.text)
        self._time(event, source, where.text)
        stay = self.stays.setdefault(event.stay_id, StayTally(len(self.stays), where.text, event.patient_id))
        parts = usable = 0
        if isinstance(event, ObservationEvent):
            parts, usable = self._observations.take(line.topic, event, validated.faults, stay, where)
        elif isinstance(event, FactEvent):
            note_fact(event, stay, where.text)
        words = hashed(text.canonical(text.parse(line.value)))
        at, patient, name = microseconds(event.happened_at), hashed(event.patient_id), hashed(event.event_id)
        self._memory.add(Happened(stay.number, at, source.number, patient, parts, usable, where.place, name, words))
        self._remember(event, source.number, where.place, words)

    def _time(self, event: Event, source: SourceTally, where: str) -> None:
        """How late it was filed; the clock goes on."""
        if not source.timing.add(event.happened_at, event.recorded_at):
            source.filed_early.add(where)
        source.unrecorded += event.recorded_at is None
        if event.recorded_at is not None and NEEDS_FILING_TIME.isdisjoint(event.statuses()):
            offset = event.happened_at.astimezone(self._rules.protocol.zone).utcoffset()
            assert offset is not None  # a time in a zone has one
            apart = event.recorded_at - event.happened_at
            source.apart.add(apart, offset, isinstance(event, ObservationEvent), where)
        self.clock = max(self.clock or event.filed_at, event.filed_at)

    def _remember(self, event: Event, feed: int, here: int, words: int) -> None:
        filed, at = microseconds(event.filed_at), microseconds(event.happened_at)
        for one in named(event):
            self._memory.add(
                Thing(
                    feed=feed,
                    name=hashed(f"{event.stay_id} {one.bare}"),
                    bare=hashed(one.bare),
                    meant=hashed(f"{event.stay_id} {one.meant} {at}"),
                    form=self._form(one.form),
                    sort=one.sort,
                    at=at,
                    filed=filed,
                    rank=STATUS_RANK[one.status],
                    event=event.event_id,
                    text=words,
                    status=STATUSES.index(one.status),
                    place=here,
                )
            )

    def _form(self, form: str) -> int:
        if form not in self.forms:
            self.forms.append(form)
        return self.forms.index(form)


_PLACE = re.compile(r" at( line \d+)? column \d+")
"""Where in its line a broken one breaks: alike faults have one message."""
