"""Which of a message's identifiers is taken, by the site's rules, and the key it has in our tables.

A key is a pseudonym: neither a table nor a list of what waits holds a number of a patient.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from picustream.gateways.site.config import Authority
from picustream.gateways.statement import Identifier

_NOT_SAID = ("", '""')
_RESOURCES = ("Patient", "Encounter")


@dataclass(frozen=True, slots=True)
class Named:
    """An identifier as it is counted: two spellings of one number are one."""

    key: str
    authority: str
    value: str
    """Normalised. It is in no table, and never leaves the process."""


def chosen(
    identifiers: Iterable[Identifier], rules: Sequence[Authority], key: Callable[[str, str], str]
) -> tuple[Named, ...]:
    """All that the first fitting rule takes, each once; of patients' fields PID-3 goes before PID-2 and PID-4.

    More than one is for the caller to judge: which of two numbers is meant is never a question of their order.
    """
    given = [one for one in identifiers if one.value.strip() not in _NOT_SAID]
    for rule in rules:
        fitting = [one for one in given if _fits(one, rule)]
        fitting = [one for one in fitting if one.field not in ("PID-2", "PID-4")] or fitting
        if fitting:
            return tuple(dict.fromkeys(_named(one, rule, key) for one in fitting))
    return ()


def references(identifiers: Iterable[Identifier], resource: str, key: Callable[[str, str], str]) -> tuple[Named, ...]:
    """Those that are a server's name of a resource: unique by themselves, whatever the site's rules say."""
    plain = Authority()
    found = (one for one in identifiers if _is_reference(one, resource) and one.value.strip())
    return tuple(dict.fromkeys(_named(one, plain, key) for one in found))


def _is_reference(identifier: Identifier, resource: str) -> bool:
    authority = identifier.authority.rstrip("/")
    return authority.rpartition("/")[2] == resource or (authority == "urn" and identifier.field == resource)


def _fits(identifier: Identifier, rule: Authority) -> bool:
    return (
        rule.authority in (None, identifier.authority.strip())
        and rule.type in (None, identifier.kind.strip())
        and rule.field in (None, identifier.field)
    )


def _named(identifier: Identifier, rule: Authority, key: Callable[[str, str], str]) -> Named:
    value = identifier.value.strip()
    if identifier.field not in _RESOURCES:
        value = value.upper()
    if rule.strip_leading_zeros:
        value = value.lstrip("0") or "0"
    authority = rule.name or identifier.authority.strip()
    return Named(key(authority, value), authority, value)
