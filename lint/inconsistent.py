"""Findings about versions, times and coma scales that contradict one another."""

from collections.abc import Iterator, Mapping

from picustream.lint.finding import Finding
from picustream.lint.report import Report
from picustream.lint.versions import Anomaly
from picustream.terminal.spans import span


def inconsistent(report: Report) -> Iterator[Finding]:
    """Versions, times and coma scales that contradict one another."""
    anomalies = report.anomalies
    yield from _versions(report, "correction-unmatched", anomalies.unmatched)
    yield from _versions(report, "id-reused", anomalies.reused)
    yield from _versions(report, "admission-moved", anomalies.moved)
    yield from _versions(report, "filed-far", anomalies.far)
    yield from _coma(report)
    yield from _offsets(report)


def _versions(report: Report, code: str, anomalies: Mapping[int, Anomaly]) -> Iterator[Finding]:
    """Anomalies of one kind, source by source."""
    for (topic, source), tally in report.feed.sources.items():
        anomaly = anomalies.get(tally.number)
        if anomaly is None:
            continue
        message = _MESSAGES[code]
        if code == "correction-unmatched":
            message += _probably_meant(anomaly)
        elif code == "id-reused":
            message = message.format(_forms(report, anomaly))
        yield Finding(code, anomaly.count, f"{topic} {source}", message, report.place(anomaly.place))


_MESSAGES = {
    "correction-unmatched": (
        "withdrawals or corrections that no older version of the same id precedes: what they were meant for is still "
        "in force. Send each under the id and the stay_id of its original; an observation without an id takes its "
        "event_id and code, a fact its event_id, so a correction has to repeat these or both need an id"
    ),
    "id-reused": (
        "final values replaced final ones of a moment more than an hour away under the same id: the older ones are "
        "gone. They share {}. Give each result an id of its own, and repeat it only for a later version of that "
        "result, with status amended or corrected"
    ),
    "admission-moved": (
        "admissions moved by more than an hour without status amended or corrected: what lies before the later one is "
        "scored no more. A readmission is a new stay, with a stay_id of its own; a change of bed is `moved`; a wrong "
        "time is sent again as `corrected`"
    ),
    "filed-far": (
        "filed days or months from what they speak of (a measurement 7 days after it, a fact 60 days, either 7 days "
        "before): a wrong year, day and month exchanged, or history that was loaded later, of which recorded_at is the "
        "time of its first filing"
    ),
}


def _probably_meant(anomaly: Anomaly) -> str:
    """What the corrections were probably meant for."""
    message = ""
    if anomaly.same_moment:
        message += f". {anomaly.same_moment:,} name the code (or type) and time of a value under another id"
    if anomaly.other_stay:
        message += f". {anomaly.other_stay:,} have an id that another stay has"
    return message


def _forms(report: Report, anomaly: Anomaly) -> str:
    several = len(anomaly.event_ids) > 1
    return " or ".join(_form(report.feed.forms[form], several) for form, _ in anomaly.forms.most_common(2))


def _form(form: str, several: bool) -> str:
    """The field that versions share, the form of what is in it, and what that usually is."""
    shape = form.partition(" that ")[2]
    usual = _USUAL.get(shape, ("", ""))[several]
    return f"an {form}" + (f": {usual}" if usual else "")


_COUNTER, _ORDER = "a counter that restarts", "an order number used again"
_USUAL = {
    "is a number": (f"{_ORDER}, or {_COUNTER}", _COUNTER),
    "is letters and a number": (_ORDER, f"{_ORDER}, or {_COUNTER}"),
    "is letters alone": ("one for all values of a kind", "one for all values of a kind"),
    "has a date in it": ("one for a day", "one for each day"),
    "is made of the stay_id": ("one for a stay", "a few for a stay"),
    "is made of the patient_id": ("one for a patient", "a few for a patient"),
    "is the code itself": ("one for all values of a code", "one for all values of a code"),
}
"""What an id of a form usually is: where one was used again, and where several were."""


def _coma(report: Report) -> Iterator[Finding]:
    count, place = report.coma
    if count:
        message = (
            "totals of the Glasgow coma scale are not the sum of the eye, verbal and motor points of the same stay and "
            "moment, and the total is what is scored (M6). See how the source adds up, and whether all four are of one "
            "scale"
        )
        yield Finding("gcs-contradiction", count, "gcs_total", message, report.place(place))


def _offsets(report: Report) -> Iterator[Finding]:
    for (topic, source), tally in report.feed.sources.items():
        shifted = tally.apart.shifted
        if shifted is not None:
            message = (
                f"recorded_at is {span(abs(report.offset))}, or a little more, from the event's own time: as far as "
                "local time is from UTC. One of the two has the wrong offset"
            )
            yield Finding("wrong-offset", shifted.count, f"{topic} {source}", message, shifted.first)
