"""Pictures made on the server: no script draws them, and no style is written into them."""

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup, escape

from picustream.board.views import times
from picustream.board.views.figure import SCORE, Figure

COLUMN, BAR, HEAD, FOOT = 48, 30, 18, 18
"""Widths of a day and of its bar; heights above and below the bars."""
HEIGHT = 84
"""Of the highest bar."""
SMALL = 3
"""What a bar of 0 is drawn with, for a measured 0 is something."""


def steps(days: Sequence[Figure | date], columns: int) -> Markup:
    """The totals of days side by side: filled as far as it was measured, dashed as far as it could be.

    `columns`: the last ones of these are taken, so that all beds have their last day at one place. A day without a
    record has no bar.
    """
    scale = HEIGHT / SCORE.description.highest
    first = columns - len(days)
    drawn = "".join(_column(one, (first + place) * COLUMN, scale) for place, one in enumerate(days))
    said = "; ".join(map(_said, days)) or "no day yet"
    size = f"0 0 {columns * COLUMN} {HEAD + HEIGHT + FOOT}"
    return Markup('<svg class="steps" viewBox="{}" role="img" aria-label="{}">{}</svg>').format(
        size, f"MODS by day: {said}", Markup(drawn)
    )


def _column(one: Figure | date, x: int, scale: float) -> str:
    middle, floor = x + COLUMN // 2, HEAD + HEIGHT
    day = one.day if isinstance(one, Figure) else one
    label = f'<text x="{middle}" y="{floor + FOOT - 4}" class="of-day">{escape(f"{day:%a}")}</text>'
    if not isinstance(one, Figure):
        return f'{label}<text x="{middle}" y="{floor - 4}" class="no-day">·</text>'
    low, high = max(SMALL, one.low * scale), one.high * scale
    left = middle - BAR // 2
    bars = _bar(left, floor - low, low, "measured")
    if one.open:
        bars = _bar(left, floor - high, high - (low if one.low else 0), "could-be") + (bars if one.low else "")
    text = f'<text x="{middle}" y="{floor - max(low, high) - 4}" class="big">{escape(one.big)}</text>'
    return bars + text + label


def _bar(left: int, top: float, height: float, kind: str) -> str:
    return f'<rect x="{left}" y="{top:.1f}" width="{BAR}" height="{height:.1f}" class="{kind}"/>'


def _said(one: Figure | date) -> str:
    return f"{times.day(one.day)} {one.big}" if isinstance(one, Figure) else f"{times.day(one)} no record"
