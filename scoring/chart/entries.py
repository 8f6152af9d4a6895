"""What a chart holds: accepted events, and the current versions of what they state.

There are many of them, and each is a `Struct` of msgspec: made in a fifth of the time of a dataclass, and, as it can be
part of no circle (`gc=False`), of no concern to the garbage collector, which otherwise visits all of a ward's again and
again. What follows from an entry and its event, as its place in time and nearly always its `id`, is not kept beside it,
and neither is what other entries share: a ward's values are most of what is in memory.
"""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b

from msgspec import Struct

from picustream.models.envelope import NO_STATEMENT, STATUS_RANK, Status
from picustream.models.event import LAB
from picustream.models.fact import FactEvent
from picustream.models.record import Comparator
from picustream.models.text import canonical, parse
from picustream.models.variable import Variable
from picustream.scoring.chart import texts
from picustream.scoring.chart.series import Channel, Order

Version = tuple[datetime, int, str]
"""(filed at, rank of the status, event id): decides between versions of one thing, unless it ties."""


class Filed(Struct, eq=False, gc=False):
    """An accepted event in the chart: envelope and text."""

    topic: str
    source: str
    event_id: str
    patient_id: str
    stay_id: str
    status: Status
    happened_at: datetime
    recorded_at: datetime | None
    written: str | bytes
    """As received; or the pack of texts that this is in (`scoring/chart/texts.py`)."""
    key: str
    """A short name of the text, for the store."""
    place: int = 0
    """Which text of the pack it is."""
    live_count: int = 0
    """How many current versions come from this event."""
    stating_count: int = 0
    """How many of these are not withdrawn."""

    @property
    def text(self) -> str:
        """As received."""
        written = self.written
        return written if isinstance(written, str) else texts.unpacked(written)[self.place]

    @property
    def filed_at(self) -> datetime:
        """When it was filed, by which versions are ordered."""
        return self.recorded_at or self.happened_at

    @property
    def rank(self) -> tuple[datetime, str]:
        """Filing time and event id: the order of events."""
        return self.filed_at, self.event_id

    def is_repeat_of(self, other: "Filed") -> bool:
        """Whether the other is the same event again; white space and the order of fields do not count."""
        if self.rank != other.rank or self.topic != other.topic:
            return False
        return self.key == other.key or canonical(parse(self.text)) == canonical(parse(other.text))

    def tie_breaker(self) -> tuple[str, str]:
        """Decides between versions that tie in all else; the greater one is the later."""
        return canonical(parse(self.text)), self.topic

    def version(self, status: Status) -> Version:
        """The rank of a version that this event brings, with its status."""
        return (self.filed_at, STATUS_RANK[status], self.event_id)

    def order(self, identity: str) -> Order:
        """The place in the order V1 of something that this event states."""
        return (self.happened_at, self.filed_at, self.source, identity)


def filed(
    topic: str,
    source: str,
    event_id: str,
    patient_id: str,
    stay_id: str,
    status: Status,
    happened_at: datetime,
    recorded_at: datetime | None,
    text: str,
) -> Filed:
    """The chart's form of an event; `text` is its JSON as received."""
    key = blake2b(f"{topic}\n{text}".encode(), digest_size=12).hexdigest()
    return Filed(topic, source, event_id, patient_id, stay_id, status, happened_at, recorded_at, text, key)


VENTILATION = "ventilation "
"""Before the event id in the names of pruned things; no id of an observation has a blank."""


class Meant(Struct, eq=False, gc=False):
    """What an observation means, whenever and of whomever it is: one for all that are alike."""

    variable: Variable | None
    """None: an unmapped code, kept because it may hide an older version with a mapped one."""
    value: Decimal | None
    """In the variable's canonical unit; None when unusable."""
    fault: str | None
    """Why it is unusable: `withdrawn`, `no-value`, `comparator` or a dead-letter reason."""
    in_force: bool
    """Whether it is not withdrawn, usable or not."""
    original: Decimal | None
    unit: str | None
    status_rank: int
    suffix: str
    """What an `id` ends in that is made of the event's."""
    comparator: Comparator | None = None
    """The true value lies on this side of the stated one (V4)."""


