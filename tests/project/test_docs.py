"""The documents for users are true: their examples are run, and every name in the code that a user meets is in them."""

import re
import typing
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from pydantic import BaseModel

from picustream.eventfiles.replay import Replay
from picustream.models import text
from picustream.models.codemap import CodeMap, parse_codemap
from picustream.models.event import ADAPTERS, INPUT_TOPICS
from picustream.models.record import DEAD_LETTER_TRIAL, DEAD_LETTERS, DeadLetter
from picustream.models.variable import Variable
from picustream.scoring.alerts.alerts import CATALOGUE
from picustream.scoring.chart.units import QUANTITIES
from picustream.scoring.rules import load_rules
from picustream.scoring.scores.apps import components as apps
from picustream.scoring.scores.bands import Bands, Interval
from picustream.scoring.scores.mods.organs import ORGANS, Organ
from picustream.scoring.scores.registry import MODELS, OUTPUT_TOPICS
from picustream.scoring.validation import InputRecord
from picustream.streams.partition.metrics import REGISTRY
from tests.paths import DOCS, ROOT

TOPICS, OPERATING, ALERTS, RULES = (
    (DOCS / f"{name}.md").read_text() for name in ("topics", "operating", "alerts", "rules")
)

Example = tuple[str, Any]
"""Topic and value of a block of JSON."""


def blocks(kind: str) -> list[str]:
    """The fenced blocks of topics.md with these words behind the fence."""
    return re.findall(rf"^```{re.escape(kind)}\n(.*?)^```$", TOPICS, re.DOTALL | re.MULTILINE)


def examples(kind: str, topics: tuple[str, ...]) -> list[Example]:
    parsed = [text.parse(block) for block in blocks(kind)]
    return [(one["topic"], one["value"]) for one in parsed if one["topic"] in topics]


INPUTS, REFUSED = examples("json", INPUT_TOPICS), examples("json refused", INPUT_TOPICS)
RECORDS = examples("json", OUTPUT_TOPICS)


@cache
def outputs() -> list[Example]:
    """What all input examples of the page make, in its order; the refused one came where its dead letter says."""
    replay, made = Replay(load_rules()), []
    letter = next(value for topic, value in RECORDS if topic in DEAD_LETTERS)
    for number, (topic, value) in enumerate(INPUTS):
        made += replay.take([InputRecord(topic, None, number, None, text.encode(value).encode())])
    for topic, value in REFUSED:
        raw = text.encode(value).encode()
        place = int(letter["partition"]), int(letter["offset"])
        made += replay.take([InputRecord(topic, *place, letter["key"].encode(), raw)])
    made += replay.end()
    return [(output.topic, text.parse(output.value)) for output in made]


def test_there_is_an_example_of_every_topic() -> None:
    assert {topic for topic, _ in INPUTS} == set(INPUT_TOPICS)
    assert {topic for topic, _ in RECORDS} == set(OUTPUT_TOPICS) - {DEAD_LETTER_TRIAL}, "as the other dead letters"
    assert len(blocks("json")) == len(INPUTS) + len(RECORDS)
    assert len(REFUSED) == 1


def test_every_example_event_passes_the_validation() -> None:
    """And none but the refused one leaves a dead letter."""
    letters = [value for topic, value in outputs() if topic in DEAD_LETTERS]
    assert [text.parse(text.encode(letter["path"])) for letter in letters] == ["/occurred_at"]


@pytest.mark.parametrize(("topic", "record"), RECORDS, ids=[value["event_id"] for _, value in RECORDS])
def test_every_example_record_is_what_the_example_events_make(topic: str, record: dict[str, Any]) -> None:
    """All but the hash of the protocol and the version of the software, which change without a word of the page."""
    MODELS[topic].model_validate(record)
    made = next(value for where, value in outputs() if where == topic and value["event_id"] == record["event_id"])
    assert lasting(made) == lasting(record)


def lasting(record: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in record.items() if name not in ("protocol", "software")}


def test_the_example_code_map_fits_the_shipped_one() -> None:
    (example,) = blocks("toml")
    shipped = parse_codemap((ROOT / "codemaps" / "default.toml").read_bytes())
    merged = CodeMap([shipped, parse_codemap(example.encode())])
    assert merged.variable("urn:example:lis", "CREA") is Variable.CREATININE
    assert merged.ucum("mcmol/L") == "umol/L"


def test_the_table_of_variables_is_that_of_the_code() -> None:
    """Every variable in its row, with its LOINC codes, its units and factors, and its range."""
    codes = parse_codemap((ROOT / "codemaps" / "default.toml").read_bytes()).loinc
    rows = {row[1]: row[0] for row in re.findall(r"^(\| `(\w+)`[^|]* \|.*)$", TOPICS, re.MULTILINE)}
    for variable, quantity in QUANTITIES.items():
        _, _, listed, units, bounds, _ = (cell.strip() for cell in rows[variable.value].split("|"))
        assert listed.split(", ") == codes[variable]
        others = {unit: str(factor) for unit, factor in quantity.factors.items() if unit != quantity.unit}
        assert units == f"`{quantity.unit}`" + "".join(f" (`{unit}` × {factor})" for unit, factor in others.items())
        low, high = bounds.removesuffix(", whole").removeprefix("above ").split(" to ")
        assert (low, high) == (str(quantity.low), str(quantity.high))
        assert ("whole" in bounds, "above" in bounds) == (quantity.whole, not quantity.low_included)


