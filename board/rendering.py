"""The templates, and what they can call."""

import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from picustream.board.svg import steps
from picustream.board.views import times

HERE = Path(__file__).parent
STATIC = HERE / "static"

_environment = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)


def render(template: str, **values: object) -> str:
    """The page."""
    return _environment.get_template(template).render(**values)


@cache
def static(name: str) -> str:
    """The address of a file, another one for another content: it may be kept for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


DENSITIES = (("few", 4, 330), ("some", 5, 250), ("many", 6, 190), ("crowd", 8, 150))
"""How close beds are on a wall: beds in a row, and the height that one needs."""
WALL, HEADING = 920, 40
"""What a wall has for beds, and what the name of one more unit takes of it."""


def density(units: Sequence[int]) -> str:
    """How close the beds have to be, so that a wall shows all of them; `units`: how many each unit has."""
    room = WALL - HEADING * (len(units) - 1)
    fitting = (
        name for name, columns, height in DENSITIES if sum(-(-beds // columns) for beds in units) * height <= room
    )
    return next(fitting, "crowd")


_environment.globals.update(
    static=static, density=density, steps=steps, day_words=times.day, day_short=times.weekday, clock_words=times.clock
)
