"""This machine: the settings, the rules, the time zone's data, the schemas of a checkout."""

import os
import zoneinfo
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from importlib.metadata import version
from pathlib import Path

from picustream.contract import schemas
from picustream.doctor.finding import Finding, ok, skipped
from picustream.runtime.settings import CONFIG, Settings
from picustream.scoring.rules import Rules, RulesError, load_rules

SCHEMAS = Path(schemas.__file__).parents[1] / "docs" / "schemas"
"""Beside the models in a checkout; an installed package has none."""
PREFIX, ALIKE = "PICUSTREAM_", 0.8
_MAKE_SCHEMAS = "Make them anew: python -m picustream.contract.schemas docs/schemas"


def here(settings: Settings) -> list[Finding]:
    """Everything that needs no server."""
    found = [_settings()]
    try:
        rules = load_rules(settings.protocol, settings.codemap)
    except RulesError as error:
        found.append(Finding("rules", "finding", f"{error}.", "Mend the file, or leave it out for the one shipped."))
        found.append(skipped("time-zone", "not checked without a protocol"))
    else:
        found += [_rules(rules), time_zone(rules.protocol.time.zone)]
    return [*found, check_schemas(_committed(SCHEMAS) if SCHEMAS.is_dir() else None)]


def check_schemas(committed: Mapping[str, str] | None) -> Finding:
    """Whether the schemas that feeds are built against are the models'. `committed`: text by topic, None for none."""
    if committed is None:
        return skipped("schemas", "not checked: only a checkout has docs/schemas")
    made = {topic: schemas.written(schema) for topic, schema in schemas.schemas().items()}
    differing = sorted(topic for topic in made | dict(committed) if made.get(topic) != committed.get(topic))
    if differing:
        return Finding("schemas", "finding", f"not as the models are: {', '.join(differing)}", _MAKE_SCHEMAS)
    return ok("schemas", f"docs/schemas agrees with the models ({len(made)} topics)")


def time_zone(name: str) -> Finding:
    """Whether the data of the zone whose days are scored are there, and which edition they are (T1)."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return Finding("time-zone", "finding", f"no data of {name}", "pip install tzdata, or the system's tzdata.")
    return ok("time-zone", f"{name}, data of {_edition(name)}")


def _edition(name: str) -> str:
    """Where the data come from: the system's come first, as zoneinfo has it, then the package's."""
    for folder in map(Path, zoneinfo.TZPATH):
        if (folder / name).is_file():
            return f"the system ({next(_editions(folder), 'edition unknown')})"
    return f"the package tzdata ({version('tzdata')})"


def _editions(folder: Path) -> Iterator[str]:
    for file_of_edition in (folder / "+VERSION", folder / "tzdata.zi"):
        if file_of_edition.is_file():
            with file_of_edition.open(encoding="utf-8") as file:
                yield file.readline().removeprefix("# version ").strip()


def _settings() -> Finding:
    for name in sorted(os.environ):
        meant = _meant(name)
        if meant is not None:
            return Finding("settings", "finding", f"{name} is no setting, and nobody reads it", f"Set {meant} instead?")
    file = os.environ.get(CONFIG)
    return ok("settings", f"readable, from {file} and the environment" if file else "readable, from the environment")


def _meant(name: str) -> str | None:
    """The setting that an environment variable all but names; None where it is one, or is like none."""
    known = {field.upper() for field in Settings.model_fields} | {CONFIG.removeprefix(PREFIX)}
    setting = name.removeprefix(PREFIX)
    if setting == name or setting in known:
        return None
    return next((PREFIX + one for one in get_close_matches(setting, known, 1, ALIKE)), None)


def _rules(rules: Rules) -> Finding:
    protocol = rules.protocol
    return ok("rules", f"protocol {protocol.id} {protocol.version}, sha256 {protocol.sha256}; the code map loads")


def _committed(folder: Path) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
