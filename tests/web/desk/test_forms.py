"""Forms made from models: a new kind gets its own for nothing, and what nobody touched stays as it was."""

import re
from typing import Annotated, Any, Final, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, PackageLoader
from lxml import html
from pydantic import BaseModel, Field

from kinds.football import KIND as FOOTBALL
from newsroom import award, correction, nomination, on_record, report, retraction
from timeline.domain.errors import Fault, InvalidData
from timeline.domain.event import Line, StoryDescribed, StoryOpened
from timeline.domain.fact import resolve
from timeline.domain.ijson import JsonObject, canonical
from timeline.kinds.ceremony import KIND as CEREMONY
from timeline.kinds.general import KIND as GENERAL
from timeline.kinds.kind import Kind, UpdateReported
from timeline.web.desk.forms import fields, fill, read, schema_of, vocabulary

TYPES: Final = [(kind, type_) for kind in (GENERAL, CEREMONY, FOOTBALL) for type_ in kind.types]
PROSE: Final = frozenset({"body", "quote"})
TEMPLATES: Final = Environment(
    loader=PackageLoader("timeline.web"), autoescape=True, trim_blocks=True, lstrip_blocks=True
)

UPDATE: Final = schema_of(UpdateReported)
AWARD: Final = schema_of(CEREMONY.types["award.announced"])
PRIZE: Final = schema_of(CEREMONY.types["prize.won"])
GOAL: Final = schema_of(FOOTBALL.types["goal.scored"])


class Seat(BaseModel):
    row: int
    side: Literal["left", "right"] | None = None
    taken: bool = False


class Tree(BaseModel):
    name: str
    branches: list["Tree"] = []


class Anything(BaseModel):
    """One property of every shape that a model may ask for."""

    body: str = ""
    name: Line
    essay: str | None = None
    tags: set[str] = set()
    places: Annotated[float | None, Field(ge=0, lt=100)] = None
    side: Literal["left", "right"] | None = None
    floor: Literal[1, 2] | None = None
    always: Literal["so"] | None = None
    open: bool | None = None
    seat: Seat | None = None
    seats: list[Seat] = []
    either: int | str = 0
    free: dict[str, Any] = {}
    pair: tuple[int, str] | None = None
    numbers: list[int] = []
    trees: list[Tree] = []
    headline: Line = ""


ANYTHING: Final = schema_of(Anything)


def controls(schema: JsonObject) -> dict[str, str]:
    return {field.name: field.control for field in fields(schema, {})}


def refused(kind: Kind, type_: str, data: JsonObject) -> tuple[Fault, ...]:
    """Return what the kind says against some data."""
    with pytest.raises(InvalidData) as caught:
        kind.check(type_, canonical(data))
    return caught.value.faults


def test_a_report_gets_its_form_from_its_model() -> None:
    assert controls(UPDATE) == {"data.headline": "line", "data.media": "rows", "data.body": "prose"}


def test_the_headline_comes_first_and_the_body_last_and_the_rest_as_the_model_has_it() -> None:
    assert [field.label for field in fields(AWARD, {})] == [
        "Headline",
        "Category",
        "Film",
        "People",
        "Accepted by",
        "Body",
    ]


def test_a_kind_from_elsewhere_gets_its_forms_for_nothing() -> None:
    assert controls(GOAL) == {
        "data.headline": "line",
        "data.team": "line",
        "data.scorer": "line",
        "data.own_goal": "flag",
        "data.body": "prose",
    }


def test_every_shape_that_a_model_may_ask_for_gets_a_control() -> None:
    assert controls(ANYTHING) == {
        "data.headline": "line",
        "data.name": "line",
        "data.essay": "prose",
        "data.tags": "lines",
        "data.places": "number",
        "data.side": "choice",
        "data.floor": "choice",
        "data.always": "choice",
        "data.open": "flag",
        "data.seat": "json",
        "data.seats": "rows",
        "data.either": "json",
        "data.free": "json",
        "data.pair": "json",
        "data.numbers": "json",
        "data.trees": "json",
        "data.body": "prose",
    }


def test_a_model_that_holds_itself_gets_a_form() -> None:
    assert controls(schema_of(Tree)) == {"data.name": "prose", "data.branches": "json"}


