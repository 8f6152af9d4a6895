"""What every page has around its content: how old it is, in which zone, and what is wrong with that."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Trouble:
    """A line above the content."""

    kind: str
    """`stale`: what is shown is not what is so; `silent`: something is not said; `past`: it was chosen so."""
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Around the content of a page."""

    version: str
    """Changes with everything that is shown."""
    software: str
    places: tuple[tuple[str, str], ...]
    """Pages to go to: name and address."""
    place: str
    stream: str
    """The address of the events that renew it."""
    visitor: str
    """Who looks."""
    logged_in: bool
    """Whether they can log out."""
    known: datetime
    known_words: str
    zone: str
    past: bool
    """Whether it shows what was known at a moment that was chosen."""
    troubles: tuple[Trouble, ...]

    @property
    def stale(self) -> bool:
        """Whether what is shown is old, however often the page is renewed."""
        return any(trouble.kind == "stale" for trouble in self.troubles)
