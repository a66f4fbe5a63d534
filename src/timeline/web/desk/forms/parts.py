"""The parts of a form: what a model's JSON Schema asks for, and by which control each is filled in."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from pydantic import TypeAdapter

from timeline.domain.ijson import JsonObject

Control = Literal["line", "prose", "lines", "number", "choice", "flag", "json", "rows"]

LONGEST_LINE: Final = 500
"""A text that may have more characters is prose, unless it has a format of its own, as web addresses have."""


@dataclass(frozen=True, slots=True)
class Part:
    """One property of a model, and the parts of each of its rows."""

    key: str
    schema: JsonObject
    control: Control
    required: bool
    parts: tuple["Part", ...] = ()


@cache
def schema_of(model: type[Any]) -> JsonObject:
    """Return the JSON Schema of a pydantic model or dataclass. It is shared: do not change it."""
    return TypeAdapter(model).json_schema()


def parts_of(schema: JsonObject) -> tuple[Part, ...]:
    """Return the parts of the form that fills a model of this schema."""
    properties = _properties(schema, _resolved(schema, schema))
    return tuple(_part(schema, key, part, required) for key, part, required in properties)


def _part(root: JsonObject, key: str, schema: JsonObject, required: bool) -> Part:
    item = _resolved(root, schema.get("items") or {}) if schema.get("type") == "array" else {}
    if item.get("type") == "string":
        return Part(key, schema, "lines", required)
    # A list within a row is no simple thing, so a model that holds itself ends here.
    row = tuple(Part(each, part, _control(part), must) for each, part, must in _properties(root, item))
    if row and all(part.control != "json" for part in row):
        return Part(key, schema, "rows", required, row)
    return Part(key, schema, _control(schema), required)


def _properties(root: JsonObject, model: JsonObject) -> Iterator[tuple[str, JsonObject, bool]]:
    for key, schema in model.get("properties", {}).items():
        yield key, _resolved(root, schema), key in model.get("required", ())


def _control(schema: JsonObject) -> Control:
    match schema:
        case {"enum": _} | {"const": _}:
            return "choice"
        case {"type": "boolean"}:
            return "flag"
        case {"type": "integer" | "number"}:
            return "number"
        case {"type": "string"}:
            is_line = "format" in schema or schema.get("maxLength", LONGEST_LINE + 1) <= LONGEST_LINE
            return "line" if is_line else "prose"
        case _:
            return "json"


def _resolved(root: JsonObject, schema: JsonObject) -> JsonObject:
    """Return a schema without the references and the null that stand around what it asks for."""
    if "$ref" in schema:
        found = root["$defs"][schema["$ref"].rpartition("/")[2]]
        return _resolved(root, found | {name: value for name, value in schema.items() if name != "$ref"})
    alternatives = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if len(alternatives) == 1:
        return _resolved(root, alternatives[0])
    return schema
