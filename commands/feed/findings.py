"""What of a feed somebody should look at before it goes live."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from picustream.commands.feed.components import Need
from picustream.commands.feed.tallies import CodeKey, RefusalKey
from picustream.models.event import ADT, LOINC, VARIABLE
from picustream.scoring.chart.units import QUANTITIES

if TYPE_CHECKING:
    from picustream.commands.feed.report import Report


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should be looked at before the feed goes live."""

    code: str
    """A dead-letter reason, an alert's name, or `outside-stay`, `never-scored`, `filed-early`, `no-events`,
    `broken-line`, `unknown-topic`."""
    count: int
    about: str
    """Topic and source, code and unit, component: what it is about."""
    message: str
    first: str | None = None
    """`file:line`."""
    mended_by_codemap: bool = False
    """A spelling in a code map may mend it."""


def findings(told: "Report") -> Iterator[Finding]:
    """The worst first: what is lost, then what can never be scored, then what is odd."""
    feed = told.feed
    if not feed.stays:
        yield Finding("no-events", 0, "all", "no event is accepted")
    yield from _lost(told)
    yield from _outside(told)
    yield from _bounds(told)
    for one in told.prospects if feed.stays else ():
        if one.never(told.topics):
            lacking = " and ".join(_lacking(need, told) for need in one.missing) or "never all parts in one stay"
            about = f"{one.component.score} {one.component.name}"
            yield Finding("never-scored", len(feed.stays), about, f"{lacking}: no points in any stay")
    yield from _odd(told)
    silent = [one for one in told.silences if one.alarming]
    if silent:
        message = "stays are without a vital sign for 4 h or longer, each an alarm"
        yield Finding("stay-silent", len(silent), silent[0].stay_id, message)


def _lacking(need: Need, told: "Report") -> str:
    return f"no usable {need.name}" + (" inside its stay" if need.met(told.judged.had_outside) else "")


def _outside(told: "Report") -> Iterator[Finding]:
    for (topic, source), tally in told.feed.sources.items():
        outside, strange = told.judged.outside.get(tally.number), told.judged.strange.get(tally.number)
        if outside is not None:
            every = told.usable(topic, source)
            parts = ((outside.early, "before the admission"), (outside.late, "after the end"))
            message = (
                f"of {every:,} usable values ({_percent(outside.count, every)}) lie outside their stay, which no score "
                f"reads: {' and '.join(f'{count:,} {words}' for count, words in parts if count)}, in {outside.stays:,} "
                f"of {len(told.feed.stays):,} stays; {_USUAL if 2 * outside.count < every else _WRONG}"
            )
            yield Finding("outside-stay", outside.count, f"{topic} {source}", message, told.place(outside.place))
        if strange is not None:
            message = (
                f"events, in {strange.stays:,} stays, name another patient than the admission (or, without one, the "
                "first event) of their stay; used all the same, each stay an alarm"
            )
            yield Finding("patient-mismatch", strange.count, f"{topic} {source}", message, told.place(strange.place))


_WRONG = "look for a wrong offset, another year, a wrong stay, or wrong times of the stay"
_USUAL = "some results from before the admission are usual, and more of them a wrong offset or stay"


def _percent(part: int, whole: int) -> str:
    """Never 0 % of some, never 100 % of not all."""
    share = 100 * part / whole
    return "under 1 %" if share < 1 else f"{100 if part == whole else min(round(share), 99)} %"


def _bounds(told: "Report") -> Iterator[Finding]:
    """Stays whose facts do not go together."""
    stays = told.feed.stays
    if told.unadmitted and ADT in told.topics:
        message = "stays have no admission, and without one nothing is scored"
        first = stays[told.unadmitted[0]].first
        yield Finding("no-admission", len(told.unadmitted), told.unadmitted[0], message, first)
    aside = {name: stay.set_aside.where for name, stay in stays.items() if stay.set_aside}
    treated = {name: stay.treated_outside.where for name, stay in stays.items() if stay.treated_outside}
    for code, found, message in (
        (
            "end-before-admission",
            aside,
            "stays end before their admission; the end is set aside, the stay counts as open",
        ),
        ("treatment-outside-stay", treated, "stays whose treatment starts before the admission or after the end"),
    ):
        for name in list(found)[:1]:
            yield Finding(code, len(found), name, message, found[name])


def _lost(told: "Report") -> Iterator[Finding]:
    refusals = told.feed.refusals
    for key, tally in sorted(refusals.items(), key=lambda item: -item[1].count):
        where = f" at {key.path}" if key.path else ""
        yield Finding(key.reason, tally.count, _named(key), f"whole events{where}: {key.message}", tally.first)
    refused: dict[str, list[Finding]] = defaultdict(list)
    for code, one in told.feed.codes.items():
        for reason, tally in one.refused.items():
            about = f"{code.topic} {code.source} {code_name(code)}"
            spelling = reason == "unit-unknown" and code.unit not in told.foreign
            advice = _ADVICE["unit-mismatch" if reason == "unit-unknown" and not spelling else reason]
            message = f"{one.variable}: {advice.format(' or '.join(QUANTITIES[one.variable].factors))}"
            refused[reason].append(Finding(reason, tally.count, about, message, tally.first, spelling))
    for reason in _ADVICE:
        yield from sorted(refused[reason], key=lambda one: -one.count)


_ADVICE = {
    "unit-unknown": "a unit that no code map has; if it is {} in another spelling, the lists below are for it",
    "unit-missing": "no unit; the feed has to send {}",
    "unit-mismatch": "another unit than {}: the code or the unit is wrong, or the feed has to convert",
    "implausible": "out of range; an artefact, or another unit than it says",
}
"""What to do about observations that are refused; the units that fit stand in the place of {}."""


def _odd(told: "Report") -> Iterator[Finding]:
    for (topic, source), tally in told.feed.sources.items():
        about = f"{topic} {source}"
        conflict = told.conflicts.get(tally.number)
        if conflict is not None:
            message = "said twice and differently, with nothing to tell which is the later (recorded_at, event_id)"
            first = told.place((conflict.file, conflict.line))
            yield Finding("conflicting-duplicate", conflict.count, about, message, first)
        early = tally.filed_early
        if early.count:
            message = "filed (recorded_at) before it happened: two clocks, or a wrong offset"
            yield Finding("filed-early", early.count, about, message, early.first)


def _named(key: RefusalKey) -> str:
    return " ".join(word for word in (key.topic, key.source) if word) or "lines"


def code_name(key: CodeKey) -> str:
    """A code and its unit; of a site's own system with its name."""
    system = "" if key.system in (LOINC, VARIABLE) else f"{key.system}|"
    return f"{system}{key.code} {key.unit or '(no unit)'}"
