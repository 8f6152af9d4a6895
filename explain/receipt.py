"""The receipt of one record of a score, whichever it is."""

from rich.text import Text

from picustream.explain.audit import faults
from picustream.explain.chains import Chain, FirstCounted
from picustream.explain.frame import COLUMN, closing, opening
from picustream.explain.inputs import show_inputs
from picustream.models.record import MOST_PASSED_OVER, ScorePart, ScoreRecord
from picustream.scoring.scores import words
from picustream.scoring.scores.description import Description, PartText
from picustream.scoring.scores.working import working
from picustream.terminal import glyphs
from picustream.terminal.page import QUIET, Page

_NAME = 16
"""Columns of a part's name, longest `cardiovascular`."""
_ROOM_FOR_TIMES = 76
"""From this width on the summary has room for when a value was taken."""


def receipt(page: Page, chain: Chain, counted: FirstCounted) -> None:
    """Write the receipt of a chain's current record, and its revisions, on a page."""
    description, record = chain.score.description, chain.current
    opening(page, record, description.title(record), _total(chain))
    for label, text in description.headings(record):
        if label != words.COUNTED or not chain.of_ward:
            page.field(label, text, COLUMN)
    parts = description.parts(record)
    if description.pictured and parts:
        page.blank()
        _summary(page, record, description)
    for name, part in parts.items():
        page.blank()
        _part(page, description, record, name, part, counted)
    closing(page, chain, faults(description, record))


def _total(chain: Chain) -> str:
    if chain.withdrawn:
        return "withdrawn"
    total = chain.current.total
    return "no total" if total is None else f"total {total} of {chain.score.description.highest}"


def _summary(page: Page, record: ScoreRecord, description: Description) -> None:
    """One line a part; what nobody measured has no digit and no value."""
    parts = description.parts(record)
    known = {name: description.part(record, name).known for name in parts}
    values = {name: _value(part) if known[name] else "–" for name, part in parts.items()}
    room = max(map(len, values.values()))
    for name, part in parts.items():
        fields = part.model_dump()
        line = Text(name.ljust(_NAME)) + glyphs.organ(fields) + Text(f"  {values[name]:<{room}}  ")
        if page.width >= _ROOM_FOR_TIMES:
            at = fields["observed_at"]
            line.append(f"{words.moment(at)[:16] if known[name] and at else '':<16}  ", QUIET)
        page.row(line.append(glyphs.BASES[fields["basis"]]), _NAME)


def _value(part: ScorePart) -> str:
    return words.quantity(part.value, part.unit, getattr(part, "comparator", None))


def _part(
    page: Page, description: Description, record: ScoreRecord, name: str, part: ScorePart, counted: FirstCounted
) -> None:
    part_text, label = description.part(record, name), Text(description.label(name).upper().ljust(_NAME), "bold")
    picture = glyphs.organ(part.model_dump()) if description.pictured else Text()
    page.field(label + picture, _verdict(part_text), _NAME + (7 if description.pictured else 0))
    page.write(part_text.basis, indent=2)
    made = working(part.inputs)
    if made is not None and made.formula:
        page.write(f"{part_text.measure} = {made.sentence} {words.unit_of(part.unit)}".rstrip(), indent=2, style="bold")
    show_inputs(page, part.inputs, counted)
    _passed_over(page, description, name, part)


def _verdict(part_text: PartText) -> Text:
    return Text(part_text.verdict, "bold" if part_text.known else glyphs.UNKNOWN)


def _passed_over(page: Page, description: Description, name: str, part: ScorePart) -> None:
    """The other values of the day and why none of them was used, gathered by reason."""
    rejected, by_reason = getattr(part, "candidates_rejected", []), dict[str, list[str]]()
    for one in rejected:
        by_reason.setdefault(one.reason, []).append(one.id)
    full = f" (no more than {MOST_PASSED_OVER} are kept)" if len(rejected) == MOST_PASSED_OVER else ""
    for reason, ids in by_reason.items():
        why = description.why_passed_over(name, reason)
        page.write(f"Passed over, {why}: {', '.join(ids)}{full}", 2, hang=2)
