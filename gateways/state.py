"""What the gateway remembers between messages: tables of JSON, which note what was changed.

The journal's index writes the changes of a message together with what became of that message, so that a message is
taken into account once, or done anew from the state before it.
"""

from collections.abc import Iterator, MutableMapping
from typing import Any, NamedTuple

Json = dict[str, Any] | list[Any] | str | int | float | bool | None


class Change(NamedTuple):
    """One key of one table that was set, or deleted (`value` None)."""

    table: str
    key: str
    value: Json


class Table(MutableMapping[str, Any]):
    """A table in memory. A value is replaced whole and never changed in place."""

    def __init__(self, name: str, changes: dict[tuple[str, str], Json], before: dict[tuple[str, str], Json]) -> None:
        self._name = name
        self._changes = changes
        self._before = before
        self._rows: dict[str, Any] = {}
        self.loaded = 0
        """How often a row was taken as it was kept: then what was derived from the rows is to be derived anew."""

    def __getitem__(self, key: str) -> Any:
        return self._rows[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key; in C, where that of `Mapping` raises and catches an exception for what is not there."""
        return self._rows.get(key, default)

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __setitem__(self, key: str, value: Json) -> None:
        if value is None:
            raise ValueError("None stands for what is not there")
        self._before.setdefault((self._name, key), self._rows.get(key))
        self._rows[key] = value
        self._changes[self._name, key] = value

    def __delitem__(self, key: str) -> None:
        self._before.setdefault((self._name, key), self._rows[key])
        del self._rows[key]
        self._changes[self._name, key] = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def load(self, key: str, value: Json) -> None:
        """Take a row as it was kept: no change. None: there is none."""
        self.loaded += 1
        if value is None:
            self._rows.pop(key, None)
        else:
            self._rows[key] = value


class State:
    """All tables."""

    def __init__(self) -> None:
        self._changes: dict[tuple[str, str], Json] = {}
        self._before: dict[tuple[str, str], Json] = {}
        self._tables: dict[str, Table] = {}

    def table(self, name: str) -> Table:
        """The table of that name, made where there is none yet."""
        if name not in self._tables:
            self._tables[name] = Table(name, self._changes, self._before)
        return self._tables[name]

    def load(self, rows: Iterator[Change]) -> None:
        """Take rows as they were kept."""
        for row in rows:
            self.table(row.table).load(row.key, row.value)

    def take_changes(self) -> list[Change]:
        """What was changed since the last call, the last value of each key."""
        changes = [Change(table, key, value) for (table, key), value in self._changes.items()]
        self._changes.clear()
        self._before.clear()
        return changes

    def undo(self) -> None:
        """Put back what was changed since the last call of `take_changes`."""
        self.load(Change(table, key, value) for (table, key), value in self._before.items())
        self._changes.clear()
        self._before.clear()
