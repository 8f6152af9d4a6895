"""What the codes, units and words of observations mean, and what becomes of their values (V1, V4).

A monitor sends the same few codes, units and words every minute, and its values come again and again. So whether an
event may have them, what they mean, and what becomes of each value is worked out when it first comes, by the models and
the rules, and looked up from then on, which takes a twentieth of the time.
"""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import NamedTuple, cast

from msgspec import UNSET, Struct, UnsetType
from pydantic import ValidationError

from picustream.models import text
from picustream.models.codemap import CodeMap
from picustream.models.envelope import NEEDS_FILING_TIME, NO_STATEMENT, STATUS_RANK, WITHDRAWN, Status
from picustream.models.event import validate
from picustream.models.message import LabMessage, Message, VentilatorMessage
from picustream.models.observation import Observation, ObservationEvent, VentilatorEvent
from picustream.models.protocol import Protocol
from picustream.models.record import Comparator
from picustream.models.variable import Variable
from picustream.scoring.chart.entries import Meant
from picustream.scoring.chart.units import ONE, Unusable, canonical_value, factor_of

COMPARATOR = "comparator"
"""The fault of a value with a comparator whose points are not certain (V4)."""
NOT_ASKED_FOR = "not-asked-for"
"""The fault of a code that no rule uses."""

Certain = Callable[[Variable, Decimal, Comparator], bool]
"""V4: whether every value on that side of a canonical value gives the same points."""

Given = str | UnsetType | None
Form = tuple[Given, ...]
"""Code, unit, system, comparator and status of an observation, as they are given; or topic and words of an event."""


class Unread(ValueError):
    """A message that is not read at once; the models say what is wrong with it, or take it all the same."""


class Wrong(NamedTuple):
    """What is wrong with something that is stated."""

    reason: str
    """A dead-letter code."""
    message: str


class Value(NamedTuple):
    """What becomes of a value of some meaning."""

    meant: Meant
    wrong: Wrong | None
    quotes: int
    """Quotation marks around the names and strings of the observation, without its `id`."""


class Meaning(Struct, gc=False):
    """What some observations have in common: all but value and `id`."""

    code: str
    unit: str | None
    observation: Observation
    status: Status
    variable: Variable | None
    factor: Decimal | None
    """Of the unit; None: each value has to say."""
    wrong: Wrong | None
    """What is wrong with the code, if it is known, but not under this system."""
    needs_filing_time: bool
    ambiguous: bool
    """Whether the code has the mark at which an `id` that is made of it is taken apart."""
    quotes: int
    values: dict[bytes, Value]
    """By the text of the value."""


class Words(Struct, gc=False):
    """What the words of a message mean."""

    specimen: str
    support: str | None
    control: str | None
    unknown: tuple[str, ...]
    quotes: int
    meanings: dict[Status, dict[Form, Meaning]]
    """By the event's status, which is an observation's own if it has none."""


MOST = 1 << 15
"""Things remembered: a site has hundreds of codes with their units, and a monitor sends a few thousand values; what a
feed makes up does not fill the memory."""
LONGEST = 16
"""Characters of a value that is remembered."""


