"""Where a command writes its data: standard output, or a file that is named."""

import gzip
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from picustream.runtime.errors import UserError


@contextmanager
def output(path: Path | None) -> Iterator[BinaryIO]:
    """The file, gzipped if it is named .gz; without one standard output, left open."""
    if path is None:
        yield sys.stdout.buffer
        return
    try:
        with gzip.open(path, "wb") if path.suffix == ".gz" else path.open("wb") as file:
            yield cast(BinaryIO, file)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.", "Name another file with --out.") from error


def summed(what: str, parts: Counter[str]) -> str:
    """A line of an account: `events sent: 1,234 (lab 1,200, vital 34)`."""
    details = ", ".join(f"{name} {count:,}" for name, count in sorted(parts.items()))
    return f"{what}: {parts.total():,}" + (f" ({details})" if details else "")
