"""What of a feed somebody should check before it goes live."""

from collections.abc import Iterator

from picustream.lint.components import is_met
from picustream.lint.finding import Finding
from picustream.lint.inconsistent import inconsistent
from picustream.lint.mislabelled import mislabelled
from picustream.lint.refused import refused
from picustream.lint.report import Report
from picustream.models.event import ADT
from picustream.models.variable import Variable
from picustream.scoring.scores.description import Need


def findings(report: Report) -> Iterator[Finding]:
    """The worst first: what is lost, then what can never be scored, then anomalies."""
    feed = report.feed
    if not feed.stays:
        yield Finding("no-events", 0, "all", "no event is accepted")
    yield from refused(report)
    yield from mislabelled(report)
    yield from inconsistent(report)
    yield from _outside(report)
    yield from _bounds(report)
    for one in report.prospects if feed.stays else ():
        if one.never(report.topics):
            lacking = " and ".join(_lacking(need, report) for need in one.missing) or "never all parts in one stay"
            name = f"{one.component.of} {one.component.name}"
            yield Finding("never-scored", len(feed.stays), name, f"{lacking}: no points in any stay")
    yield from _anomalous(report)
    silent = [one for one in report.silences if one.alarming]
    if silent:
        message = "stays are without a vital sign for 4 h or longer, each an alarm"
        yield Finding("stay-silent", len(silent), STAYS, message, silent[0].first)


def _lacking(need: Need, report: Report) -> str:
    lacking = f"no usable {need.name}" + (" inside its stay" if is_met(need, report.judged.had_outside) else "")
    ways = {variable for way in need.ways for variable in way}
    gases = any(one.variable is Variable.PAO2 and one.ignored.count for one in report.feed.codes.values())
    not_arterial = " (there are some whose event does not say that its specimen is arterial)"
    return lacking + not_arterial * (gases and Variable.PAO2 in ways)


def _outside(report: Report) -> Iterator[Finding]:
    for (topic, source), tally in report.feed.sources.items():
        outside, mismatch = report.judged.outside.get(tally.number), report.judged.mismatch.get(tally.number)
        if outside is not None:
            every = report.usable(topic, source)
            parts = ((outside.early, "before the admission"), (outside.late, "after the end"))
            message = (
                f"of {every:,} usable values ({_percent(outside.count, every)}) lie outside their stay, which no score "
                f"reads: {' and '.join(f'{count:,} {words}' for count, words in parts if count)}, in {outside.stays:,} "
                f"of {len(report.feed.stays):,} stays; {_USUAL if 2 * outside.count < every else _WRONG}"
            )
            yield Finding("outside-stay", outside.count, f"{topic} {source}", message, report.place(outside.place))
        if mismatch is not None:
            message = (
                f"events, in {mismatch.stays:,} stays, name another patient than the admission (or, without one, the "
                f"first event) of their stay: {mismatch.named:,} other patients, each an alarm. They are used all the "
                "same. After a merge, events from before it name the former patient; what belongs to another child has "
                "to be withdrawn here and sent under its own stay"
            )
            yield Finding(
                "patient-mismatch", mismatch.count, f"{topic} {source}", message, report.place(mismatch.place)
            )


_WRONG = "look for a wrong offset, another year, a wrong stay, or wrong times of the stay"
_USUAL = "some results from before the admission are usual, and more of them a wrong offset or stay"


def _percent(part: int, whole: int) -> str:
    """Never 0 % of some, never 100 % of not all."""
    share = 100 * part / whole
    return "under 1 %" if share < 1 else f"{100 if part == whole else min(round(share), 99)} %"


def _bounds(report: Report) -> Iterator[Finding]:
    """Stays whose facts do not go together."""
    stays = report.feed.stays
    if report.unadmitted and ADT in report.topics:
        message = "stays have no admission, and without one nothing is scored"
        yield Finding("no-admission", len(report.unadmitted), STAYS, message, report.unadmitted[0])
    for code, found, message in (
        (
            "end-before-admission",
            [stay.set_aside.where for stay in stays.values() if stay.set_aside],
            "stays end before their admission; the end is set aside, the stay counts as open",
        ),
        (
            "treatment-outside-stay",
            [stay.treated_outside.where for stay in stays.values() if stay.treated_outside],
            "stays whose treatment starts before the admission or after the end",
        ),
        (
            "birth-date-implausible",
            report.unborn,
            "stays with a birth date that is none: a dummy of long ago, which counts as no date, or a day after the "
            "admission. A source that does not know the date leaves the field out",
        ),
    ):
        if found:
            yield Finding(code, len(found), STAYS, message, found[0])


STAYS = "stays"
"""What a finding about stays is about: their ids are not shown, `first` leads to one."""


def _anomalous(report: Report) -> Iterator[Finding]:
    for (topic, source), tally in report.feed.sources.items():
        name = f"{topic} {source}"
        conflict = report.conflicts.get(tally.number)
        if conflict is not None:
            message = "stated twice and differently, with nothing to show which is the later (recorded_at, event_id)"
            first = report.place((conflict.file, conflict.line))
            yield Finding("conflicting-duplicate", conflict.count, name, message, first)
        early = tally.filed_early
        if early.count:
            message = "filed (recorded_at) before it happened: two clocks, or a wrong offset"
            yield Finding("filed-early", early.count, name, message, early.first)
