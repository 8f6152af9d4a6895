"""`picustream alerts`: what is firing, since when, and where it is written what to do about it."""

import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from picustream.eventfiles.outputs import Stored, Unread, in_files, in_kafka, read
from picustream.models.record import ALERT, AlertRecord, dump
from picustream.models.text import encode
from picustream.runtime.clock import Clock
from picustream.runtime.errors import UserError
from picustream.runtime.settings import Settings
from picustream.terminal.spans import span

if TYPE_CHECKING:
    from picustream.terminal.page import Page

FINDINGS = 1
SEVERITIES = ("critical", "warning", "info")
"""The worst first."""
URGENT = ("critical", "warning")
"""Somebody has to do something; `info` is for information."""
PAGES = "docs/alerts.md"
_STYLES = {"critical": "bold red", "warning": "yellow", "info": "cyan"}
_INDENT = 9


class Audience(StrEnum):
    """Whom an alert is for."""

    OPERATIONS = "operations"
    TRIAL_OFFICE = "trial-office"


def alerts(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="Output records: event files, or a folder that replay wrote."),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Resolved ones, too.")] = False,
    audience: Annotated[Audience | None, typer.Option("--audience", help="For one audience; default: both.")] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with what comes, until interrupted.")] = False,
    from_kafka: Annotated[bool, typer.Option("--from-kafka", help="Do not ask the read model.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; with --follow, then a line per record.")] = False,
) -> int:
    """Show what is firing and since when, the worst first. From the read model, where that is fresh, else from Kafka,
    unless files are named.

    Exit status 1: something of severity warning or critical fires, or some records cannot be read.
    """
    if paths and follow:
        raise UserError("--follow goes with Kafka, and not with files.", "Leave one of them out.")
    settings, unread = Settings(), Unread()
    watch, clock = Watch(audience, everything), Clock.of(settings)
    if follow:
        _follow(settings, watch, clock, unread, as_json)
    elif paths:
        watch.take(_records(in_files(paths, [ALERT], unread), unread))
        _print(watch, watch.last_emitted_at, as_json)
    else:
        watch.take(_records(_current(settings, everything, from_kafka), unread))
        _print(watch, clock.now(), as_json)
    if unread.count:
        print(f"picustream: {unread}", file=sys.stderr)
    return FINDINGS if watch.urgent or unread.count else 0


def _current(settings: Settings, everything: bool, from_kafka: bool) -> Iterable[Stored]:
    """What is needed to know the latest record of each alert."""
    from picustream.readmodel.fresh import fresh

    answers = None if from_kafka else fresh(settings, [ALERT])
    if answers is None:
        return in_kafka(settings, [ALERT])
    return answers.alerts(None if everything else True)


class Watch:
    """The latest record of each alert."""

    def __init__(self, audience: str | None, everything: bool) -> None:
        self._audience = audience
        self._everything = everything
        self._latest: dict[str, AlertRecord] = {}
        self.last_emitted_at: datetime | None = None
        """The greatest `emitted_at`: what files were written up to."""

    def take(self, records: Iterable[AlertRecord]) -> None:
        """Take note of records, in any order."""
        for record in records:
            self.note(record)

    def note(self, record: AlertRecord) -> bool:
        """Take note of one record; whether it changes what is asked for."""
        self.last_emitted_at = max(self.last_emitted_at or record.emitted_at, record.emitted_at)
        known = self._latest.get(record.alert_id)
        if known is not None and known.revision >= record.revision:
            return False
        self._latest[record.alert_id] = record
        return self._audience in (None, record.audience)

    @property
    def shown(self) -> list[AlertRecord]:
        """What is asked for: firing before resolved, by severity, then the oldest first."""
        asked = [alert for alert in self._latest.values() if self._audience in (None, alert.audience)]
        return sorted((alert for alert in asked if self._everything or alert.state == "firing"), key=_order)

    @property
    def urgent(self) -> bool:
        """Whether something fires that somebody has to see to."""
        return any(alert.state == "firing" and alert.severity in URGENT for alert in self.shown)


