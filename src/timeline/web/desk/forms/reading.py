"""Reading a form: the data that it says, whatever was left as it was kept exactly so."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, assert_never

from timeline.domain.errors import MalformedJson
from timeline.domain.ijson import MAX_INTEGER, JsonObject, parse
from timeline.web.desk.forms.parts import Part, parts_of
from timeline.web.desk.forms.posted import (
    PREFIX,
    Values,
    clean,
    filled,
    lines_of,
    one_line,
    options,
    posted_rows,
    unless_blank,
)


def read(schema: JsonObject, values: Values, present: JsonObject | None = None) -> JsonObject:
    """Return the data that a posted form says; blank fields are left out. Never raises.

    With the `present` data of what is corrected, whatever was left as `fill` rendered it, or was not on the form,
    stays exactly as it was. A single line loses the blanks around it, prose those at its end, and line ends become
    LF. What is no number or no JSON where it should be stays a text, for the model to refuse at its path.
    """
    return _read(parts_of(schema), values, PREFIX, present or {})


def _read(parts: Iterable[Part], values: Values, prefix: str, present: JsonObject) -> JsonObject:
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


def _is_untouched(part: Part, values: Values, prefix: str, present: JsonObject) -> bool:
    name = prefix + part.key
    before = _not_blank(filled([part], present, prefix))
    if part.control != "rows":
        return name not in values or unless_blank(values[name]) == before.get(name, "")
    rows = posted_rows(values, name)
    return not rows or _not_blank(pair for row in rows.values() for pair in row.items()) == before


def _not_blank(form: Iterable[tuple[str, str]]) -> dict[str, str]:
    return {name: text for name, posted in form if (text := unless_blank(posted))}


def _value(part: Part, values: Values, name: str, present: Any) -> Any:
    """Return what a control says; None if it is blank."""
    if part.control == "rows":
        return _read_rows(part, values, name, present) or None
    text = unless_blank(values.get(name, ""))
    if not text:
        return None
    match part.control:
        case "line":
            return one_line(text).strip()
        case "prose":
            return text.rstrip()
        case "lines":
            return _kept(lines_of(text), present)
        case "number":
            return _number(text.strip())
        case "choice":
            return options(part.schema).get(text, text.strip())
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
            there[one_line(clean(item)).strip()].append(item)
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


def _read_rows(part: Part, values: Values, name: str, present: Any) -> list[JsonObject]:
    there = dict(enumerate(present)) if isinstance(present, list) else {}
    return [
        _read(part.parts, row, f"{name}.{index}.", was if isinstance(was := there.get(index), dict) else {})
        for index, row in posted_rows(values, name).items()
        if any(map(unless_blank, row.values()))
    ]