class Meanings:
    """What is remembered of what feeds send."""

    def __init__(self, protocol: Protocol, codemap: CodeMap, is_certain: Certain) -> None:
        """`is_certain`: whether a value with a comparator is certain enough to count (V4)."""
        self._use_preliminary = protocol.data.use_preliminary
        self._codemap = codemap
        self._is_certain = is_certain
        self._words: dict[Form, Words] = {}
        self._remembered = 0

    def remember(self) -> None:
        """One thing more is remembered; of too many nothing."""
        self._remembered += 1
        if self._remembered > MOST:
            self._words.clear()
            self._remembered = 0

    def words_of(self, topic: str, message: Message) -> Words:
        """What the words of a message mean, besides those of its observations."""
        names: tuple[str, ...]
        key: Form
        if type(message) is LabMessage:
            names, key = ("specimen",), (topic, message.specimen)
        elif type(message) is VentilatorMessage:
            names, key = ("support", "mode", "control"), (topic, message.support, message.mode, message.control)
        else:
            names, key = (), (topic,)
        found = self._words.get(key)
        if found is None:
            given = dict(zip(names, key[1:], strict=True))
            event = _checked(topic, given)
            known = (event.support_known, event.control_known) if isinstance(event, VentilatorEvent) else (None, None)
            self.remember()
            found = self._words[key] = Words(
                event.specimen_known, *known, tuple(event.unknown_words()), quotes_of(*given.values()), {}
            )
        return found

    def meaning(self, status: Status, specimen: str, form: Form, meanings: dict[Form, Meaning]) -> Meaning:
        code, unit, system, comparator, own_status = form
        given = {"code": code, "unit": unit, "system": system, "comparator": comparator, "status": own_status}
        try:
            one = Observation.model_validate({name: word for name, word in given.items() if word is not UNSET})
        except ValidationError:
            raise Unread from None
        status = one.status or status
        variable, factor = asked_for(one, specimen, self._codemap), None
        if variable is not None and one.unit is not None:
            with suppress(Unusable):
                factor = factor_of(variable, ONE, one.unit, self._codemap)
        wrong = _SYSTEM_UNKNOWN if self._codemap.known_elsewhere(one.system, one.code) else None
        self.remember()
        found = meanings[form] = Meaning(
            one.code, one.unit, one, status, variable, factor, wrong, status in NEEDS_FILING_TIME, "#" in one.code,
            quotes_of(*form), {},
        )  # fmt: skip
        return found

    def value(self, meaning: Meaning, written: bytes) -> Value:
        """What becomes of a value; none is written where it is not given."""
        number, quotes_ = None, 0 if not written else 2
        if not written:
            if meaning.status not in NO_STATEMENT:
                raise Unread
        elif written[0] in b"-0123456789":
            decimal = text.number(written.decode())
            number = decimal if decimal.is_finite() else None
        elif written[0] in b"[{":
            raise Unread  # it may hold a field twice
        elif written[0] in b'"':
            quotes_ += 2
        usable, fault, wrong = self._usable(meaning, number)
        comparator = cast(Comparator, meaning.observation.comparator) if usable is not None else None
        status = meaning.status
        meant = Meant(
            meaning.variable, usable, fault, status not in WITHDRAWN, number, meaning.unit, STATUS_RANK[status],
            f"#{meaning.code}", comparator,
        )  # fmt: skip
        found = Value(meant, wrong or meaning.wrong, meaning.quotes + quotes_)
        if len(written) <= LONGEST:
            self.remember()
            meaning.values[written] = found
        return found

    def _usable(self, meaning: Meaning, number: Decimal | None) -> tuple[Decimal | None, str | None, Wrong | None]:
        """Rules V1, V4: the value, where it is current, not withdrawn, its unit known, in range and its points certain;
        else the fault; and what is wrong with a value that is stated, whether it would be used or not."""
        variable, status = meaning.variable, meaning.status
        if variable is None:
            return None, NOT_ASKED_FOR, None
        if status in NO_STATEMENT:
            return None, "withdrawn" if status in WITHDRAWN else "no-value", None
        unused = status is Status.PRELIMINARY and not self._use_preliminary
        comparator = meaning.observation.comparator
        try:
            value = exact_value(variable, meaning.observation, number, self._codemap, meaning.factor)
        except Unusable as wrong:
            return None, "no-value" if unused else wrong.reason, Wrong(wrong.reason, str(wrong))
        if unused:
            return None, "no-value", None
        if comparator is not None and not self._is_certain(variable, value, cast(Comparator, comparator)):
            return None, COMPARATOR, None
        return value, None, None


def quotes_of(*given: Given) -> int:
    """Quotation marks around the names and values of fields."""
    return sum(0 if one is UNSET else 2 if one is None else 4 for one in given)


def _checked(topic: str, words: dict[str, Given]) -> ObservationEvent:
    """An event with these words and nothing else of interest. Raises `Unread` where the model does not take them."""
    given = {name: word for name, word in words.items() if word is not UNSET}
    try:
        return cast(ObservationEvent, validate[topic](_ANY_EVENT | given))
    except ValidationError:
        raise Unread from None


_ANY_EVENT = {
    **dict.fromkeys(("event_id", "source", "patient_id", "stay_id"), "-"),
    "observed_at": "2000-01-01T00:00:00Z",
    "observations": [{"code": "-"}],
}


def asked_for(observation: Observation, specimen: str, codemap: CodeMap) -> Variable | None:
    """The variable an observation measures, or None for a code that no rule uses.

    A PaO2 counts only from an arterial specimen (docs/topics.md, codes and units).
    """
    variable = codemap.variable(observation.system, observation.code)
    if variable is not Variable.PAO2:
        return variable
    if codemap.arterial_only(observation.system, observation.code):
        return variable if specimen == "arterial" else None
    return variable if specimen in ("arterial", "unknown") else None


def exact_value(
    variable: Variable, observation: Observation, number: Decimal | None, codemap: CodeMap, factor: Decimal | None
) -> Decimal:
    """The number of an observation in the variable's canonical unit, whatever its comparator. `factor`: of its unit,
    where that is known already.

    Raises `Unusable` with its first fault, in the order value, comparator, unit, range.
    """
    if number is None:
        raise Unusable("value-not-numeric", "the value is not a JSON number; " + _NUMBER_WANTED)
    if not observation.comparator_known:
        raise Unusable("word-unknown", "the comparator is none of < <= >= >; without a meaning the value is not used")
    return canonical_value(variable, number, observation.unit, codemap, factor)


_NUMBER_WANTED = (
    "send it without quotes, words or signs; a value below or above a limit as the limit with a `comparator`, and what "
    "has no number with the status cancelled, or not at all"
)
_SYSTEM_UNKNOWN = Wrong(
    "system-unknown",
    "the code is known, and not under this system; send its own system, or list the code under this one in a code map",
)