@pytest.mark.parametrize("organ", ORGANS, ids=lambda organ: organ.name)
def test_the_table_of_mods_has_the_bands_of_the_code(organ: Organ) -> None:
    """A row of rules.md: the bands of 0 to 4 points."""
    rows = re.findall(rf"^\| {organ.name} \| [^|]+ \| (.+) \|$", RULES, re.MULTILINE)
    assert rows, f"the table of docs/rules.md has no row `| {organ.name} | ...`"
    assert rows[0].split(" | ") == [as_written(band, organ.words.whole) for band in organ.bands.by_points.values()]


@pytest.mark.parametrize(
    ("component", "bands"), [("PaO2/FiO2, mmHg", apps.PF), ("plateau pressure, cmH2O", apps.PLATEAU)]
)
def test_the_table_of_apps_has_the_bands_of_the_code(component: str, bands: Bands) -> None:
    (row,) = re.findall(rf"^\| {re.escape(component)} \| (.+) \|$", RULES, re.MULTILINE)
    assert row.split(" | ") == [str(band) for band in bands.by_points.values()]


def as_written(band: Interval, whole: tuple[int, int] | None) -> str:
    """The interval, or of a measure that is whole the values in it."""
    if whole is None:
        return str(band)
    values = [value for value in range(whole[0], whole[1] + 1) if band.holds(Decimal(value))]
    if values[0] == whole[0]:
        return f"<= {values[-1]}"
    return str(values[0]) if len(values) == 1 else f"{values[0]}-{values[-1]}"


def input_models() -> set[type[BaseModel]]:
    found: set[type[BaseModel]] = set()
    for adapter in ADAPTERS.values():
        held = typing.get_args(adapter._type)
        union = held[0] if held else adapter._type
        found |= set(typing.get_args(union) or (union,))
    return found


def models_within(roots: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """The models and those that their fields hold."""
    found, waiting = set(), list(roots)
    while waiting:
        part = waiting.pop()
        if isinstance(part, type) and issubclass(part, BaseModel):
            if part not in found:
                found.add(part)
                waiting += [field.annotation for field in part.model_fields.values()]
        else:
            waiting += typing.get_args(part)
    return found


@pytest.mark.parametrize(
    "model", sorted(models_within(input_models() | set(MODELS.values())), key=lambda m: m.__name__)
)
def test_every_field_is_described(model: type[BaseModel]) -> None:
    """Every field, and every word that a field may have, is in the page as code."""
    words = set(re.findall(r"`([^`\n]+)`", TOPICS))
    for name, field in model.model_fields.items():
        assert name in words, f"{model.__name__}.{name}"
        for choice in choices(field.annotation):
            assert choice in words, f"{model.__name__}.{name} may be {choice}"


def choices(annotation: Any) -> set[str]:
    if typing.get_origin(annotation) is typing.Literal:
        return {word for word in typing.get_args(annotation) if isinstance(word, str)}
    return {word for part in typing.get_args(annotation) for word in choices(part)}


def test_every_topic_and_reason_is_described() -> None:
    for topic in (*INPUT_TOPICS, *OUTPUT_TOPICS):
        assert f"\n### {topic}\n" in TOPICS
    reasons = choices(DeadLetter.model_fields["reason"].annotation)
    told = re.findall(r"^\| `([a-z-]+)` \| (?:event|observation) \|", TOPICS, re.MULTILINE)
    assert sorted(told) == sorted(reasons)


def test_every_alert_has_its_section_and_no_section_is_left_over() -> None:
    """The anchor is the name; severity and audience are those of the catalogue."""
    assert sorted(re.findall(r"^### ([a-z-]+)$", ALERTS, re.MULTILINE)) == sorted(CATALOGUE)
    audience, table = "", {}
    for who, name, severity in re.findall(r"^\| *(?:`([a-z-]+)`)? *\| \[([a-z-]+)\]\(#\2\) \| (\w+) \|", ALERTS, re.M):
        audience = who or audience
        table[name] = (severity, audience)
    assert table == CATALOGUE


def test_every_metric_is_described_and_no_other() -> None:
    named = {metric.name + ("_total" if metric.type == "counter" else "") for metric in REGISTRY.collect()}
    told = set(re.findall(r"`(picustream_[a-z_]+)`", OPERATING))
    assert told == named


def test_every_log_line_that_is_named_exists() -> None:
    """And every one that the worker may write above debug is named."""
    code = "\n".join(path.read_text() for path in (ROOT / "streams").rglob("*.py"))
    written = set(re.findall(r'log\.(?:info|warning|error)\(\s*"([a-z-]+)"', code))
    table = OPERATING.partition("| `event` |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE)) == written
