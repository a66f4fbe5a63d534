"""The JSON Schemas of the document: of what is sent, from the models that check it, and of what is answered."""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final
from zoneinfo import available_timezones

from pydantic import TypeAdapter

from timeline import answers
from timeline.domain.event import EDITORIAL, Draft
from timeline.domain.ijson import MAX_INTEGER, JsonObject
from timeline.domain.moments import WRITTEN
from timeline.kinds.kind import find_kind, kind_names
from timeline.web.api import MAX_LIMIT

SLUG: Final[JsonObject] = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 80}
MOMENT: Final[JsonObject] = {"type": "string", "format": "date-time", "pattern": f"^{WRITTEN}$"}

_ANSWERS: Final = (
    *(answers.Stories, answers.View, answers.Fact, answers.Record, answers.Changes, answers.Appended),
    *(answers.Updates, answers.Problem),
)
_TEXT: Final[JsonObject] = {"type": "string", "pattern": r"^[^\u0000]*$"}
_REF: Final = "#/components/schemas/"


def ref(name: str) -> JsonObject:
    """Return a reference to a schema of the document."""
    return {"$ref": _REF + name}


def schemas() -> JsonObject:
    """Return every schema that the document refers to, by its name."""
    data = {type_: list(classes) for type_, classes in _data_models()}
    models = [model for classes in data.values() for model in classes]
    adapters: list[Any] = [(model, "validation", TypeAdapter(model)) for model in (*_ANSWERS, Draft, *models)]
    found, whole = TypeAdapter.json_schemas(adapters, ref_template=_REF + "{model}")
    made: JsonObject = _tidy(whole["$defs"])
    _state_the_rules(made)
    envelope = made.pop("Draft")
    drafts = {
        type_: _draft(envelope, type_, [found[model, "validation"] for model in classes])
        for type_, classes in data.items()
    }
    return dict(sorted((made | _general() | drafts | _bodies(made, drafts)).items()))


def _data_models() -> Iterator[tuple[str, Iterator[type[Any]]]]:
    """Yield every type of event with the models of its data: kinds may use one name for different things."""
    kinds = [find_kind(name) for name in kind_names()]
    for type_, model in EDITORIAL.items():
        yield type_, iter([model])
    for type_ in dict.fromkeys(type_ for kind in kinds for type_ in kind.types):
        yield type_, iter(dict.fromkeys(kind.types[type_] for kind in kinds if type_ in kind.types))


def _draft(envelope: JsonObject, type_: str, data: list[JsonObject]) -> JsonObject:
    """Return the schema of one type of event as a writer brings it, whole: few programs can join two schemas."""
    schema = deepcopy(envelope)
    schema["description"] = f"`{type_}`, as a writer brings it; its story gives it the rest."
    schema["properties"] |= {"type": {"const": type_}, "data": data[0] if len(data) == 1 else {"anyOf": data}}
    if type_ not in EDITORIAL:
        schema["properties"]["occurred_at"] = ref("Moment")
        schema["required"] = [*schema["required"], "occurred_at"]
    return schema


def _bodies(made: JsonObject, drafts: Mapping[str, JsonObject]) -> JsonObject:
    references = {type_: _REF + type_ for type_ in drafts}
    opened = deepcopy(made["StoryOpened"])
    opened["description"] = (
        "A story to open: its name, what `story.opened` says, and an id where the writer brings one."
    )
    opened["properties"] = {"slug": SLUG, **opened["properties"], "id": {"type": "string", "format": "uuid"}}
    opened["required"] = ["slug", *opened["required"]]
    return {
        "Draft": {
            "description": "An event as a writer brings it: one of these, by its type.",
            "oneOf": [{"$ref": reference} for reference in references.values()],
            "discriminator": {"propertyName": "type", "mapping": references},
        },
        "Drafts": {"type": "array", "items": ref("Draft"), "minItems": 1, "maxItems": MAX_LIMIT},
        "NewStory": opened,
    }


def _general() -> JsonObject:
    """Return what is told once and referred to: moments, time zones, and JSON as a record can hold it."""
    return {
        "Moment": MOMENT | {"description": "A moment (RFC 3339), with its zone; the seconds may have six decimals."},
        "TimeZone": {
            "description": "A time zone of the IANA database, such as `America/Los_Angeles`.",
            # No enum: programs that make classes of schemas would make 600 constants.
            "type": "string",
            "pattern": f"^({'|'.join(map(re.escape, sorted(available_timezones())))})$",
        },
        "Json": {
            "description": "JSON as RFC 7493 has it, without NUL characters, up to 32 levels deep.",
            "anyOf": [
                {"type": ["boolean", "null"]},
                {"type": "number", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER},
                _TEXT,
                {"type": "array", "items": ref("Json")},
                _objects(),
            ],
        },
    }


def _objects() -> JsonObject:
    return {"type": "object", "propertyNames": _TEXT, "additionalProperties": ref("Json")}


def _state_the_rules(made: JsonObject) -> None:
    """State what `timeline.rules` asks of data beyond its model, as far as a schema can."""
    made["StoryOpened"]["properties"] |= {"kind": {"enum": kind_names()}, "timezone": ref("TimeZone")}
    made["StoryDescribed"]["anyOf"] = [_given("title"), _given("summary")]
    made["Amendment"]["properties"]["data"] = {"anyOf": [_objects(), {"type": "null"}]}
    made["Amendment"]["minProperties"] = 1
    note = {"type": "string", "maxLength": 5_000, **_pattern(made["FactTakenDown"]["properties"]["basis"])}
    for name in ("FactRetracted", "FactReinstated", "FactTakenDown"):
        made[name]["properties"]["note"] = note
        made[name]["required"] = [*made[name]["required"], "note"]
    minor = {"properties": {"kind": {"const": "minor"}}}
    made["FactCorrected"]["anyOf"] = [minor, {"required": ["note"], "properties": {"note": note}}]


def _given(name: str) -> JsonObject:
    return {"required": [name], "properties": {name: {"type": "string"}}}


def _pattern(schema: JsonObject) -> JsonObject:
    return {"pattern": schema["pattern"], "minLength": 1}


def _tidy(schema: Any) -> Any:
    """Return a schema without the titles that are made of its names, and the defaults that say “nothing”."""
    match schema:
        case {"format": "date-time", "pattern": str(pattern)} if pattern == f"^{WRITTEN}$":
            return ref("Moment")
        case dict():
            return {name: _tidy(value) for name, value in schema.items() if not _is_noise(name, value)}
        case list():
            return [_tidy(value) for value in schema]
        case _:
            return schema


def _is_noise(name: str, value: object) -> bool:
    return (name == "title" and isinstance(value, str)) or (name == "default" and value in (None, ""))