def _order(alert: AlertRecord) -> tuple[bool, int, datetime, str]:
    return alert.state != "firing", SEVERITIES.index(alert.severity), alert.since, alert.alert_id


def _records(stored: Iterable[Any], unread: Unread) -> Iterable[AlertRecord]:
    for alert in stored:
        record = read(alert, unread, "alert")
        if record is not None:
            yield cast(AlertRecord, record)


def subject(alert: AlertRecord) -> str:
    """What an alert is about: the stay, and what of it; for the alert of no stay the rest of its id."""
    whose = f"{alert.stay_id}/" if alert.stay_id else ""
    before, _, within = alert.alert_id.removeprefix(whose).partition(f"alert/{alert.name}")
    parts = (alert.stay_id, before.removesuffix("/"), within.removeprefix("/"))
    return " ".join(part for part in parts if part)


def lasted(alert: AlertRecord, as_of: datetime) -> timedelta:
    """For how long it has been firing, or had been when it was resolved."""
    return max((as_of if alert.state == "firing" else alert.emitted_at) - alert.since, timedelta(0))


def _follow(settings: Settings, watch: Watch, clock: Clock, unread: Unread, as_json: bool) -> None:
    """Show what there is, then each change as it comes; ends when interrupted."""
    catching_up = True

    def then() -> None:
        nonlocal catching_up
        catching_up = False
        _print(watch, clock.now(), as_json)
        sys.stdout.flush()

    for record in _records(in_kafka(settings, [ALERT], then=then), unread):
        if watch.note(record) and not catching_up:
            _print_one(record, clock.now(), as_json)


def _print(watch: Watch, as_of: datetime | None, as_json: bool) -> None:
    shown = watch.shown
    if as_json:
        firing = sum(alert.state == "firing" for alert in shown)
        shown_alerts = [_as_data(alert, as_of or alert.emitted_at) for alert in shown]
        print(encode({"as_of": as_of, "firing": firing, "alerts": shown_alerts}))
        return
    page = _page()
    _summary(page, shown)
    for alert in shown:
        _write(page, alert, as_of or alert.emitted_at)
    page.print()


def _print_one(alert: AlertRecord, as_of: datetime, as_json: bool) -> None:
    if as_json:
        print(encode(_as_data(alert, as_of)), flush=True)
        return
    page = _page()
    _write(page, alert, as_of)
    page.print()
    sys.stdout.flush()


def _as_data(alert: AlertRecord, as_of: datetime) -> dict[str, Any]:
    more = {"subject": subject(alert), "seconds": int(lasted(alert, as_of).total_seconds()), "page": _page_of(alert)}
    return dump(alert) | more


def _page_of(alert: AlertRecord) -> str:
    return f"{PAGES}#{alert.name}"


def _page() -> "Page":
    from picustream.terminal.page import Page

    return Page.on_stdout()


def _summary(page: "Page", shown: list[AlertRecord]) -> None:
    firing = [alert.severity for alert in shown if alert.state == "firing"]
    counts = ", ".join(f"{firing.count(word):,} {word}" for word in SEVERITIES if word in firing)
    page.write(f"{len(firing):,} firing: {counts}" if firing else "Nothing fires.", style="bold")


def _write(page: "Page", alert: AlertRecord, as_of: datetime) -> None:
    """Two lines: how bad, what and for how long; about what, why, and where to read on."""
    from rich.text import Text

    firing = alert.state == "firing"
    word, style = (alert.severity, _STYLES[alert.severity]) if firing else ("resolved", "green")
    head = Text.assemble((f"{word:{_INDENT}}", style), (alert.name, "bold"), f" {subject(alert)}")
    page.ends(head, f"for {span(lasted(alert, as_of))}")
    since = f"{'':{_INDENT}}since {alert.since:%Y-%m-%d %H:%M}  {alert.detail or ''}"
    page.ends(Text(since.rstrip(), "grey58"), Text(_page_of(alert), "grey58"))
