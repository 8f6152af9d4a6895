"""The report card: everything that was counted, put together, and what of it somebody should look at."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from picustream.commands.feed.components import Prospect, prospects
from picustream.commands.feed.feed import Feed
from picustream.commands.feed.memory import Count, Memory
from picustream.commands.feed.mending import codemap_lines
from picustream.commands.feed.stays import Silence, silences, without_admission
from picustream.commands.feed.tallies import CodeKey, CodeTally, RefusalKey, SourceTally
from picustream.models.event import ADT, INPUT_TOPICS, LOINC, VITAL
from picustream.scoring.rules import Rules


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should be looked at before the feed goes live."""

    code: str
    """A dead-letter reason, an alert's name, or `never-scored`, `filed-early`, `no-events`, `broken-line`."""
    count: int
    about: str
    """Topic and source, code and unit, component: what it is about."""
    message: str
    first: str | None = None
    """`file:line`."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a feed is like."""

    feed: Feed
    repeats: dict[int, Count]
    versions: dict[int, Count]
    conflicts: dict[int, Count]
    unadmitted: list[str]
    silences: list[Silence]
    prospects: list[Prospect]
    codemap: list[str]
    findings: list[Finding]

    @property
    def accepted(self) -> int:
        return sum(one.accepted.count for one in self.feed.sources.values())

    @property
    def refused(self) -> int:
        return sum(one.count for one in self.feed.refusals.values())

    def refused_of(self, topic: str, source: str | None) -> int:
        """Events of a topic and source that are refused whole."""
        return sum(one.count for key, one in self.feed.refusals.items() if (key.topic, key.source) == (topic, source))

    def as_data(self) -> dict[str, Any]:
        """For `--json`; spans in whole seconds, places as `file:line`."""
        stays = {
            "count": len(self.feed.stays),
            "without_admission": self.unadmitted,
            "longest_silences": [one.as_data() for one in self.silences],
        }
        return {
            "files": self.feed.files,
            "events": {"accepted": self.accepted, "refused": self.refused},
            "findings": [asdict(one) for one in self.findings],
            "sources": [self._source(*key, one) for key, one in self.feed.sources.items()],
            "refusals": [_refusal(key, self.feed) for key in self.feed.refusals],
            "observations": [_observation(key, one) for key, one in self.feed.codes.items()],
            "stays": stays,
            "components": [_prospect(one) for one in self.prospects],
            "code_map": "".join(f"{line}\n" for line in self.codemap),
        }

    def _source(self, topic: str, source: str, tally: SourceTally) -> dict[str, Any]:
        counts = {"repeats": self.repeats, "versions": self.versions, "conflicts": self.conflicts}
        return {
            "topic": topic,
            "source": source,
            "accepted": tally.accepted.count,
            "refused": self.refused_of(topic, source),
            **{name: of[tally.number].count if tally.number in of else 0 for name, of in counts.items()},
            "filed_early": tally.filed_early.count,
            "lateness_seconds": tally.timing.lateness.as_data(),
            "behind_seconds": tally.timing.behind.as_data(),
        }


def report(feed: Feed, rules: Rules, memory: Memory, partial: bool) -> Report:
    """Everything that can be said of what was taken. `partial`: the rest comes from feeds that are not in the files."""
    unadmitted = without_admission(feed.stays)
    silent = silences(feed.stays, memory, feed.clock)
    found = prospects(stay.had for stay in feed.stays.values())
    told = Report(
        feed=feed,
        repeats=memory.repeats(),
        versions=memory.versions(),
        conflicts=memory.conflicts(),
        unadmitted=unadmitted,
        silences=silent,
        prospects=found,
        codemap=codemap_lines(feed.codes, rules.codemap),
        findings=[],
    )
    told.findings.extend(_findings(told, partial))
    return told


