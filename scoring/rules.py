"""The rules in force: a protocol, code maps, kinds of record; loaded once and handed to everything that scores."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from picustream import __version__
from picustream.models.codemap import CodeMap, CodeMapError, parse_codemap
from picustream.models.protocol import Protocol, parse_protocol
from picustream.scoring.chart.reading import Reader
from picustream.scoring.scores.registry import SHIPPED, Registry

DEFAULT_PROTOCOL = "nct04850469.toml"
DEFAULT_CODEMAP = "default.toml"


class RulesError(ValueError):
    """A protocol or code map that cannot be used; the message names the file, the field and the fix."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a score depends on besides the data."""

    protocol: Protocol
    codemap: CodeMap
    software: str = __version__
    kinds: Registry = SHIPPED
    reader: Reader = field(init=False, repr=False, compare=False)
    """What reads events by these rules: one, for it remembers what it has read."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "reader", Reader(self.protocol, self.codemap, self.kinds.is_certain))


T = TypeVar("T")


def load_rules(protocol: Path | None = None, *codemaps: Path | None) -> Rules:
    """The rules of a protocol file (default: the shipped one) and of code maps added to the shipped one.

    Raises `RulesError`.
    """
    shipped = files("picustream.protocols").joinpath(DEFAULT_PROTOCOL)
    raw = _read(protocol) if protocol else shipped.read_bytes()
    parsed = _parsed(parse_protocol, raw, str(protocol or DEFAULT_PROTOCOL))
    maps = [(files("picustream.codemaps").joinpath(DEFAULT_CODEMAP).read_bytes(), DEFAULT_CODEMAP)]
    maps += [(_read(path), str(path)) for path in codemaps if path is not None]
    try:
        return Rules(parsed, CodeMap([_parsed(parse_codemap, text, name) for text, name in maps]))
    except CodeMapError as error:
        raise RulesError(f"code maps: {error}") from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RulesError(f"{path}: {error.strerror}") from None


def _parsed(parse: Callable[[bytes], T], raw: bytes, name: str) -> T:
    try:
        return parse(raw)
    except ValidationError as error:
        first = error.errors()[0]
        raise RulesError(f"{name}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RulesError(f"{name}: not TOML: {error}") from None
