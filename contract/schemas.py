"""JSON Schemas of all topics, made from the models (draft 2020-12).

`python -m picustream.contract.schemas docs/schemas` writes them; a test holds the committed ones against the models.
What the models check of an event as a whole is in the schemas as conditions: `value` and `recorded_at` are required
by status, and a fact's own fields unless it is withdrawn. Not in them: units, codes and times against the clock.
"""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from picustream.models.desk import DESK, DESK_EVENT
from picustream.models.envelope import NEEDS_FILING_TIME, NO_STATEMENT, Status
from picustream.models.event import ADAPTERS, VENTILATOR
from picustream.models.fact import FactEvent, Moved
from picustream.models.observation import STATED_WORDS
from picustream.scoring.scores.registry import SHIPPED, Registry

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Plain(GenerateJsonSchema):
    """Without a title per field that only repeats its name; of what goes out every field is always there."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def field_is_required(self, field: Any, total: bool) -> bool:
        return self.mode == "serialization" or super().field_is_required(field, total)


def schemas(kinds: Registry = SHIPPED) -> dict[str, Schema]:
    """The schema of each topic's messages, input topics first."""
    incoming = {topic: _incoming(topic) for topic in ADAPTERS}
    outgoing = {
        topic: model.model_json_schema(mode="serialization", schema_generator=_Plain)
        for topic, model in kinds.models.items()
    }
    entered = {DESK: _without_discriminator(DESK_EVENT.json_schema(schema_generator=_Plain))}
    return {topic: _headed(topic, schema) for topic, schema in (incoming | outgoing | entered).items()}


def _headed(topic: str, schema: Schema) -> Schema:
    head = {"$schema": DIALECT, "$id": f"urn:picustream:topic:{topic}", "title": topic}
    return head | {name: part for name, part in schema.items() if name != "title"}


def _incoming(topic: str) -> Schema:
    schema = _without_discriminator(ADAPTERS[topic].json_schema(schema_generator=_Plain))
    if "observations" in schema.get("properties", {}):
        conditions = [_states_something()] if topic == VENTILATOR else []
        return schema | {"allOf": [_filing_time_needed(by_observation=True), _value_needed(), *conditions]}
    stated = {fact.__name__: fact.stated for fact in FactEvent.__subclasses__()}
    for name, fields in stated.items():
        if name in schema["$defs"]:
            conditions = [_filing_time_needed(by_observation=False), *_stated_needed(fields)]
            schema["$defs"][name]["allOf"] = [*conditions, *([_place_needed()] if name == Moved.__name__ else [])]
    return schema


def _without_discriminator(schema: Schema) -> Schema:
    """That of OpenAPI: JSON Schema does not know it, AsyncAPI means another thing by it."""
    return {name: part for name, part in schema.items() if name != "discriminator"}


def _status_in(statuses: Iterable[Status]) -> Schema:
    return {"required": ["status"], "properties": {"status": {"enum": sorted(statuses)}}}


def _given(*fields: str) -> Schema:
    return {"required": list(fields), "properties": {field: {"not": {"type": "null"}} for field in fields}}


def _filing_time_needed(by_observation: bool) -> Schema:
    """A status that speaks of an earlier version, be it one observation's, needs `recorded_at`."""
    later = _status_in(NEEDS_FILING_TIME)
    of_one = {"required": ["observations"], "properties": {"observations": {"contains": later}}}
    where = [later, of_one] if by_observation else [later]
    return {"if": {"anyOf": where}, "then": _given("recorded_at")}


def _value_needed() -> Schema:
    """An observation's own status, else the event's, decides whether it needs a value."""
    speaking = set(Status) - NO_STATEMENT
    return {
        "if": _status_in(NO_STATEMENT),
        "then": _of_each({"if": _status_in(speaking), "then": _NEEDS_VALUE}),
        "else": _of_each({"if": _status_in(NO_STATEMENT), "else": _NEEDS_VALUE}),
    }


_NEEDS_VALUE = {"required": ["value"]}
"""Whatever it is: what is no number costs the one observation, and not its event."""


def _states_something() -> Schema:
    """A ventilator event has an observation, or a known support or control."""
    words = [{"required": [name], "properties": {name: {"enum": list(known)}}} for name, known in STATED_WORDS.items()]
    observed = {"required": ["observations"], "properties": {"observations": {"minItems": 1}}}
    return {"anyOf": [observed, *words]}


def _of_each(observation: Schema) -> Schema:
    return {"properties": {"observations": {"items": observation}}}


def _stated_needed(fields: tuple[str, ...]) -> list[Schema]:
    """Without them the fact states nothing; a withdrawal may leave them out."""
    return [{"if": _status_in(NO_STATEMENT), "else": _given(*fields)}] if fields else []


def _place_needed() -> Schema:
    """Where a child was moved to: the unit, the bed, or both."""
    return {"if": _status_in(NO_STATEMENT), "else": {"anyOf": [_given("unit"), _given("bed")]}}


def written(schema: Schema) -> str:
    """The text of the file of a schema."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    """Writes one file per topic into a folder; the exit status."""
    return generated(arguments, "Name one folder: python -m picustream.contract.schemas docs/schemas", _write)


def generated(arguments: list[str], usage: str, write: Callable[[Path], None]) -> int:
    """Writes to the one path that is named; exit status 0, 2 for a wrong use, 3 where it cannot be written."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(usage, file=sys.stderr)
        return 2
    try:
        write(Path(arguments[0]))
    except OSError as error:
        print(f"{arguments[0]} cannot be written: {error.strerror}.", file=sys.stderr)
        return 3
    return 0


def _write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for topic, schema in schemas().items():
        (folder / f"{topic}.json").write_text(written(schema), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
