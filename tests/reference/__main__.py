"""`python -m tests.reference FILE.ndjson[.gz] [--until ISO] [--out FILE]`: its records and dead letters, counted."""

import argparse
import json
import sys
from collections import Counter
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from . import dead_letters, final_records, read
from .protocol import moment


def _json(value: Any) -> Any:
    """What the records hold beyond JSON: instants, and numbers that must not pass through a binary fraction first."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal | Fraction):
        return int(value) if value == int(value) else float(value)
    raise TypeError(f"{type(value).__name__} has no place in a record")


def main() -> int:
    """Print counts per kind of record; exit status 0, or 2 for a file that cannot be read."""
    options = argparse.ArgumentParser(prog="python -m tests.reference", description=__doc__)
    options.add_argument("file", type=Path, help="event file, optionally gzipped")
    options.add_argument("--until", type=moment, help="final clock; what lies after it is refused")
    options.add_argument("--out", type=Path, help="write the records there, one JSON object a line")
    given = options.parse_args()
    try:
        events = list(read(given.file))
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"{given.file}: not an event file: {error}", file=sys.stderr)
        return 2
    faults = Counter(letter.reason for event in events for letter in dead_letters(*event, given.until))
    records = final_records(events, given.until)
    print(f"{len(events)} events", file=sys.stderr)
    for reason, number in sorted(faults.items()):
        print(f"dead-letter {reason} {number}")
    for kind, number in sorted(Counter(key[0] for key in records).items()):
        print(f"{kind} {number}")
    if given.out:
        lines = (json.dumps({"key": key, **record}, default=_json) + "\n" for key, record in records.items())
        with given.out.open("w") as out:
            out.writelines(lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
