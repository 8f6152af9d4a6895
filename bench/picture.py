"""A table of growth as a picture: each column a panel, each row a point with the spread of its rounds."""

import statistics
from collections.abc import Iterator

from bench.table import Table

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 340, 200, 50, 34, 28
BLUE = "stroke='#1f6f8b'"
FONT = "font-family='sans-serif' font-size='12' fill='#333'"


def svg(table: Table) -> str:
    """The picture; the same figures give the same bytes."""
    panels = [f"<g transform='translate({number * WIDTH} 0)'>{'' .join(_panel(table, column.name))}</g>"
              for number, column in enumerate(table.columns)]  # fmt: skip
    width = WIDTH * len(panels)
    size = f"viewBox='0 0 {width} {HEIGHT}' width='{width}' height='{HEIGHT}'"
    ground = "<rect width='100%' height='100%' fill='white'/>"
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' {size}><title>{table.title}</title>{ground}{''.join(panels)}</svg>\n"
    )


def _panel(table: Table, column: str) -> Iterator[str]:
    points = {row: figures[column] for row, figures in table.rows.items()}
    most = max(map(max, points.values())) * 1.1 or 1.0
    apart = (WIDTH - LEFT - 40) / max(1, len(points) - 1)

    def y(figure: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * figure / most, 1)

    yield f"<text x='{LEFT}' y='18' {FONT} font-weight='bold'>{column}</text>"
    for part in (0, 0.5, 1):
        at = y(most * part)
        yield f"<line x1='{LEFT}' x2='{WIDTH - 20}' y1='{at}' y2='{at}' stroke='#ddd'/>"
        written = f"{most * part:,.{0 if most > 9 else 2}f}"
        yield f"<text x='{LEFT - 6}' y='{at + 4}' {FONT} text-anchor='end'>{written}</text>"
    line = []
    for number, (row, figures) in enumerate(points.items()):
        x, middle = round(LEFT + 10 + number * apart, 1), y(statistics.median(figures))
        line.append(f"{x},{middle}")
        yield f"<line x1='{x}' x2='{x}' y1='{y(min(figures))}' y2='{y(max(figures))}' {BLUE} stroke-width='5'/>"
        yield f"<circle cx='{x}' cy='{middle}' r='3' fill='#1f6f8b'/>"
        yield f"<text x='{x}' y='{HEIGHT - 8}' {FONT} text-anchor='middle'>{row}</text>"
    yield f"<polyline points='{' '.join(line)}' fill='none' {BLUE}/>"
