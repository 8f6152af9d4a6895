"""From a feed and what is remembered of it to the report card."""

from picustream.lint.bounds import judge
from picustream.lint.coma import contradictions
from picustream.lint.components import prospects
from picustream.lint.feed import Feed
from picustream.lint.findings import findings
from picustream.lint.fixes import codemap_lines, foreign_units
from picustream.lint.memory import Memory
from picustream.lint.report import Report
from picustream.lint.stays import RESULTS, silences, unborn, without_admission
from picustream.lint.versions import version_anomalies
from picustream.models.codemap import CodeMapFile
from picustream.models.event import INPUT_TOPICS, LAB, VITAL
from picustream.scoring.alerts.alerts import VITAL_SIGNS
from picustream.scoring.rules import Rules


def evaluate(feed: Feed, rules: Rules, memory: Memory, partial: bool, site: CodeMapFile | None = None) -> Report:
    """Everything that is known of the events of a feed.

    `partial`: the rest comes from feeds that are not in the files. `site`: the site's code map, to add to.
    """
    topics = {topic for topic, _ in feed.sources} if partial else set(INPUT_TOPICS)
    judged = judge(feed.stays.values(), memory)
    clock = feed.clock
    report = Report(
        feed=feed,
        topics=frozenset(topics),
        repeats=memory.repeats(),
        versions=memory.versions(),
        conflicts=memory.conflicts(),
        judged=judged,
        anomalies=version_anomalies(memory),
        coma=contradictions(memory),
        unadmitted=without_admission(feed.stays),
        unborn=unborn(feed.stays, rules.protocol),
        silences=silences(feed.stays, memory, clock, VITAL_SIGNS) if VITAL in topics else [],
        lab_gaps=silences(feed.stays, memory, clock, RESULTS) if LAB in topics else [],
        prospects=prospects(judged.had, rules.kinds),
        protocol=rules.protocol,
        codes=rules.codemap,
        foreign=foreign_units(feed.codes, rules.codemap),
        codemap=codemap_lines(feed.codes, rules.codemap, site or CodeMapFile()),
        findings=[],
    )
    report.findings.extend(findings(report))
    return report
