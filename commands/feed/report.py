"""The report card: everything that was counted, put together, for `--json` and for a page."""

from dataclasses import asdict, dataclass
from typing import Any

from picustream.commands.feed.components import Prospect, prospects
from picustream.commands.feed.feed import Feed
from picustream.commands.feed.findings import Finding, findings
from picustream.commands.feed.memory import Count, Memory
from picustream.commands.feed.mending import codemap_lines
from picustream.commands.feed.stays import Silence, silences, without_admission
from picustream.commands.feed.tallies import CodeKey, CodeTally, RefusalKey, SourceTally
from picustream.scoring.rules import Rules


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
    told.findings.extend(findings(told, partial))
    return told


def _refusal(key: RefusalKey, feed: Feed) -> dict[str, Any]:
    return asdict(key) | asdict(feed.refusals[key])


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
