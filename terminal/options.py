"""What several commands take: rules, moments and days, each refused with the field and the fix."""

from datetime import date, datetime
from pathlib import Path

from picustream.models.times import parse_instant
from picustream.runtime.errors import UserError
from picustream.scoring.rules import Rules, RulesError, load_rules


def loaded_rules(protocol: Path | None, codemap: Path | None) -> Rules:
    """The rules of a protocol and a code map. Raises `UserError`."""
    try:
        return load_rules(protocol, codemap)
    except RulesError as error:
        raise UserError(f"{error}.", "Correct the file, or leave it out for the one shipped.") from None


def moment(written: str | None, option: str) -> datetime | None:
    """An option's time with an offset, in UTC. Raises `UserError`."""
    if written is None:
        return None
    try:
        return parse_instant(written)
    except ValueError as error:
        raise UserError(f"{option}: {error}.", "Example: 2025-03-01T00:00:00+08:00") from None


def day(written: str | None, option: str) -> date | None:
    """An option's local day. Raises `UserError`."""
    if written is None:
        return None
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise UserError(f"{option}: not a day.", "Example: 2025-03-01") from None
