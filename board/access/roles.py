"""Who somebody is to the board, and which pages that opens."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What an account is for."""

    WARD = "ward"
    """The bedside: blind, nothing of the trial."""
    TRIAL_OFFICE = "trial-office"
    OPS = "ops"
    """Whoever keeps it running: of patients nothing but what an alert says."""
    STATISTICIAN = "statistician"
    ADMIN = "admin"
    """Accounts, by the command line, and no page."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever sent a request."""

    name: str
    """An account, a display, or `local` where nobody logs in."""
    roles: frozenset[Role]
    display: bool = False
    """Whether it is a screen on a wall, which has the ward alone."""
    unit: str | None = None
    """The one unit that a display shows; None: all."""
    session: bytes | None = None
    """The hash of the session, of whoever logged in at the board or by a provider."""
    elsewhere: bool = False
    """Whether a provider said who it is."""

    @property
    def role(self) -> Role:
        """The one in which something is entered: on a machine where nobody logs in, the trial office's."""
        return Role.TRIAL_OFFICE if Role.TRIAL_OFFICE in self.roles else min(self.roles)


LOCAL = Visitor("local", frozenset(Role) - {Role.ADMIN})
"""Whoever is at this machine, where nobody logs in."""
NOBODY = Visitor("", frozenset())
"""Whoever has yet to say who they are."""

_BEDSIDE = frozenset({Role.WARD, Role.TRIAL_OFFICE, Role.STATISTICIAN})
_OPENED = (
    ("/ward", _BEDSIDE),
    ("/stay/", _BEDSIDE),
    ("/desk", frozenset({Role.TRIAL_OFFICE})),
    ("/ops", frozenset({Role.OPS})),
    ("/live/desk", frozenset({Role.TRIAL_OFFICE})),
    ("/live/ops", frozenset({Role.OPS})),
)
_EVERYBODY = frozenset({"/", "/live", "/logout"})


def may_open(visitor: Visitor, path: str) -> bool:
    """Whether a page is for somebody. A page that no line above names is for nobody."""
    if path in _EVERYBODY:
        return True
    if visitor.display and path != "/ward":
        return False
    return any(_within(path, place) and visitor.roles & roles for place, roles in _OPENED)


def home(visitor: Visitor) -> str | None:
    """The page where somebody begins; None: there is none for them."""
    return next((place for place, roles in _OPENED if not place.endswith("/") and visitor.roles & roles), None)


def _within(path: str, place: str) -> bool:
    return path == place or path.startswith(place if place.endswith("/") else f"{place}/")
