"""The report card: everything that was counted, put together, for `--json` and for a page."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from picustream.lint.bounds import Judged
from picustream.lint.components import Prospect
from picustream.lint.feed import Feed
from picustream.lint.finding import Finding
from picustream.lint.memory import Count
from picustream.lint.stays import Silence
from picustream.lint.tallies import CodeKey, CodeTally, RefusalKey, SourceTally
from picustream.lint.versions import Anomalies
from picustream.models.codemap import CodeMap
from picustream.models.protocol import Protocol


@dataclass(frozen=True, slots=True)
class Report:
    """What a feed is like."""

    feed: Feed
    topics: frozenset[str]
    """Where something is expected: all of them, or those of one feed of several."""
    repeats: dict[int, Count]
    versions: dict[int, Count]
    conflicts: dict[int, Count]
    judged: Judged
    anomalies: Anomalies
    coma: tuple[int, tuple[int, int] | None]
    """Totals of the coma scale that contradict their parts, and where the first is."""
    unadmitted: list[str]
    """Where each stay that nobody admitted is first named."""
    unborn: list[str]
    """Admissions with a birth date that cannot be one."""
    silences: list[Silence]
    """Of vital signs, the longest of each stay; empty where no vital signs are expected."""
    lab_gaps: list[Silence]
    """The same of laboratory results."""
    prospects: list[Prospect]
    protocol: Protocol
    codes: CodeMap
    foreign: frozenset[str]
    """Units that no code map can fix: they have to be converted."""
    codemap: list[str]
    """Its tables, with lists to fill in."""
    findings: list[Finding]

    @property
    def offset(self) -> timedelta:
        """Of local time from UTC, as the feed ends."""
        zone = self.protocol.zone
        return (self.feed.clock or datetime.now(UTC)).astimezone(zone).utcoffset() or timedelta(0)

    @property
    def accepted(self) -> int:
        return sum(one.accepted.count for one in self.feed.sources.values())

    @property
    def refused(self) -> int:
        return sum(one.count for one in self.feed.refusals.values())

    @property
    def codemap_optional(self) -> bool:
        """Whether no finding asks for a code map: what it could add are unmapped codes, and these are no
        error."""
        return not any(one.code == "never-scored" or one.mended_by_codemap for one in self.findings)

    def refused_of(self, topic: str, source: str | None) -> int:
        """Events of a topic and source that are refused whole."""
        return sum(one.count for key, one in self.feed.refusals.items() if (key.topic, key.source) == (topic, source))

    def as_data(self) -> dict[str, Any]:
        """For `--json`; spans in whole seconds, places as `file:line`."""
        stays = {
            "count": len(self.feed.stays),
            "without_admission": self.unadmitted,
            "end_before_admission": [stay.set_aside.where for stay in self.feed.stays.values() if stay.set_aside],
            "treatment_outside_stay": [
                stay.treated_outside.where for stay in self.feed.stays.values() if stay.treated_outside
            ],
            "birth_date_implausible": self.unborn,
            "longest_silences": [one.as_data() for one in self.silences],
            "longest_laboratory_gaps": [one.as_data() for one in self.lab_gaps],
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
            "code_map_optional": self.codemap_optional,
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
            "without_recorded_at": tally.unrecorded,
            "outside_stay": self._outside(topic, source, tally.number),
            "other_patient": self._other_patient(tally.number),
            "lateness_seconds": tally.timing.lateness.as_data(),
            "behind_seconds": tally.timing.behind.as_data(),
        }

    def usable(self, topic: str, source: str) -> int:
        """Usable values of a source, those outside their stays included."""
        counts = (
            one.accepted.count for key, one in self.feed.codes.items() if (key.topic, key.source) == (topic, source)
        )
        return sum(counts)

    def place(self, place: tuple[int, int] | None) -> str | None:
        """`file:line`."""
        if place is None:
            return None
        file, line = place
        return f"{self.feed.files[file]}:{line}"

    def _outside(self, topic: str, source: str, number: int) -> dict[str, Any] | None:
        one = self.judged.outside.get(number)
        if one is None:
            return None
        counts = {"values": one.count, "of": self.usable(topic, source), "before_admission": one.early}
        return counts | {"after_end": one.late, "stays": one.stays, "first": self.place(one.place)}

    def _other_patient(self, number: int) -> dict[str, Any] | None:
        one = self.judged.mismatch.get(number)
        if one is None:
            return None
        return {"events": one.count, "stays": one.stays, "named": one.named, "first": self.place(one.place)}


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
    fields = {"score": component.of, "component": component.name, "rule": component.rule, "stays": one.stays}
    return fields | {"missing": [need.name for need in one.missing]}