def test_an_editorial_event_gets_a_form_too() -> None:
    assert {field.name: field.required for field in fields(schema_of(StoryOpened), {})} == {
        "data.title": True,
        "data.kind": True,
        "data.timezone": True,
        "data.language": False,
        "data.summary": False,
    }


def test_a_control_knows_its_limits() -> None:
    _, _, _, count, people, body = fields(PRIZE, {})

    assert (count.least, count.most, count.whole) == (1, 1000, True)
    assert (people.most, body.most) == (100, 50_000)


def test_what_was_typed_is_read() -> None:
    posted = {
        "data.category": "  Best Picture ",
        "data.film": "Anora",
        "data.people": "Alex Coco\r\n  Samantha Quan \r\n\r\nSean Baker\r\n",
        "data.accepted_by": "",
        "data.headline": " ",
        "data.body": "  *Anora* wins.\r\n\r\nAll stand.\r\n  \r\n",
    }

    assert read(AWARD, posted) == {
        "category": "Best Picture",
        "film": "Anora",
        "people": ["Alex Coco", "Samantha Quan", "Sean Baker"],
        "body": "  *Anora* wins.\n\nAll stand.",
    }


def test_numbers_flags_choices_and_json_are_read_as_what_they_are() -> None:
    posted = {
        "data.places": "12.5",
        "data.side": "left",
        "data.floor": "2",
        "data.open": "no",
        "data.seats.0.row": "7",
        "data.seats.0.taken": "yes",
        "data.seats.1.row": "",
        "data.free": '{"a": [1, true]}',
        "data.numbers": "[]",
        "data.seat": "null",
    }

    assert read(ANYTHING, posted) == {
        "places": 12.5,
        "side": "left",
        "floor": 2,
        "open": False,
        "seats": [{"row": 7, "taken": True}],
        "free": {"a": [1, True]},
        "numbers": [],
    }


def test_no_default_is_written_into_the_data() -> None:
    assert read(GOAL, fill(GOAL, {"team": "Ghana", "scorer": "Muntari"})) == {"team": "Ghana", "scorer": "Muntari"}


@pytest.mark.parametrize("text", ["many", "1,5", "0x10", "٣", "1e999", "9007199254740993", "9" * 5000, "--1", "NaN"])
def test_what_is_no_number_is_kept_for_the_model_to_refuse_at_its_path(text: str) -> None:
    data = read(PRIZE, {"data.prize": "Palme d’Or", "data.film": "Anora", "data.count": text})

    assert data["count"] == text
    assert [fault.path for fault in refused(CEREMONY, "prize.won", data)] == ["count"]


def test_what_is_no_json_is_kept_and_its_fault_told_at_its_control() -> None:
    posted = {"data.name": "Muntari", "data.seat": '{"row":'}

    assert read(ANYTHING, posted) == {"name": "Muntari", "seat": '{"row":'}
    (seat,) = (
        field
        for field in fields(ANYTHING, posted, faults=[Fault("seat", "Input should be an object")])
        if field.name == "data.seat"
    )
    assert seat.value == '{"row":'
    assert "the text is not JSON" in seat.faults[0]
    assert seat.faults[1:] == ("Input should be an object",)


def test_a_fault_is_told_at_its_control_with_the_name_that_it_is_about() -> None:
    posted = {"data.category": "x" * 501, "data.film": "Anora", "data.people": f"Sean Baker\r\n\r\n{'y' * 501}"}

    faults = refused(CEREMONY, "award.announced", read(AWARD, posted))
    told = {field.name: field.faults for field in fields(AWARD, posted, faults=faults) if field.faults}

    assert told == {
        "data.category": ("String should have at most 500 characters",),
        "data.people": (f"“{'y' * 40}”: String should have at most 500 characters",),
    }


def test_a_fault_in_a_row_is_told_in_that_row_though_blank_rows_stand_before_it() -> None:
    posted = {
        "data.headline": "The hall fills",
        "data.media.0.url": "",
        "data.media.1.url": "https://example.org/hall.jpg",
        "data.media.1.alt": "The hall",
        "data.media.3.url": "hall.jpg",
        "data.media.3.alt": "The hall again",
    }

    faults = refused(GENERAL, "update.reported", read(UPDATE, posted))
    media = fields(UPDATE, posted, faults=[*faults, Fault("media.0.colour", "not permitted")])[1]

    assert [row[0].name for row in media.rows] == ["data.media.1.url", "data.media.3.url", "data.media.4.url"]
    assert [bool(row[0].faults) for row in media.rows] == [False, True, False]
    assert media.faults == ("0.colour: not permitted",)


