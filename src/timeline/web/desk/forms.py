"""Forms: made from a model's JSON Schema, filled with data, and read again as they are posted."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal, assert_never

from pydantic import TypeAdapter

from timeline.domain.errors import Fault, MalformedJson
from timeline.domain.fact import Fact
from timeline.domain.ijson import MAX_INTEGER, JsonObject, parse
from timeline.entries import label

Values = Mapping[str, str]
"""A form as it is posted: flat names (`data.category`, `data.media.0.url`) and their texts."""

Control = Literal["line", "prose", "lines", "number", "choice", "flag", "json", "rows"]

LONGEST_LINE: Final = 500
"""A text that may have more characters is prose, unless it has a format of its own, as web addresses have."""

_PREFIX: Final = "data."
_NOT_SUGGESTED: Final = frozenset({"headline", "body", "quote"})
_LONGEST_SUGGESTION: Final = 120
_MOST_SUGGESTIONS: Final = 200


@dataclass(frozen=True, slots=True)
class Field:
    """One control of a form.

    `most` and `least` are characters, lines, rows or a number's bounds. `rows` are those of a list of objects:
    the ones that are there and, while there is room, a blank one.
    """

    name: str
    label: str
    control: Control
    value: str
    required: bool
    suggestions: tuple[str, ...]
    choices: tuple[str, ...]
    faults: tuple[str, ...]
    most: float | None
    least: float | None
    whole: bool = False
    rows: tuple[tuple["Field", ...], ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """One property of a model, and the parts of each of its rows."""

    key: str
    schema: JsonObject
    control: Control
    required: bool
    parts: tuple["_Part", ...] = ()


@cache
def schema_of(model: type[Any]) -> JsonObject:
    """Return the JSON Schema of a pydantic model or dataclass. It is shared: do not change it."""
    return TypeAdapter(model).json_schema()


def fill(schema: JsonObject, data: JsonObject) -> dict[str, str]:
    """Return the form of some data as it is posted when nobody touches it."""
    return dict(_filled(_parts(schema), data, _PREFIX))


def fields(
    schema: JsonObject,
    values: Values,
    *,
    suggestions: Mapping[str, Sequence[str]] = {},
    faults: Sequence[Fault] = (),
) -> tuple[Field, ...]:
    """Return the controls of a form, the headline first and the body last.

    The paths of the faults are those of the data that `read` makes of the values, so that each is told at its
    control; a fault that belongs to no control is the caller's to tell.
    """
    parts = sorted(_parts(schema), key=_place)
    return tuple(_field(part, values, _PREFIX, suggestions.get(part.key, ()), faults) for part in parts)


def read(schema: JsonObject, values: Values, present: JsonObject | None = None) -> JsonObject:
    """Return the data that a posted form says; blank fields are left out. Never raises.

    With the `present` data of what is corrected, whatever was left as `fill` rendered it, or was not on the form,
    stays exactly as it was. A single line loses the blanks around it, prose those at its end, and line ends become
    LF. What is no number or no JSON where it should be stays a text, for the model to refuse at its path.
    """
    return _read(_parts(schema), values, _PREFIX, present or {})


def vocabulary(facts: Iterable[Fact]) -> dict[str, tuple[str, ...]]:
    """Return the words that standing facts use under each key: the most frequent first, then the most recent."""
    used: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for fact in sorted(facts, key=lambda fact: fact.version, reverse=True):
        if fact.stands:
            for key, word in _words(fact.data or {}):
                used[key][word] += 1
    return {key: tuple(word for word, _ in words.most_common(_MOST_SUGGESTIONS)) for key, words in used.items()}


def _words(data: JsonObject) -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        for word in value if isinstance(value, list) else [value]:
            if key not in _NOT_SUGGESTED and isinstance(word, str) and _is_word(word):
                yield key, word.strip()


def _is_word(text: str) -> bool:
    return 0 < len(text.strip()) <= _LONGEST_SUGGESTION and "\n" not in text


def _parts(schema: JsonObject) -> tuple[_Part, ...]:
    properties = _properties(schema, _resolved(schema, schema))
    return tuple(_part(schema, key, part, required) for key, part, required in properties)


def _part(root: JsonObject, key: str, schema: JsonObject, required: bool) -> _Part:
    item = _resolved(root, schema.get("items") or {}) if schema.get("type") == "array" else {}
    if item.get("type") == "string":
        return _Part(key, schema, "lines", required)
    # A list within a row is no simple thing, so a model that holds itself ends here.
    row = tuple(_Part(each, part, _control(part), must) for each, part, must in _properties(root, item))
    if row and all(part.control != "json" for part in row):
        return _Part(key, schema, "rows", required, row)
    return _Part(key, schema, _control(schema), required)


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


def _filled(parts: Iterable[_Part], data: JsonObject, prefix: str) -> Iterator[tuple[str, str]]:
    for part in parts:
        value, name = data.get(part.key), prefix + part.key
        if part.control != "rows":
            yield name, _text(part.control, value)
        elif isinstance(value, list):
            for index, row in enumerate(value):
                yield from _filled(part.parts, row if isinstance(row, dict) else {}, f"{name}.{index}.")


def _text(control: Control, value: Any) -> str:
    match control, value:
        case _, None:
            return ""
        case "line", str():
            return _one_line(value)
        case "lines", list() if all(isinstance(item, str) for item in value):
            return "\n".join(map(_one_line, value))
        case "flag", bool():
            return "yes" if value else "no"
        case (("line" | "prose" | "lines" | "number" | "choice" | "flag"), str()):
            return value
        case _:
            return json.dumps(value, ensure_ascii=False, indent=2)


def _field(
    part: _Part,
    values: Values,
    prefix: str,
    suggestions: Sequence[str],
    faults: Sequence[Fault],
    in_row: bool = False,
) -> Field:
    name = prefix + part.key
    value = values.get(name, "")
    own = [Fault(fault.path[len(part.key) + 1 :], fault.message) for fault in faults if _is_of(part, fault)]
    return Field(
        name=name,
        label=label(part.key),
        control=part.control,
        value=value,
        # A blank row must not keep the form from being sent, and a row is taken out by emptying it.
        required=part.required and not in_row,
        suggestions=tuple(suggestions),
        choices=_choices(part, value),
        faults=_told(part, value, own),
        most=_limit(part.schema, "maxLength", "maxItems", "maximum", "exclusiveMaximum"),
        least=_limit(part.schema, "minLength", "minItems", "minimum", "exclusiveMinimum"),
        whole=part.schema.get("type") == "integer",
        rows=_rows(part, values, name, own),
    )


def _is_of(part: _Part, fault: Fault) -> bool:
    return fault.path == part.key or fault.path.startswith(f"{part.key}.")


def _limit(schema: JsonObject, *names: str) -> float | None:
    return next((schema[name] for name in names if name in schema), None)


def _choices(part: _Part, value: str) -> tuple[str, ...]:
    match part.control:
        case "flag":
            known: tuple[str, ...] = ("yes", "no")
        case "choice":
            known = tuple(_options(part.schema))
        case _:
            return ()
    # What is none of them must be shown all the same, or a form that nobody touched would drop it.
    return known if not value or value in known else (*known, value)


def _options(schema: JsonObject) -> dict[str, Any]:
    options = schema.get("enum", [schema.get("const")])
    return {_text("choice", option): option for option in options if option is not None}


def _told(part: _Part, value: str, faults: Sequence[Fault]) -> tuple[str, ...]:
    """Return what is wrong with a control, in words; what is told in its rows is left out."""
    match part.control:
        case "rows":
            keys = {row_part.key for row_part in part.parts}
            return tuple(str(fault) for fault in faults if not keys.intersection(fault.path.split(".")[1:2]))
        case "lines":
            lines = _lines(value)
            return tuple(_told_of_line(fault, lines) for fault in faults)
        case "json" if faults and isinstance(_json(value), str):
            return (*_why_not_json(value), *map(str, faults))
        case _:
            return tuple(map(str, faults))


def _told_of_line(fault: Fault, lines: Sequence[str]) -> str:
    if fault.path.isdecimal() and int(fault.path) < len(lines):
        return f"“{lines[int(fault.path)][:40]}”: {fault.message}"
    return str(fault)


def _why_not_json(text: str) -> tuple[str, ...]:
    try:
        parse(text)
    except MalformedJson as error:
        return (str(error),)
    return ()


def _rows(part: _Part, values: Values, name: str, faults: Sequence[Fault]) -> tuple[tuple[Field, ...], ...]:
    if part.control != "rows":
        return ()
    posted = _posted_rows(values, name)
    # The rows keep their numbers, by which `read` finds what they were; blank ones have no place in the data.
    shown = [index for index, row in posted.items() if any(map(_said, row.values()))]
    most = part.schema.get("maxItems")
    blank = [max(posted, default=-1) + 1] if most is None or len(shown) < most else []
    told = _by_row(faults)
    return tuple(
        tuple(
            _field(each, posted.get(index, {}), f"{name}.{index}.", (), told[str(place)], in_row=True)
            for each in part.parts
        )
        for place, index in enumerate(shown + blank)
    )


def _by_row(faults: Iterable[Fault]) -> defaultdict[str, list[Fault]]:
    told: defaultdict[str, list[Fault]] = defaultdict(list)
    for fault in faults:
        place, _, path = fault.path.partition(".")
        told[place].append(Fault(path, fault.message))
    return told


def _place(part: _Part) -> tuple[bool, bool]:
    return (part.key == "body", part.key != "headline")


def _read(parts: Iterable[_Part], values: Values, prefix: str, present: JsonObject) -> JsonObject:
    data = dict(present)
    for part in parts:
        if _is_untouched(part, values, prefix, present):
            continue
        value = _value(part, values, prefix + part.key, present.get(part.key))
        if value is None:
            data.pop(part.key, None)
        else:
            data[part.key] = value
    return data


def _is_untouched(part: _Part, values: Values, prefix: str, present: JsonObject) -> bool:
    name = prefix + part.key
    filled = {key: said for key, text in _filled([part], present, prefix) if (said := _said(text))}
    if part.control != "rows":
        return name not in values or _said(values[name]) == filled.get(name, "")
    rows = _posted_rows(values, name)
    posted = {key: said for row in rows.values() for key, text in row.items() if (said := _said(text))}
    return not rows or posted == filled


def _value(part: _Part, values: Values, name: str, present: Any) -> Any:
    """Return what a control says; None if it is blank."""
    if part.control == "rows":
        return _read_rows(part, values, name, present) or None
    text = _said(values.get(name, ""))
    if not text:
        return None
    match part.control:
        case "line":
            return _one_line(text).strip()
        case "prose":
            return text.rstrip()
        case "lines":
            return _kept(_lines(text), present)
        case "number":
            return _number(text.strip())
        case "choice":
            return _options(part.schema).get(text, text.strip())
        case "flag":
            return {"yes": True, "no": False}.get(text, text.strip())
        case "json":
            return _json(text)
        case other:
            assert_never(other)


def _kept(lines: Sequence[str], present: Any) -> list[str]:
    """Return the lines, each as it was where it was there already."""
    there: defaultdict[str, list[str]] = defaultdict(list)
    for item in present if isinstance(present, list) else ():
        if isinstance(item, str):
            there[_one_line(_clean(item)).strip()].append(item)
    return [there[line].pop(0) if there[line] else line for line in lines]


def _number(text: str) -> float | str:
    if not re.fullmatch(r"-?(\d+|\d*\.\d+)([eE][+-]?\d+)?", text, re.ASCII) or len(text) > 50:
        return text
    number = int(text) if re.fullmatch(r"-?\d+", text) else float(text)
    return number if abs(number) <= MAX_INTEGER else text


def _json(text: str) -> Any:
    try:
        return parse(text)
    except MalformedJson:
        return text.strip()


def _read_rows(part: _Part, values: Values, name: str, present: Any) -> list[JsonObject]:
    there = dict(enumerate(present)) if isinstance(present, list) else {}
    return [
        _read(part.parts, row, f"{name}.{index}.", was if isinstance(was := there.get(index), dict) else {})
        for index, row in _posted_rows(values, name).items()
        if any(map(_said, row.values()))
    ]


def _posted_rows(values: Values, name: str) -> dict[int, dict[str, str]]:
    """Return the rows of a list, blank ones too, by their numbers: what is posted for each under its full name."""
    numbered = re.compile(re.escape(name) + r"\.(0|[1-9][0-9]{0,5})\.")
    rows: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for key, text in values.items():
        if found := numbered.match(key):
            rows[int(found[1])][key] = text
    return dict(sorted(rows.items()))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in _clean(text).split("\n") if line.strip()]


def _one_line(text: str) -> str:
    return re.sub(r"\r\n|\r|\n", " ", text)


def _said(text: str) -> str:
    """Return a text as it is compared: a blank one is none."""
    cleaned = _clean(text)
    return cleaned if cleaned.strip() else ""


def _clean(text: str) -> str:
    """Return a text with LF for line ends and without the characters that no record can hold."""
    return re.sub(r"[\0\ud800-\udfff]", "", re.sub(r"\r\n?", "\n", text))
