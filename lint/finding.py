"""One finding of the report card."""

from dataclasses import dataclass

from picustream.lint.spelling import shown
from picustream.lint.tallies import CodeKey
from picustream.models.observation import LOINC, VARIABLE


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should be checked before the feed goes live."""

    code: str
    """A dead-letter reason, an alert's name, or one of lint's own (docs/topics.md, before a feed goes live)."""
    count: int
    about: str
    """Topic and source, code and unit, component: what it is about."""
    message: str
    first: str | None = None
    """`file:line`."""
    mended_by_codemap: bool = False
    """A line in a code map may fix it."""


def code_name(key: CodeKey) -> str:
    """A code and its unit; of a site's own system with its name."""
    system = "" if key.system in (LOINC, VARIABLE) else f"{key.system}|"
    return shown(f"{system}{key.code} {key.unit or '(no unit)'}")


def about(key: CodeKey) -> str:
    """What a finding about one kind of observation is about."""
    return f"{key.topic} {key.source} {code_name(key)}"