def test_a_list_that_is_full_has_no_blank_row() -> None:
    full = {f"data.media.{place}.url": "https://example.org" for place in range(20)}

    assert len(fields(UPDATE, {})[1].rows) == 1
    assert len(fields(UPDATE, full)[1].rows) == 20


def test_a_correction_changes_only_what_was_touched() -> None:
    present = {"category": "Best Picture ", "film": "La La Land", "people": [], "body": "One.\r\nTwo.  \r\n"}
    posted = fill(AWARD, present) | {"data.film": "Moonlight"}

    assert read(AWARD, posted, present) == present | {"film": "Moonlight"}


def test_a_field_that_was_emptied_is_gone() -> None:
    present = {"headline": "A film wins", "body": "At last.", "media": [{"url": "https://example.org", "alt": "It"}]}

    emptied = dict.fromkeys(fill(UPDATE, present), "") | {"data.headline": "A film wins"}

    assert read(UPDATE, emptied, present) == {"headline": "A film wins"}


def test_a_field_that_was_not_on_the_form_stays() -> None:
    present = {"headline": "A film wins", "body": "At last.", "media": []}

    assert read(UPDATE, {"data.headline": "Anora wins"}, present) == present | {"headline": "Anora wins"}


def test_a_name_that_was_added_leaves_the_other_names_as_they_were() -> None:
    present = {"category": "Best Picture", "film": "Anora", "people": ["Sean\nBaker", " Alex Coco"]}
    posted = fill(AWARD, present)

    posted["data.people"] = "Samantha Quan\r\n" + posted["data.people"]

    assert read(AWARD, posted, present)["people"] == ["Samantha Quan", "Sean\nBaker", " Alex Coco"]


def test_a_row_that_was_emptied_is_gone_and_the_others_stay_as_they_were() -> None:
    rows = [{"url": f"https://example.org/{place}", "alt": f"Hall\n{place}"} for place in range(3)]
    present = {"headline": "The hall", "media": rows}
    posted = fill(UPDATE, present) | {"data.media.1.url": "", "data.media.1.alt": " "}

    assert read(UPDATE, posted, present)["media"] == [rows[0], rows[2]]
    # And once more, after the form has come back for another fault.
    shown = {each.name: each.value for row in fields(UPDATE, posted)[1].rows for each in row}
    assert read(UPDATE, shown, present)["media"] == [rows[0], rows[2]]


def test_a_row_that_was_added_stands_behind_the_others() -> None:
    present = {"headline": "The hall", "media": [{"url": "https://example.org/1", "alt": "One\r\nhall"}]}
    blank = fields(UPDATE, fill(UPDATE, present))[1].rows[-1]
    posted = fill(UPDATE, present) | {blank[0].name: "https://example.org/2", blank[1].name: "Another"}

    added = {"url": "https://example.org/2", "alt": "Another"}
    assert read(UPDATE, posted, present)["media"] == [*present["media"], added]


def test_the_boards_own_words_are_suggested_the_most_frequent_first_and_then_the_most_recent() -> None:
    baker = award("Best Director", "Anora", "Sean Baker")
    wrong = nomination("Best Picture", "La La Land")
    record = on_record(
        nomination("Best Picture", "The Brutalist"),
        nomination("Best Picture", "Anora", "Alex Coco", "Sean Baker"),
        nomination("Best Actor", "Conclave"),
        wrong,
        baker,
        correction(baker, data={"category": "Directing", "body": "A short text."}),
        retraction(wrong),
        report("A short headline"),
    )

    assert vocabulary(resolve(record)) == {
        "category": ("Best Picture", "Directing", "Best Actor"),
        "film": ("Anora", "Conclave", "The Brutalist"),
        "people": ("Sean Baker", "Alex Coco"),
    }


def test_no_more_words_are_suggested_than_a_list_can_show() -> None:
    record = on_record(*(nomination("Best Picture", f"Film {number}") for number in range(300)))

    films = vocabulary(resolve(record))["film"]

    assert len(films) == 200
    assert films[0] == "Film 299"


def test_suggestions_stand_at_their_field() -> None:
    by_name = {field.name: field for field in fields(AWARD, {}, suggestions={"film": ["Anora"], "gone": ["x"]})}

    assert by_name["data.film"].suggestions == ("Anora",)
    assert by_name["data.category"].suggestions == ()


