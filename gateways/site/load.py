"""A site from its TOML file: checked as a whole, with the line of what is wrong and what to do about it."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ValidationError

from picustream.gateways.hl7.codings import system_of
from picustream.gateways.site.config import Authority, Identity, Site, Source, Units, Words
from picustream.gateways.site.key import read_key
from picustream.gateways.site.presets import ALWAYS, names, never, preset
from picustream.gateways.site.pseudonyms import Pseudonyms
from picustream.gateways.site.toml_lines import Place, line_of
from picustream.models.codemap import CodeMap, CodeMapError, CodeMapFile
from picustream.models.envelope import Status
from picustream.models.variable import Variable
from picustream.runtime.errors import UserError
from picustream.scoring.chart.units import KNOWN_UNITS
from picustream.scoring.rules import load_rules

_SELECTORS = ("port", "application", "facility", "client")
_DEMO_KEY = b"picustream: the key of the demo, which everybody knows"
DEMO_SOURCE = "demo"
_NO_CONTRADICTION = "A source may add to the shipped map and to PICUSTREAM_CODEMAP, not contradict them."


class LoadedSite:
    """A site with its key and what the codes of its sources mean."""

    def __init__(self, site: Site, key: bytes) -> None:
        self.site = site
        self.pseudonyms = Pseudonyms(key)
        self._ambiguous = {source.name: frozenset(_set_or_measured(source)) for source in site.source}

    def source_of(
        self, port: int | None, application: str | None, facility: str | None, client: str | None = None
    ) -> Source | None:
        """The source that fits a sender; None where none does."""
        given = (port, application, facility, client)
        fitting = (one for one in self.site.source if _fits(one, given))
        return next(fitting, None)

    def sources_in_file(self, application: str | None, facility: str | None) -> list[Source]:
        """The sources of which a file may be: it says nothing of ports and certificates."""
        return [one for one in self.site.source if _fits(one, (one.port, application, facility, one.client))]

    def named(self, name: str) -> Source | None:
        """The source of a name."""
        return next((one for one in self.site.source if one.name == name), None)

    def codemap_of(self, source: Source, worker: CodeMap) -> CodeMap:
        """What its codes and units mean: all that whoever scores knows (`worker`: the shipped map and the operator's),
        its presets, its own. Raises `UserError` where these contradict one another."""
        try:
            return worker.with_more(_codemaps(source))
        except CodeMapError as error:
            raise UserError(f"The source {source.name}: {error}.", _NO_CONTRADICTION) from None

    def is_set_or_measured(self, source: Source, system: str, code: str) -> bool:
        """Whether the code alone does not say if it was set or measured."""
        return (system, code) in self._ambiguous[source.name]

    def zone_of(self, source: Source) -> ZoneInfo | None:
        """The zone of its times that have no offset."""
        name = source.zone or self.site.zone
        return ZoneInfo(name) if name else None

    @cached_property
    def fingerprint(self) -> str:
        """Of its key."""
        return self.pseudonyms.fingerprint


def _fits(source: Source, given: tuple[int | str | None, ...]) -> bool:
    wanted = (getattr(source, name) for name in _SELECTORS)
    return all(one is None or one == other for one, other in zip(wanted, given, strict=True))


def _set_or_measured(source: Source) -> Iterator[tuple[str, str]]:
    for name in source.presets:
        for system, codes in preset(name).set_or_measured.items():
            yield from ((system, code) for code in codes)


def _codemaps(source: Source) -> list[CodeMapFile]:
    codes = {system_of(system): variables for system, variables in source.codes.items()}
    own = CodeMapFile.model_validate({"codes": codes, "spellings": source.spellings})
    return [*(preset(name).codemap for name in (ALWAYS, *source.presets)), own]


def demo(key: bytes = _DEMO_KEY) -> LoadedSite:
    """Takes any sender, and any unit as ours: for the first hour, on this machine alone. Its key is no secret."""
    source = Source(
        name=DEMO_SOURCE,
        kind="laboratory",
        presets=["pcd-plain", "spellings"],
        default_status=Status.FINAL,
        accept_training=True,
    )
    site = Site(
        zone=load_rules().protocol.time.zone,
        identity=Identity(patient=[*Identity().patient, Authority()]),
        unit=[Units(match=".*")],
        source=[source],
        demo=True,
    )
    return LoadedSite(site, key)


def load(path: Path) -> LoadedSite:
    """The site of a file. Raises `UserError` with file, line, what is wrong and what to do."""
    try:
        written = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.", "Name the site's TOML file.") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8.", "Save it as UTF-8.") from None
    return _Checked(path, written).loaded()


class _Checked:
    """A file on its way to a site."""

    def __init__(self, path: Path, written: str) -> None:
        self._path = path
        self._written = written

    def loaded(self) -> LoadedSite:
        site = self._site()
        if site.demo:
            self._wrong(("demo",), "demo takes any sender", "Leave it out, and try `--demo` instead.")
        self._check_zones(site)
        self._check_units(site)
        self._check_sources(site)
        if site.key_file is None:
            self._wrong((), "no key_file", "Make a key with `picustream gateway key FILE` and name it: key_file = ...")
        key = read_key(self._path.parent / site.key_file)
        shipped = load_rules().codemap
        for index, source in enumerate(site.source):
            try:
                shipped.with_more(_codemaps(source))
            except CodeMapError as error:
                self._wrong(("source", index), f"{error}", _NO_CONTRADICTION)
        return LoadedSite(site, key)

    def _site(self) -> Site:
        try:
            return Site.model_validate(tomllib.loads(self._written))
        except tomllib.TOMLDecodeError as error:
            raise UserError(f"{self._path}: not TOML: {error}.", "Correct that line.") from None
        except ValidationError as error:
            found = error.errors(include_input=False, include_url=False)
            # A field that is misspelt is missing, too, under its own name.
            first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
            place, field = first["loc"], str(first["loc"][-1])
            if first["type"] == "extra_forbidden":
                close = get_close_matches(field, _fields_at(place), 1)
                advice = f"Is {close[0]} meant?" if close else "docs/gateway.md has all fields."
                self._wrong(place, f"there is no field {'.'.join(map(str, place))}", advice)
            self._wrong(place, f"{'.'.join(map(str, place))}: {first['msg']}", "docs/gateway.md says what it may be.")

    def _check_zones(self, site: Site) -> None:
        places: list[tuple[Place, str | None]] = [(("zone",), site.zone)]
        places += [(("source", index, "zone"), source.zone) for index, source in enumerate(site.source)]
        for place, zone in places:
            try:
                if zone is not None:
                    ZoneInfo(zone)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                self._wrong(place, f"no time zone of the name {zone}", "Example: Asia/Shanghai")

    def _check_units(self, site: Site) -> None:
        for index, units in enumerate(site.unit):
            try:
                re.compile(units.match)
            except re.error as error:
                self._wrong(("unit", index, "match"), f"no regular expression: {error}", "Example: PICU( [AB])?")
            if units.from_ and units.until and units.until <= units.from_:
                self._wrong(("unit", index, "until"), "it ends before it begins", "Correct from or until.")

    def _check_sources(self, site: Site) -> None:
        for index, source in enumerate(site.source):
            self._check_codes(index, source)
        for (first, one), (second, other) in combinations(enumerate(site.source), 2):
            if one.name == other.name:
                self._wrong(("source", second, "name"), f"source {first + 1} has this name, too", "Give it its own.")
            pairs = [(getattr(one, name), getattr(other, name)) for name in _SELECTORS]
            if all(a is None or b is None or a == b for a, b in pairs):
                what = f"source {first + 1} and this one may be the same sender"
                self._wrong(("source", second), what, f"Set one of {', '.join(_SELECTORS)} of both, and differently.")

    def _check_codes(self, index: int, source: Source) -> None:
        for number, name in enumerate(source.presets):
            if name not in names():
                close = get_close_matches(name, names(), 1)
                advice = f"Is {close[0]} meant?" if close else f"There are {', '.join(names())}."
                self._wrong(("source", index, "presets", number), f"no preset of the name {name}", advice)
        for system, variables in source.codes.items():
            for variable, codes in variables.items():
                place: Place = ("source", index, "codes", system, variable)
                if variable not in set(Variable):
                    close = get_close_matches(variable, list(Variable), 1)
                    advice = f"Is {close[0]} meant?" if close else "docs/rules.md has all variables."
                    self._wrong(place, f"no variable of the name {variable}", advice)
                for code in codes:
                    if why := never().get((system_of(system), code)):
                        self._wrong(place, f"{code} is {why}", "Leave it out: it is never mapped.")
        for unit in source.spellings:
            if unit not in KNOWN_UNITS:
                advice = f"Units are {', '.join(sorted(KNOWN_UNITS))}; another one is not converted."
                self._wrong(("source", index, "spellings", unit), f"{unit} is no unit of a variable", advice)
        for word, meant in source.specimens.items():
            if meant not in _SPECIMENS:
                place = ("source", index, "specimens", word)
                self._wrong(place, f"no specimen of the name {meant}", f"There are {', '.join(_SPECIMENS)}.")
        for number, words in enumerate(source.words):
            self._check_words(("source", index, "words", number), words, source.words)

        for number, methods in enumerate(source.methods):
            for code in methods.codes:
                if why := next((what for (_, one), what in never().items() if one == code), None):
                    place = ("source", index, "methods", number, "codes")
                    self._wrong(place, f"{code} is {why}", "Leave it out: it is never mapped.")

    def _check_words(self, place: Place, words: Words, others: Sequence[Words]) -> None:
        """Codes state sedation or ventilation, and not both."""
        ventilation = {code for one in others if one.support or one.control for code in one.codes}
        if words.sedation and (both := ventilation & set(words.codes)):
            self._wrong((*place, "sedation"), f"{min(both)} has support or control, too", "Give each its own codes.")
        for word in words.intrinsic_alteration:
            if word not in words.sedation:
                self._wrong((*place, "intrinsic_alteration"), f"{word} is no word of sedation", "Add it there.")

    def _wrong(self, place: Place, what: str, fix: str) -> NoReturn:
        raise UserError(f"{self._path}:{line_of(self._written, place)}: {what}.", fix)


_SPECIMENS = ("arterial", "venous", "capillary", "mixed-venous", "unknown")


def _fields_at(place: Place) -> list[str]:
    """The fields that there are where an unknown one stands."""
    model: type[BaseModel] = Site
    for part in place[:-1]:
        field = model.model_fields.get(str(part))
        inner = _TABLES.get(str(part)) if field is not None else None
        model = inner or model
    return [field.alias or name for name, field in model.model_fields.items()]


_TABLES: dict[str, type[BaseModel]] = {"source": Source, "unit": Units, "identity": Identity}
