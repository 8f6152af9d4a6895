"""Findings about what the worker would refuse: events, fields of an event, and single observations."""

from collections import defaultdict
from collections.abc import Iterator

from picustream.lint.finding import Finding, about
from picustream.lint.report import Report
from picustream.lint.spelling import shown
from picustream.lint.tallies import CodeKey, RefusalKey
from picustream.lint.unknown import meant_elsewhere
from picustream.models.observation import LOINC, VARIABLE
from picustream.models.variable import Variable
from picustream.scoring.chart.units import QUANTITIES


def refused(report: Report) -> Iterator[Finding]:
    """Refused events, the most frequent first, then unknown words, then observations by reason."""
    for refusals, scope in ((report.feed.refusals, "whole events"), (report.feed.words, "not read")):
        for key, tally in sorted(refusals.items(), key=lambda item: -item[1].count):
            where = f" at {key.path}" if key.path else ""
            yield Finding(key.reason, tally.count, _sender(key), f"{scope}{where}: {key.message}", tally.first)
    by_reason: dict[str, list[Finding]] = defaultdict(list)
    for code, codes in report.feed.codes.items():
        for reason, tally in codes.refused.items():
            message, by_codemap = _advice(reason, code, codes.variable, report)
            finding = Finding(reason, tally.count, about(code), message, tally.first, by_codemap)
            by_reason[reason].append(finding)
    for reason in _ADVICE:
        yield from sorted(by_reason[reason], key=lambda finding: -finding.count)


def _sender(key: RefusalKey) -> str:
    return " ".join(word for word in (key.topic, key.source) if word) or "lines"


def _advice(reason: str, code: CodeKey, variable: Variable | None, report: Report) -> tuple[str, bool]:
    """What to do about observations that are refused, and whether a code map can do it."""
    if variable is None:
        return _of_system(code, report)
    is_spelling = reason == "unit-unknown" and code.unit not in report.foreign
    advice = _ADVICE["unit-mismatch" if reason == "unit-unknown" and not is_spelling else reason]
    message = f"{variable}: {advice.format(' or '.join(QUANTITIES[variable].factors))}"
    return message + _FLOW * (variable is Variable.FIO2 and reason == "implausible"), is_spelling


def _of_system(code: CodeKey, report: Report) -> tuple[str, bool]:
    """The same about a code that is known under another system."""
    if code.code in list(Variable):
        return f"the name of a variable, and not under its system: send it with {VARIABLE}", False
    variable = meant_elsewhere(code, report.codes) or "known"
    message = (
        f"the code is {variable}, and not under the system {shown(code.system)}. If it is LOINC, send {LOINC}; if that "
        "is another name of it, or the site's own system, list the code under it in a code map (below)"
    )
    return message, True


_FLOW = " (1 to 20 may be a flow of oxygen, which is no fraction)"
_ADVICE = {
    "system-unknown": "",
    "value-not-numeric": (
        "no number; send the number, and what is before it as comparator. A result without one (clotted, not done) "
        "is cancelled, or not sent"
    ),
    "word-unknown": "a comparator that is none of <, <=, >= and >",
    "unit-unknown": "a unit that no code map has; if it is {} in another spelling, the lists below are for it",
    "unit-missing": "no unit; the feed has to send {}",
    "unit-mismatch": "another unit than {}: the code or the unit is wrong, or the feed has to convert",
    "implausible": "out of range; an artefact, or another unit than it says",
}
"""What to do about observations of a variable, in the order of the report; {} is replaced by the units that fit."""