class Observed(Struct, eq=False, gc=False):
    """The current version of one observation: in 48 bytes, for a ward has a million."""

    filed: Filed
    meant: Meant
    own_id: str | None
    """The `id`, where it is not made of the event's."""

    @property
    def id(self) -> str:
        return self.filed.event_id + self.meant.suffix if self.own_id is None else self.own_id

    @property
    def variable(self) -> Variable | None:
        return self.meant.variable

    @property
    def value(self) -> Decimal | None:
        return self.meant.value

    @property
    def fault(self) -> str | None:
        return self.meant.fault

    @property
    def in_force(self) -> bool:
        return self.meant.in_force

    @property
    def original(self) -> Decimal | None:
        return self.meant.original

    @property
    def unit(self) -> str | None:
        return self.meant.unit

    @property
    def status_rank(self) -> int:
        return self.meant.status_rank

    @property
    def comparator(self) -> Comparator | None:
        return self.meant.comparator

    @property
    def at(self) -> datetime:
        return self.filed.happened_at

    @property
    def order(self) -> Order:
        return self.filed.order(self.id)

    @property
    def rank(self) -> Version:
        return (self.filed.filed_at, self.meant.status_rank, self.filed.event_id)

    @property
    def pruned_as(self) -> str:
        """Its name among pruned things."""
        return self.id

    @property
    def stated(self) -> bool:
        """Whether the event names it."""
        return True

    @property
    def exact(self) -> Decimal:
        """The value of a usable observation."""
        value = self.meant.value
        assert value is not None
        return value

    @property
    def of_blood_gas(self) -> bool:
        """Whether P1 may pair it by its event, wherever in time the two halves lie and whenever they arrive."""
        return self.meant.variable in (Variable.PAO2, Variable.FIO2) and self.filed.topic == LAB


class Ventilation(Struct, eq=False, gc=False):
    """The current version of a ventilator event's statement of support and control."""

    filed: Filed
    support: str | None
    control: str | None
    in_force: bool
    status_rank: int
    stated: bool
    """Whether the event names a support or control, if only to withdraw it; else it has observations alone."""

    @property
    def pruned_as(self) -> str:
        """Its name among pruned things."""
        return VENTILATION + self.filed.event_id

    @property
    def at(self) -> datetime:
        return self.filed.happened_at

    @property
    def order(self) -> Order:
        return self.filed.order(self.filed.event_id)

    @property
    def rank(self) -> Version:
        return (self.filed.filed_at, self.status_rank, self.filed.event_id)


class Fact(Struct, eq=False):
    """The current version of one admission or trial fact."""

    filed: Filed
    event: FactEvent
    order: Order

    @property
    def at(self) -> datetime:
        return self.order[0]

    @property
    def rank(self) -> Version:
        return self.filed.version(self.event.status)

    @property
    def stated(self) -> bool:
        """Whether the event names it."""
        return True

    @property
    def in_force(self) -> bool:
        """Whether it states anything: not withdrawn, not `registered` or `unknown`."""
        return self.event.status not in NO_STATEMENT


Entry = Observed | Ventilation
Identity = tuple[str, str]
"""(source, id) of an observation, (source, event id) of a ventilator event."""
Piece = tuple[str, ...]
"""Something with versions of its own: kind and identity of an entry, or the key of a fact."""


def piece_of(entry: Entry) -> Piece:
    """What an entry is the current version of."""
    if isinstance(entry, Observed):
        return "observation", entry.filed.source, entry.id
    return "ventilation", entry.filed.source, entry.filed.event_id


@dataclass(slots=True)
class Changes:
    """What filing events changed, for caches by day and for the store."""

    touched: list[tuple[Channel, datetime]] = field(default_factory=list)
    """In what look-ups can find (`series_index.py`), and when."""
    facts: bool = False
    stored: dict[str, Filed | None] = field(default_factory=dict)
    """By key: the event to store; None: to delete."""
    pruned: bool = False
    """Whether the memory of pruned things has changed."""
    conflicts: bool = False
    """Whether a conflict began or ended."""
    lineages: set[tuple[str, ...]] = field(default_factory=set)
    """Pieces whose lineage changed."""

    @property
    def changed(self) -> bool:
        """Whether anything is to be stored, apart from lineages."""
        return bool(self.stored) or self.pruned or self.conflicts