def _findings(told: Report, partial: bool) -> Iterator[Finding]:
    """The worst first: what is lost, then what can never be scored, then what is odd."""
    feed = told.feed
    if not feed.stays:
        yield Finding("no-events", 0, "all", "no event is accepted")
    yield from _lost(feed)
    topics = {topic for topic, _ in feed.sources} if partial else set(INPUT_TOPICS)
    if told.unadmitted and ADT in topics:
        message = "stays have no admission, and without one nothing is scored"
        first = feed.stays[told.unadmitted[0]].first
        yield Finding("no-admission", len(told.unadmitted), told.unadmitted[0], message, first)
    for one in told.prospects if feed.stays else ():
        if one.never(topics):
            lacking = " and ".join(f"no usable {need.name}" for need in one.missing) or "never all parts in one stay"
            about = f"{one.component.score} {one.component.name}"
            yield Finding("never-scored", len(feed.stays), about, f"{lacking}: no points in any stay")
    yield from _odd(told)
    silent = [one for one in told.silences if one.alarming]
    if silent and VITAL in topics:
        message = "stays are without a vital sign for 4 h or longer, each an alarm"
        yield Finding("stay-silent", len(silent), silent[0].stay_id, message)


def _lost(feed: Feed) -> Iterator[Finding]:
    for key, tally in sorted(feed.refusals.items(), key=lambda item: -item[1].count):
        where = f" at {key.path}" if key.path else ""
        yield Finding(key.reason, tally.count, _named(key), f"whole events{where}: {feed.messages[key]}", tally.first)
    refused: dict[str, list[Finding]] = defaultdict(list)
    for code, one in feed.codes.items():
        for reason, tally in one.refused.items():
            about = f"{code.topic} {code.source} {code_name(code)}"
            message = f"{one.variable}: {_ADVICE[reason]}"
            refused[reason].append(Finding(reason, tally.count, about, message, tally.first))
    for reason in _ADVICE:
        yield from sorted(refused[reason], key=lambda one: -one.count)


_ADVICE = {
    "unit-unknown": "a unit that no code map has; the lines below are for it",
    "unit-missing": "no unit; the feed has to send one",
    "unit-mismatch": "a unit that does not fit; the code or the unit is wrong",
    "implausible": "out of range; an artefact, or another unit than it says",
}
"""What to do about observations that are refused."""


def _odd(told: Report) -> Iterator[Finding]:
    for (topic, source), tally in told.feed.sources.items():
        about = f"{topic} {source}"
        conflict = told.conflicts.get(tally.number)
        if conflict is not None:
            message = "said twice and differently, with nothing to tell which is the later (recorded_at, event_id)"
            first = f"{told.feed.files[conflict.file]}:{conflict.line}"
            yield Finding("conflicting-duplicate", conflict.count, about, message, first)
        early = tally.filed_early
        if early.count:
            message = "filed (recorded_at) before it happened: two clocks, or a wrong offset"
            yield Finding("filed-early", early.count, about, message, early.first)


def _named(key: RefusalKey) -> str:
    return " ".join(word for word in (key.topic, key.source) if word) or "lines"


def code_name(key: CodeKey) -> str:
    """A code and its unit; of a system other than LOINC with its name."""
    system = "" if key.system == LOINC else f"{key.system}|"
    return f"{system}{key.code} {key.unit or '(no unit)'}"


def _refusal(key: RefusalKey, feed: Feed) -> dict[str, Any]:
    tally = feed.refusals[key]
    return asdict(key) | {"message": feed.messages[key], "count": tally.count, "first": tally.first}


def _observation(key: CodeKey, tally: CodeTally) -> dict[str, Any]:
    return asdict(key) | {
        "variable": tally.variable,
        "accepted": tally.accepted.count,
        "without_value": tally.without_value.count,
        "ignored": tally.ignored.count,
        "refused": {reason: asdict(one) for reason, one in tally.refused.items()},
        "first": tally.first,
    }


def _prospect(one: Prospect) -> dict[str, Any]:
    component = one.component
    told = {"score": component.score, "component": component.name, "rule": component.rule, "stays": one.stays}
    return told | {"missing": [need.name for need in one.missing]}
