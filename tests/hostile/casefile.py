"""Hostile sendings as lines of a file: those of an event file, and beside them how a client sends them.

Fields that begin with `_`: `_key` (a string, or null; left out: the stay's), `_partition`, `_headers` (pairs, null
allowed), `_timestamp`, `_codec`, `_bend`, `_batch` (lines of one number are one batch), `_end` (`commit`, `abort`,
`open`, `steady`), `_held`, `_company`, `_at` (share of the good ward sent before), `_kind`, `_fates`, and on a line of
its own `_ground`. What is no text is written as base64 of what zlib packs, in `{"zlib": "..."}`.
"""

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.hostile.records import Ground, Record, Sending
from tests.hostile.wire import STRAIGHT, Bend

AT = 0.5
"""Where a line comes that does not say."""


def to_lines(hostile: Iterable[tuple[float, Sending]], ground: Ground) -> Iterator[str]:
    """A file of a plan's hostile part."""
    yield json.dumps({"_ground": asdict(ground)})
    for number, (share, sending) in enumerate(hostile):
        for record in sending.records:
            yield json.dumps(_line(number, share, sending, record), ensure_ascii=False)


def _line(number: int, share: float, sending: Sending, record: Record) -> dict[str, Any]:
    line: dict[str, Any] = {"_kind": record.kind, "topic": record.topic, "value_base64": None}
    line |= _value(record.value) | {"_key": _bytes(record.key), "_batch": number, "_at": round(share, 4)}
    optional = {
        "_partition": record.partition,
        "_headers": [[_bytes(name), _bytes(value)] for name, value in record.headers],
        "_timestamp": record.timestamp,
        "_codec": sending.codec if sending.codec != "none" else None,
        "_bend": _bend(sending.bend) if sending.bend != STRAIGHT else None,
        "_end": sending.end,
        "_held": sending.held or None,
        "_company": sending.company or None,
        "_fates": sorted(record.fates) if record.fates is not None else None,
    }
    return line | {name: value for name, value in optional.items() if value not in (None, [], "")}


def _bend(bend: Bend) -> dict[str, Any]:
    return {name: _bytes(value) if isinstance(value, bytes) else value for name, value in asdict(bend).items()}


def _value(value: bytes | None) -> dict[str, Any]:
    return {"value_base64": None} if value is None else {"value_base64": _bytes(value)}


def _bytes(raw: bytes | None) -> Any:
    if raw is None:
        return None
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = None
    if text is not None and len(raw) < 2000 and text.isprintable():
        return text
    return {"zlib": base64.b64encode(zlib.compress(raw, 9)).decode()}


def read(path: Path) -> tuple[list[tuple[float, Sending]], Ground]:
    """The hostile part of a plan from a file, of ours or of `_` fields written by hand."""
    ground, batches = Ground(), {}
    for number, text in enumerate(path.read_text().splitlines()):
        line = json.loads(text)
        if "_ground" in line:
            ground = Ground(**line["_ground"])
        else:
            batches.setdefault(line.get("_batch", f"line {number}"), []).append(line)
    return [(some[0].get("_at", AT), _sending(some)) for some in batches.values()], ground


def _sending(lines: Sequence[dict[str, Any]]) -> Sending:
    first = lines[0]
    bend = Bend(**{name: _raw(value) if isinstance(value, str | dict) else value
                   for name, value in first.get("_bend", {}).items()})  # fmt: skip
    return Sending(
        tuple(map(_record, lines)),
        first.get("_codec", "none"),
        bend,
        first.get("_end", ""),
        first.get("_held", 0),
        first.get("_company", 0),
    )


def _record(line: dict[str, Any]) -> Record:
    value = _read_value(line)
    key = _raw(line["_key"]) if "_key" in line else str(line["value"]["stay_id"]).encode()
    headers = tuple((_raw(name) or b"", _raw(given)) for name, given in line.get("_headers", ()))
    fates = frozenset(line["_fates"]) if "_fates" in line else None
    return Record(
        line["topic"], value, key, line.get("_partition"), headers, line.get("_timestamp"), fates,
        line.get("_kind", "of a file"),
    )  # fmt: skip


def _read_value(line: dict[str, Any]) -> bytes | None:
    if "value" in line:
        return json.dumps(line["value"], ensure_ascii=False).encode()
    given = line["value_base64"]
    if isinstance(given, str) and "_batch" not in line:  # by hand, as an event file has it
        return base64.b64decode(given)
    return _raw(given)


def _raw(given: Any) -> bytes | None:
    if given is None or isinstance(given, str):
        return None if given is None else given.encode()
    return zlib.decompress(base64.b64decode(given["zlib"]))
