"""A form as it is posted: flat names and their texts; and what some data posts when nobody touches it."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from timeline.domain.ijson import JsonObject
from timeline.web.desk.forms.parts import Control, Part, parts_of

Values = Mapping[str, str]
"""The names (`data.category`, `data.media.0.url`) and their texts."""

PREFIX: Final = "data."
"""With it every name begins that is one of a model's."""


def fill(schema: JsonObject, data: JsonObject) -> dict[str, str]:
    """Return the form of some data as it is posted when nobody touches it."""
    return dict(filled(parts_of(schema), data, PREFIX))


def filled(parts: Iterable[Part], data: JsonObject, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield what some data posts for some parts, the names after a prefix."""
    for part in parts:
        value, name = data.get(part.key), prefix + part.key
        if part.control != "rows":
            yield name, _text(part.control, value)
        elif isinstance(value, list):
            for index, row in enumerate(value):
                yield from filled(part.parts, row if isinstance(row, dict) else {}, f"{name}.{index}.")


def options(schema: JsonObject) -> dict[str, Any]:
    """Return what may be chosen by what is posted for it."""
    known = schema.get("enum", [schema.get("const")])
    return {_text("choice", each): each for each in known if each is not None}


def posted_rows(values: Values, name: str) -> dict[int, dict[str, str]]:
    """Return the rows of a list, blank ones too, by their numbers: what is posted for each under its full name."""
    numbered = re.compile(re.escape(name) + r"\.(0|[1-9][0-9]{0,5})\.")
    rows: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for key, text in values.items():
        if found := numbered.match(key):
            rows[int(found[1])][key] = text
    return dict(sorted(rows.items()))


def lines_of(text: str) -> list[str]:
    """Return the lines of a text that are not blank."""
    return [line.strip() for line in clean(text).split("\n") if line.strip()]


def one_line(text: str) -> str:
    """Return a text as a single line shows it."""
    return re.sub(r"\r\n|\r|\n", " ", text)


def unless_blank(text: str) -> str:
    """Return a text as it is compared: a blank one is none."""
    cleaned = clean(text)
    return cleaned if cleaned.strip() else ""


def clean(text: str) -> str:
    """Return a text with LF for line ends and without the characters that no record can hold."""
    return re.sub(r"[\0\ud800-\udfff]", "", re.sub(r"\r\n?", "\n", text))


def _text(control: Control, value: Any) -> str:
    match control, value:
        case _, None:
            return ""
        case "line", str():
            return one_line(value)
        case "lines", list() if all(isinstance(item, str) for item in value):
            return "\n".join(map(one_line, value))
        case "flag", bool():
            return "yes" if value else "no"
        case (("line" | "prose" | "lines" | "number" | "choice" | "flag"), str()):
            return value
        case _:
            return json.dumps(value, ensure_ascii=False, indent=2)
