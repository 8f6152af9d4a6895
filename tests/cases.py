"""Small event files of what real feeds did: those of the repository, and more of them where they stand beside it."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from tests.paths import CASES, SHARED_CASES

Row = TypeVar("Row", bound=tuple[object, ...])


def every_case() -> list[Path]:
    """All that can be replayed."""
    return sorted(CASES.glob("*.ndjson")) + sorted(SHARED_CASES.glob("[0-9]*.ndjson"))


def live_cases() -> list[Path]:
    """What takes a live worker: fields that begin with `_` say how a producer sends the line."""
    return sorted(CASES.glob("live/*.ndjson")) + sorted(SHARED_CASES.glob("k*.ndjson"))


def found(name: str) -> Path | None:
    """The case of that name, or the one beside the repository whose name begins with it."""
    return next(iter([*CASES.rglob(f"{name}.ndjson"), *SHARED_CASES.glob(f"{name}-*.ndjson")]), None)


def case(name: str) -> Path:
    path = found(name)
    assert path is not None, f"no case {name}"
    return path


def there(rows: Iterable[Row]) -> list[Row]:
    """The rows (name of a case, ...) whose case is there: all of the repository, and a number where it is known."""
    return [row for row in rows if not str(row[0])[0].isdigit() or found(str(row[0])) is not None]
