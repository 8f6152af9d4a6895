"""Code maps, a site's data: which code is which variable, which spelling means which unit, how feeds are watched."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from picustream.models.feeds import FeedLimits, SourceMap, Sources
from picustream.models.observation import LOINC, VARIABLE
from picustream.models.variable import Variable

_LOINC_FORM = re.compile(r"[0-9]{1,7}-[0-9]")
Codes = list[Annotated[str, Field(min_length=1, max_length=128)]]


class CodeMapError(ValueError):
    """Two code maps contradict one another."""


class Specimen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    arterial_only: Codes = []
    """LOINC codes that are arterial only where the specimen says so."""


class CodeMapFile(BaseModel):
    """One TOML file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    loinc: dict[Variable, Codes] = {}
    """LOINC codes of each variable."""
    codes: dict[str, dict[Variable, Codes]] = {}
    """A site's own systems: system -> variable -> codes."""
    specimen: Specimen = Specimen()
    spellings: dict[str, Codes] = {}
    """UCUM unit -> other spellings of it."""
    feeds: FeedLimits = FeedLimits()
    """How every source is watched."""
    sources: Sources = {}
    """How one source is watched, where that differs."""


class CodeMap:
    """The merged code maps, ready for look-up."""

    def __init__(self, files: Iterable[CodeMapFile]) -> None:
        """Raises `CodeMapError` where two files give one code or one spelling two meanings."""
        self._files = tuple(files)
        self._variables: dict[tuple[str, str], Variable] = {(VARIABLE, v.value): v for v in Variable}
        self._elsewhere: set[str] = {v.value for v in Variable}
        self._units: dict[str, str] = {}
        self._arterial_only: set[tuple[str, str]] = set()
        self.sources = SourceMap()
        """How the sources are watched: of limits the later file's hold, for they are nobody's contradiction."""
        for file in self._files:
            self._add(file)

    def with_more(self, files: Iterable[CodeMapFile]) -> "CodeMap":
        """This one and further files. Raises `CodeMapError` where they contradict it."""
        return CodeMap([*self._files, *files])

    @property
    def content(self) -> str:
        """All that it says, as text: two that say the same have the same."""
        return "\n".join(file.model_dump_json() for file in self._files)

    def _add(self, file: CodeMapFile) -> None:
        for system, variables in {LOINC: file.loinc, **file.codes}.items():
            for variable, codes in variables.items():
                for code in codes:
                    if self._variables.setdefault((system, code), variable) is not variable:
                        raise CodeMapError(f"code {code} of {system} is given two variables")
                    if _LOINC_FORM.fullmatch(code):
                        self._elsewhere.add(code)
        for unit, spellings in file.spellings.items():
            for spelling in spellings:
                if self._units.setdefault(spelling, unit) != unit:
                    raise CodeMapError(f"spelling {spelling} is given two units")
        self._arterial_only.update((LOINC, code) for code in file.specimen.arterial_only)
        self.sources.add(file.feeds, file.sources)

    def variable(self, system: str, code: str) -> Variable | None:
        """The variable that a code means, or None for an unmapped code."""
        return self._variables.get((system, code))

    def known_elsewhere(self, system: str, code: str) -> bool:
        """Whether a code of LOINC's form, or the name of a variable, is known, but not under this system."""
        return code in self._elsewhere and (system, code) not in self._variables

    def arterial_only(self, system: str, code: str) -> bool:
        """Whether the code is arterial only where its specimen says so."""
        return (system, code) in self._arterial_only

    @property
    def spellings(self) -> Mapping[str, str]:
        """Every other spelling of a unit, with the UCUM unit that it means."""
        return MappingProxyType(self._units)

    def ucum(self, unit: str) -> str:
        """The UCUM unit that a spelling means, white space around it dropped; UCUM itself stays as it is."""
        trimmed = unit.strip()
        return self._units.get(trimmed, trimmed)


def parse_codemap(raw: bytes) -> CodeMapFile:
    """A code map from the bytes of its TOML file.

    Raises `tomllib.TOMLDecodeError`, `UnicodeDecodeError` or `pydantic.ValidationError`.
    """
    return CodeMapFile.model_validate(tomllib.loads(raw.decode("utf-8"), parse_float=Decimal))