lines = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=30) | (
    st.sampled_from(["Sean Baker", " two\r\nlines ", "<b>", "“”", "[1]", '"', "null"])
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-1e9, 1e9) | lines | st.just(""),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["url", "alt", "row", "x"]), inner),
    max_leaves=8,
)


def values_of(schema: JsonObject, root: JsonObject) -> st.SearchStrategy[Any]:
    """Return what a model of these kinds may be given, and a little more."""
    match schema:
        case {"$ref": str(ref)}:
            return values_of(root["$defs"][ref.rpartition("/")[2]], root)
        case {"type": "object"}:
            parts = {name: values_of(part, root) for name, part in schema["properties"].items()}
            must = {name: parts.pop(name) for name in schema.get("required", ())}
            return st.fixed_dictionaries(must, optional=parts)
        case {"type": "array"}:
            return st.lists(values_of(schema["items"], root), max_size=3)
        case {"type": "integer"}:
            return st.integers(1, 1000)
        case {"type": "boolean"}:
            return st.booleans()
        case {"format": "uri"}:
            return st.sampled_from(["https://example.org/a?b=c#d", "http://example.org/%20"])
        case _:
            return lines.filter(lambda text: bool(text.strip()))


@st.composite
def accepted(draw: st.DrawFn) -> tuple[JsonObject, JsonObject]:
    """Return the schema of a fact type, and data that its model accepts."""
    kind, type_ = draw(st.sampled_from(TYPES))
    schema = schema_of(kind.types[type_])
    data = draw(values_of(schema, schema))
    kind.check(type_, canonical(data))
    return schema, data


def as_typed(data: JsonObject) -> JsonObject:
    """Return data as somebody would have typed it: all that a form cannot tell apart, made alike.

    Lists that are empty are missing; single lines have no line ends, and no blanks around them; prose has LF for
    line ends, and no blanks at its end.
    """
    return {name: _as_typed(name, value) for name, value in data.items() if value != []}


def _as_typed(name: str, value: Any) -> Any:
    match value:
        case str() if name in PROSE:
            return re.sub(r"\r\n?", "\n", value).rstrip()
        case str():
            return re.sub(r"\r\n?|\n", " ", value).strip()
        case list():
            return [as_typed(each) if isinstance(each, dict) else _as_typed(name, each) for each in value]
        case _:
            return value


@given(accepted())
def test_data_comes_back_from_its_form_as_somebody_would_have_typed_it(
    example: tuple[JsonObject, JsonObject],
) -> None:
    schema, data = example

    assert canonical(read(schema, fill(schema, data))) == canonical(as_typed(data))


@given(accepted())
def test_a_form_that_nobody_touched_changes_nothing(example: tuple[JsonObject, JsonObject]) -> None:
    schema, data = example

    assert canonical(read(schema, fill(schema, data), present=data)) == canonical(data)
    assert canonical(read(schema, sent(rendered(schema, data)), present=data)) == canonical(data)


@given(st.dictionaries(st.sampled_from([*ANYTHING["properties"], "unknown"]), json_values))
def test_not_even_what_no_model_would_accept(data: JsonObject) -> None:
    assert canonical(read(ANYTHING, fill(ANYTHING, data), present=data)) == canonical(data)


hostile_names = st.builds(
    "data.{}{}".format,
    st.sampled_from([*ANYTHING["properties"], "", "unknown"]),
    st.sampled_from(["", ".", ".0", ".0.row", ".0.side", ".07.row", ".٣.row", ".-1.row", f".{'9' * 5000}.row"]),
)
hostile_texts = st.text() | st.sampled_from(
    ["\ud800", "\0", "[" * 100_000, '{"a": 1, "a": 2}', "9" * 5000, "NaN", "yes"]
)


@given(st.dictionaries(hostile_names | st.text(), hostile_texts), st.booleans())
def test_whatever_is_posted_is_read_and_can_be_shown_again(posted: dict[str, str], corrected: bool) -> None:
    present = {"name": "Muntari", "seats": ["none", {"row": 1, "x": None}], "tags": [1]} if corrected else None

    data = read(ANYTHING, posted, present)

    assert "\0" not in canonical(data)
    assert fields(ANYTHING, posted, faults=[Fault(name.removeprefix("data."), "no") for name in posted])


