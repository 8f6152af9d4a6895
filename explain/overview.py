"""All days of a stay in one table per score, and how to see one of them."""

from datetime import date

from rich.text import Text

from picustream.explain.chains import Chain, StayScores
from picustream.models.record import ScorePart
from picustream.scoring.scores.description import Description
from picustream.terminal import glyphs
from picustream.terminal.page import QUIET, Page

_ROOM_FOR_PICTURES = 78
_DAY, _STATUS, _NUMBER, _RANGE = 10, 8, 5, 5


def overview(page: Page, scores: StayScores) -> None:
    """Write the tables of whatever scores there are."""
    record = scores.chains[-1].current
    page.ends(
        Text(f"Scores of stay {record.stay_id}", "bold"), Text(f"patient {record.patient_id or 'unknown'}", QUIET)
    )
    page.rule()
    for number, chains in enumerate(scores.by_score.values()):
        if number:
            page.blank()
        _table(page, chains[0].score.description, chains)


def _table(page: Page, description: Description, chains: list[Chain]) -> None:
    pictures = description.pictured and page.width >= _ROOM_FOR_PICTURES
    heads = {name: _head(description, name, pictures) for name in description.part_names}
    title = f"{description.name} of"
    columns = " ".join([*heads.values(), description.tail_head])
    page.line(Text(f"{title:{_DAY}} {'status':{_STATUS}} {'total':>{_NUMBER}} {'range':{_RANGE}} {columns}", QUIET))
    for chain in chains:
        page.row(_row(description, chain, heads, pictures), _DAY + 1)
    page.write(_legend(description, pictures), style=QUIET)


def _head(description: Description, name: str, pictures: bool) -> str:
    """As wide as what stands below it: a picture has five columns, or two where there is no room."""
    head = description.head(name)
    return head[:2] if description.pictured and not pictures else head


def _row(description: Description, chain: Chain, heads: dict[str, str], pictures: bool) -> Text:
    record, parts = chain.current, description.parts(chain.current)
    status = glyphs.status(record.model_dump())
    row = Text(f"{chain.day!s:{_DAY}} ") + status + Text(" " * (_STATUS - status.cell_len + 1))
    possible = description.possible_total(record)
    if possible is None:
        return row + Text(f"{'–':>{_NUMBER}}")
    total = Text("–", "bold") if record.total is None else Text(str(record.total), "bold")
    if description.pictured:
        total = glyphs.total(record.model_dump())
    could = "" if possible[0] == possible[1] else f"{possible[0]}-{possible[1]}"
    row += Text(" " * (_NUMBER - total.cell_len)) + total + Text(f" {could:{_RANGE}}", glyphs.UNKNOWN)
    for name, part in parts.items():
        row += Text(" ") + _cell(part, len(heads[name]), pictured=description.pictured, whole=pictures)
    return row + Text(f" {description.tail(record)}", QUIET)


def _cell(part: ScorePart, width: int, *, pictured: bool, whole: bool) -> Text:
    if not pictured:
        return Text(f"{'?' if part.points is None else part.points:<{width}}")
    fields = part.model_dump()
    picture = glyphs.organ(fields)
    return picture if whole else _mark(fields["basis"], picture)


def _mark(basis: str, picture: Text) -> Text:
    """Two columns of a picture: the digit, and whether it was brought forward."""
    return picture[:1] + Text("‹" if basis == "carried-forward" else " ", glyphs.CARRIED)


def _legend(description: Description, pictures: bool) -> Text:
    own = Text(description.legend, QUIET)
    if not description.pictured:
        return own
    if pictures:
        return glyphs.legend() + Text("\n") + own
    return Text("2 measured, 2‹ carried forward, ? not measured, z sedated\n", QUIET) + own


def days_told(days: list[date]) -> str:
    """`2025-01-01 to 2025-01-05`, or one by one where days are missing between."""
    whole = len(days) > 2 and (days[-1] - days[0]).days == len(days) - 1
    return f"{days[0]} to {days[-1]}" if whole else ", ".join(map(str, days))
