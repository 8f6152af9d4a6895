"""What families of devices send, as data: `gateways/presets/*.toml`. None is active unless a source names it."""

import tomllib
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict

from picustream.models.codemap import CodeMapFile, Codes
from picustream.models.variable import Variable

ALWAYS = "always"
"""What holds for every source: codes of units that can mean nothing else."""


class Preset(BaseModel):
    """One TOML file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str
    """For whom it is."""
    codes: dict[str, dict[Variable, Codes]] = {}
    """System -> variable -> codes."""
    spellings: dict[str, Codes] = {}
    """UCUM unit -> other spellings of it."""
    set_or_measured: dict[str, Codes] = {}
    """System -> codes that are sent of what was set and of what was measured: the message has to say which."""

    @property
    def codemap(self) -> CodeMapFile:
        """As part of a code map."""
        return CodeMapFile(codes=self.codes, spellings=self.spellings)


class Never(BaseModel):
    """Codes that are another quantity in the same unit: no site may map them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    never: dict[str, dict[str, str]]
    """System -> code -> why."""


@cache
def names() -> tuple[str, ...]:
    """The presets that a source may name."""
    stems = (file.name.removesuffix(".toml") for file in _FOLDER.iterdir() if file.name.endswith(".toml"))
    return tuple(sorted(set(stems) - {ALWAYS, "never"}))


@cache
def preset(name: str) -> Preset:
    """A preset by its name."""
    return Preset.model_validate(tomllib.loads(_FOLDER.joinpath(f"{name}.toml").read_text(encoding="utf-8")))


@cache
def never() -> dict[tuple[str, str], str]:
    """(system, code) -> why it is never mapped."""
    given = Never.model_validate(tomllib.loads(_FOLDER.joinpath("never.toml").read_text(encoding="utf-8"))).never
    return {(system, code): why for system, codes in given.items() for code, why in codes.items()}


_FOLDER = files("picustream.gateways").joinpath("presets")
