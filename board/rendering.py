"""The templates, and what they can call."""

import hashlib
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


def density(beds: int) -> str:
    """How close the beds of a unit have to be, so that a wall shows all of them."""
    return next(name for most, name in ((8, "few"), (15, "some"), (24, "many"), (beds, "crowd")) if beds <= most)


_environment.globals.update(
    static=static, density=density, steps=steps, day_words=times.day, day_short=times.weekday, clock_words=times.clock
)
