"""Opening a story: by an editor, under a name that it keeps, with all that is wrong told at once."""

from typing import Any

import pytest

from composing import Answer
from desk_pages import Visitor, signed_in
from newsroom import STORY, Newsroom
from timeline.store.people import ANY, Role
from wire import Wire

FORM = {
    "slug": "98th-academy-awards",
    "data.title": "98th Academy Awards",
    "data.kind": "ceremony",
    "data.timezone": "America/Los_Angeles",
    "data.language": "en",
    "data.summary": "The night.\r\nAll of it.",
}


def opens(visitor: Visitor, **touched: str) -> Answer:
    """Send the form of a new story with some fields touched."""
    form: dict[str, Any] = FORM | {name.replace("__", "."): text for name, text in touched.items()}
    return Answer(visitor.post("/open", **form))


def test_a_story_is_opened_by_its_form_and_its_desk_is_shown(newsroom: Newsroom) -> None:
    ana = signed_in(newsroom)

    answer = opens(ana)

    assert (answer.status, answer.response.location) == (303, "/desk/stories/98th-academy-awards")
    (recorded,) = newsroom.desk.record("98th-academy-awards")[1]
    assert (recorded.type, recorded.actor, recorded.version) == ("story.opened", "Ana", 1)
    assert recorded.data == {
        name.removeprefix("data."): text.replace("\r", "") for name, text in FORM.items() if name != "slug"
    }
    assert ana.get("/stories/98th-academy-awards").status_code == 200


def test_what_is_left_blank_is_not_on_record(story_room: Newsroom) -> None:
    opens(signed_in(story_room), data__language="", data__summary=" ", data__title=" The night ")

    (recorded,) = story_room.desk.record("98th-academy-awards")[1]
    assert recorded.data == {"title": "The night", "kind": "ceremony", "timezone": "America/Los_Angeles"}


def test_the_form_knows_the_kinds_and_the_zones(story_room: Newsroom) -> None:
    page = Answer(signed_in(story_room).get("/open")).page

    assert page.xpath("//input[@name='data.timezone']/@value") == ["UTC"]
    assert "Europe/Berlin" in page.xpath("//datalist/option/@value")
    assert page.xpath("//select[@name='data.kind']/option/@value") == ["", "ceremony", "general"]
    assert page.xpath("//select[@name='data.kind']/option[@selected]/@value") == ["general"]


def test_all_that_is_wrong_is_told_at_once_and_what_was_typed_is_there_again(story_room: Newsroom) -> None:
    before = story_room.trace()

    again = opens(
        signed_in(story_room),
        slug="No Slug",
        data__title=" ",
        data__kind="opera",
        data__timezone="Mars",
        data__language="!",
    )

    assert (again.status, story_room.trace()) == (422, before)
    assert [line.partition(":")[0] for line in again.faults] == ["Slug", "Title", "Language", "Kind", "Timezone"]
    assert set(again.at_fields) == {"data.title", "data.language", "data.kind", "data.timezone"}
    assert again.at_fields["data.language"] == "“!” is no language tag, such as en or pt-BR"
    shown = {each.get("name"): each.get("value") for each in again.page.xpath("//main//input")}
    assert shown["slug"] == "No Slug"
    assert (shown["data.timezone"], shown["data.language"]) == ("Mars", "!")
    assert again.page.xpath("//textarea[@name='data.summary']")[0].text.split() == [
        "The",
        "night.",
        "All",
        "of",
        "it.",
    ]


@pytest.mark.parametrize("slug", ["", "*", "-a", "a--b", "A", "a" * 81, "a/b", "..", "é", "a\n", "<script>"])
def test_what_cannot_name_a_story_is_told_at_the_name(held: Wire, slug: str) -> None:
    answer = opens(signed_in(held.newsroom), slug=slug)

    if slug == "a\n":  # Browsers drop it, and so do we.
        assert answer.response.location == "/desk/stories/a"
    else:
        assert (answer.status, [line.partition(":")[0] for line in answer.faults]) == (422, ["Slug"])


def test_a_story_that_is_there_already_is_not_opened_again(held: Wire) -> None:
    before = held.newsroom.trace()

    answer = opens(signed_in(held.newsroom), slug=STORY)

    assert (answer.status, held.newsroom.trace()) == (409, before)
    assert answer.faults == [f"Slug: {STORY} exists already, at version 1; a story is opened or imported once"]


@pytest.mark.parametrize(
    ("role", "where", "status"),
    [
        (Role.CONTRIBUTOR, ANY, 403),
        (Role.CONTRIBUTOR, FORM["slug"], 403),
        (Role.ADMIN, STORY, 403),
        (Role.EDITOR, FORM["slug"], 303),
        (Role.EDITOR, ANY, 303),
    ],
)
def test_a_story_is_opened_by_its_editors(story_room: Newsroom, role: Role, where: str, status: int) -> None:
    before = story_room.trace()
    visitor = signed_in(story_room, "Ben", role, where)

    assert visitor.get("/open").status_code == (200 if status == 303 else 403)
    assert opens(visitor).status == status
    assert (story_room.trace() == before) == (status == 403)