def test_a_list_of_ten_thousand_rows_is_read_and_shown_and_not_touched() -> None:
    present = {"headline": "All of them", "media": [{"url": str(place), "alt": "x"} for place in range(10_000)]}
    posted = fill(UPDATE, present)

    assert read(UPDATE, posted | {"data.headline": "All"}, present) == present | {"headline": "All"}
    assert read(UPDATE, posted) == present
    faults = [Fault(f"media.{place}.url", "no address") for place in range(10_000)]
    assert all(row[0].faults for row in fields(UPDATE, posted, faults=faults)[1].rows)


def rendered(schema: JsonObject, data: JsonObject, *faults: Fault, prefix: str = "") -> html.HtmlElement:
    """Return the form of some data as it stands on a page."""
    form = fields(schema, fill(schema, data), suggestions={"film": ["A <b>"], "people": ['"']}, faults=faults)
    page = TEMPLATES.from_string(
        '{% from "desk/fields.html" import field %}'
        "<form>{% for each in form %}{{ field(each, prefix) }}{% endfor %}</form>"
    )
    return html.fromstring(page.render(form=form, prefix=prefix))


def sent(form: html.HtmlElement) -> dict[str, str]:
    """Return what a browser sends of a form."""
    found = {}
    for control in form.xpath(".//input | .//select | .//textarea"):
        text = control.value or ""
        if control.tag == "textarea":  # A browser drops the line end behind the tag; lxml does not.
            assert text.startswith("\n")
            text = text[1:]
        found[control.name] = re.sub(r"\r\n?|\n", "\r\n", text)
    return found


def test_every_control_has_a_label_and_every_id_stands_once() -> None:
    media = {"media": [{"url": "https://example.org", "alt": "x"}]}
    forms_of = [(ANYTHING, {}), (UPDATE, media), (AWARD, {}), (PRIZE, {}), (GOAL, {})]
    for schema, data in forms_of:
        form = rendered(schema, data, prefix="new-")
        ids = form.xpath("//@id")

        assert len(ids) == len(set(ids))
        assert all(re.fullmatch(r"new-\S+", each) for each in ids)
        assert set(form.xpath("//label/@for")) == set(form.xpath("//*[self::input|self::select|self::textarea]/@id"))
        assert set(form.xpath("//@list | //@data-words")) == set(form.xpath("//datalist/@id"))


def test_a_fault_is_tied_to_its_control() -> None:
    form = rendered(AWARD, {"people": ["x"]}, Fault("people.0", "too short"), Fault("film", "<missing>"))

    for name, told in {"data.people": "One a line “x”: too short", "data.film": "<missing>"}.items():
        (control,) = form.xpath(f"//*[@name='{name}']")
        by = control.get("aria-describedby").split()
        assert " ".join(form.get_element_by_id(each).text_content() for each in by) == told
        assert control.get("aria-invalid") == "true"
    assert form.xpath("//*[@name='data.category' and not(@aria-invalid) and not(@aria-describedby)]")


def test_a_browser_is_told_what_is_required_and_how_much_there_may_be() -> None:
    (film,) = rendered(AWARD, {}).xpath("//input[@name='data.film']")
    (count,) = rendered(PRIZE, {}).xpath("//input[@name='data.count']")
    (body,) = rendered(AWARD, {}).xpath("//textarea[@name='data.body']")

    assert (film.get("required"), film.get("maxlength"), film.get("list")) == ("", "500", "data.film-words")
    assert [count.get(name) for name in ("type", "min", "max", "step")] == ["number", "1", "1000", "1"]
    assert (body.get("required"), body.get("maxlength")) == (None, "50000")


def test_a_blank_row_does_not_keep_a_form_from_being_sent() -> None:
    assert rendered(UPDATE, {}).xpath("//fieldset//@required") == []


def test_a_value_that_is_none_of_the_choices_is_shown_all_the_same() -> None:
    form = rendered(ANYTHING, {"side": "middle", "open": True})

    assert sent(form)["data.side"] == "middle"
    assert sent(form)["data.open"] == "yes"


def test_the_description_of_a_story_is_a_form_of_two_fields() -> None:
    described = {"title": "A night", "summary": None}
    schema = schema_of(StoryDescribed)

    assert fill(schema, described) == {"data.title": "A night", "data.summary": ""}
    assert read(schema, fill(schema, described), described) == described
