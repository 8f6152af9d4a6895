"""All days of a stay in one table, and how to see one of them."""

from datetime import date

from rich.text import Text

from picustream.explain import apps, words
from picustream.explain.chains import Chain, StayScores, day_of
from picustream.scoring.scores.apps.record import AppsComponent, AppsRecord
from picustream.scoring.scores.mods.record import ModsRecord
from picustream.terminal import glyphs
from picustream.terminal.page import QUIET, Page

_ORGANS = ("lungs", "renal", "liver", "heart", "blood", "brain")
"""In the order of a record's components; as wide as their pictures."""
_ROOM_FOR_PICTURES = 78
_DAY, _STATUS, _NUMBER, _RANGE, _COUNTS = 10, 8, 5, 5, 5


def overview(page: Page, scores: StayScores) -> None:
    """Write the tables of whatever scores there are."""
    record = scores.chains[-1].current
    page.ends(
        Text(f"Scores of stay {record.stay_id}", "bold"), Text(f"patient {record.patient_id or 'unknown'}", QUIET)
    )
    page.rule()
    if scores.mods:
        _mods(page, list(scores.mods.values()))
    if scores.mods and (scores.apps_daily or scores.apps_episodes):
        page.blank()
    if scores.apps_daily or scores.apps_episodes:
        _apps(page, [*scores.apps_daily.values(), *scores.apps_episodes.values()])


def _mods(page: Page, chains: list[Chain[ModsRecord]]) -> None:
    pictures = page.width >= _ROOM_FOR_PICTURES
    organs = " ".join(name if pictures else name[:2] for name in _ORGANS)
    head = (
        f"{'MODS of':{_DAY}} {'status':{_STATUS}} {'total':>{_NUMBER}} {'range':{_RANGE}} {organs} {'m/c/a':{_COUNTS}}"
    )
    page.line(Text(head.rstrip(), QUIET))
    for chain in chains:
        page.row(_mods_row(chain.current, pictures), _DAY + 1)
    page.write(_legend(pictures), style=QUIET)


def _mods_row(record: ModsRecord, pictures: bool) -> Text:
    row = _start(str(record.day), record)
    if record.total is None or record.range is None:
        return row + Text(f"{'–':>{_NUMBER}}")
    could = f"{record.range.min}-{record.range.max}" if record.range.min != record.range.max else ""
    row += Text(" " * (_NUMBER - len(str(record.total)))) + glyphs.total(record.model_dump())
    row += Text(f" {could:{_RANGE}}", glyphs.UNKNOWN)
    for component in record.components:
        picture = glyphs.organ(component.model_dump())
        row += Text(" ") + (picture if pictures else _mark(component.basis, picture))
    return row + Text(f" {record.measured}/{record.carried}/{record.assumed}", QUIET)


def _mark(basis: str, picture: Text) -> Text:
    """Two columns of a picture: the digit, and whether it was brought forward."""
    return picture[:1] + Text("‹" if basis == "carried-forward" else " ", glyphs.CARRIED)


def _legend(pictures: bool) -> Text:
    counts = Text("m/c/a: organs measured, carried forward, assumed normal", QUIET)
    if pictures:
        return glyphs.legend() + Text("\n") + counts
    return Text("2 measured, 2‹ carried forward, ? not measured, z sedated\n", QUIET) + counts


def _start(name: str, record: ModsRecord | AppsRecord) -> Text:
    status = glyphs.status(record.model_dump())
    return Text(f"{name:{_DAY}} ") + status + Text(" " * (_STATUS - status.cell_len + 1))


def _apps(page: Page, chains: list[Chain[AppsRecord]]) -> None:
    head = f"{'APPS of':{_DAY}} {'status':{_STATUS}} {'total':>{_NUMBER}} {'range':{_RANGE}} age P/F plateau ARDS"
    page.line(Text(head, QUIET))
    for chain in chains:
        page.row(_apps_row(chain.current), _DAY + 1)
    page.write("? a part that is missing: no points, and no total (A7)", style=QUIET)


def _apps_row(record: AppsRecord) -> Text:
    row = _start(str(day_of(record)), record)
    if record.components is None:
        return row + Text(f"{'–':>{_NUMBER}}")
    could = "" if record.total is not None else "-".join(map(str, apps.possible_total(record)))
    row += Text(f"{'–' if record.total is None else record.total:>{_NUMBER}}", "bold")
    row += Text(f" {could:{_RANGE}}", glyphs.UNKNOWN)
    for name, component in record.components:
        row += Text(f" {_points(component):<{len(words.APPS_NAMES[name])}}")
    kind = "" if record.basis == "daily" else f", 24 h after onset {record.episode}"
    return row + Text(f" {record.ards}{kind}", QUIET)


def _points(component: AppsComponent) -> str:
    return "?" if component.points is None else str(component.points)


def days_told(days: list[date]) -> str:
    """`2025-01-01 to 2025-01-05`, or one by one where days are missing between."""
    whole = len(days) > 2 and (days[-1] - days[0]).days == len(days) - 1
    return f"{days[0]} to {days[-1]}" if whole else ", ".join(map(str, days))
