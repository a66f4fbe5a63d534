"""The controls of a form: what is asked for, what is filled in, what may be, and what is wrong with it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from timeline.domain.errors import Fault, MalformedJson
from timeline.domain.ijson import JsonObject, parse
from timeline.entries import label
from timeline.web.desk.forms.parts import Control, Part, parts_of
from timeline.web.desk.forms.posted import PREFIX, Values, lines_of, options, posted_rows, unless_blank


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
    parts = sorted(parts_of(schema), key=_place)
    return tuple(_field(part, values, PREFIX, suggestions.get(part.key, ()), faults) for part in parts)


def _place(part: Part) -> tuple[bool, bool]:
    return (part.key == "body", part.key != "headline")


def _field(
    part: Part,
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


def _is_of(part: Part, fault: Fault) -> bool:
    return fault.path == part.key or fault.path.startswith(f"{part.key}.")


def _limit(schema: JsonObject, *names: str) -> float | None:
    return next((schema[name] for name in names if name in schema), None)


def _choices(part: Part, value: str) -> tuple[str, ...]:
    match part.control:
        case "flag":
            known: tuple[str, ...] = ("yes", "no")
        case "choice":
            known = tuple(options(part.schema))
        case _:
            return ()
    # What is none of them must be shown all the same, or a form that nobody touched would drop it.
    return known if not value or value in known else (*known, value)


def _told(part: Part, value: str, faults: Sequence[Fault]) -> tuple[str, ...]:
    """Return what is wrong with a control, in words; what is told in its rows is left out."""
    match part.control:
        case "rows":
            keys = {row_part.key for row_part in part.parts}
            return tuple(str(fault) for fault in faults if not keys.intersection(fault.path.split(".")[1:2]))
        case "lines":
            lines = lines_of(value)
            return tuple(_told_of_line(fault, lines) for fault in faults)
        case "json" if faults:
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


def _rows(part: Part, values: Values, name: str, faults: Sequence[Fault]) -> tuple[tuple[Field, ...], ...]:
    if part.control != "rows":
        return ()
    posted = posted_rows(values, name)
    # The rows keep their numbers, by which `read` finds what they were; blank ones have no place in the data.
    shown = [index for index, row in posted.items() if any(map(unless_blank, row.values()))]
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
