"""Whether the revisions of a record follow one another: what is missing between two of them was lost."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from picustream.readmodel.intake import Fields

Key = tuple[str, str]
"""Topic and record."""
MOST = 200_000
"""Heads that are kept in memory."""


@dataclass(frozen=True, slots=True)
class Head:
    """What was last seen of a record."""

    head: int = 0
    """The newest revision in Kafka."""
    revision: int = 0
    """The newest one in the read model: for the ward, of those alone that it sees."""
    digest: str | None = None
    """For the ward, of what it sees."""


class Heads:
    """The head of every record, the last used in memory and all of them in the database."""

    def __init__(self, load: Callable[[list[Key]], dict[Key, Head]]) -> None:
        self._load = load
        self._known: dict[Key, Head] = {}

    def want(self, keys: Iterable[Key]) -> None:
        """Have the heads of these records ready."""
        keys = set(keys)
        missing = [key for key in keys if key not in self._known]
        if len(self._known) + len(missing) > MOST:
            self._known = {key: self._known[key] for key in keys if key in self._known}
        if missing:
            found = self._load(missing)
            self._known.update((key, found.get(key, Head())) for key in missing)

    def __getitem__(self, key: Key) -> Head:
        return self._known[key]

    def __setitem__(self, key: Key, head: Head) -> None:
        self._known[key] = head


def fault_of(found: Fields, record: str, head: Head) -> dict[str, Any] | None:
    """What is wrong with a revision as the next one after a head; None where it is just that."""
    expected = head.head + 1
    if found.revision != expected:
        kind = "gap" if found.revision > expected else "repeat"
        detail = f"revision {found.revision} where {expected} had to come"
    elif found.supersedes != (f"{record}/r{head.head}" if head.head else None):
        kind, detail = "fork", f"revision {found.revision} supersedes another one than {head.head}"
    else:
        return None
    return {"kind": kind, "record": record, "expected": expected, "found": found.revision, "detail": detail}
