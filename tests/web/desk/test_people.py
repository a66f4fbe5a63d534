"""The people’s page: admins let others in and give them roles, each in their own stories, and one admin stays."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from desk_pages import PASSWORD, Visitor, signed_in, stranger
from newsroom import STORY, Newsroom
from timeline.store.acts import acts
from timeline.store.invitations import INVITATION_LASTS, invitations
from timeline.store.people import ANY, Person, Role, disable, find_person, people, person_called

OTHER = "another-story"
BELOW_ADMIN = [role for role in Role if role < Role.ADMIN]


def link_in(answer: TestResponse) -> str:
    """Return the path of the one link that an answer shows, without the desk's own prefix."""
    (found,) = re.findall(r'value="(http://localhost/desk/invitations/[^"]+)"', unescape(answer.text))
    return str(urlsplit(found).path.removeprefix("/desk"))


def kept(newsroom: Newsroom) -> object:
    """Return all that a refusal about people must leave as it was."""
    database, now = newsroom.database, newsroom.clock()
    return people(database), invitations(database, now), acts(database, 999)


def called(newsroom: Newsroom, name: str) -> Person:
    return person_called(newsroom.database, name)


@pytest.fixture
def boss(story_room: Newsroom) -> Visitor:
    return signed_in(story_room, "Bo", Role.ADMIN)


@pytest.fixture
def lead(story_room: Newsroom) -> Visitor:
    """Return the admin of one story."""
    return signed_in(story_room, "Lea", Role.ADMIN, STORY)


def test_somebody_new_is_invited_by_a_link_and_comes_in_by_it(boss: Visitor) -> None:
    shown = boss.post("/people/invite", name=" Ana  Ruiz ", role="standards", story=STORY)
    guest = stranger(boss.newsroom)

    assert (shown.status_code, shown.headers["Cache-Control"]) == (200, "no-store")
    assert "Ana Ruiz" in guest.get(link_in(shown)).text
    entered = guest.post(link_in(shown), password=PASSWORD)
    assert (entered.status_code, entered.location) == (303, "/desk")
    assert guest.get("").status_code == 200
    assert called(boss.newsroom, "Ana Ruiz").roles == {STORY: Role.STANDARDS}
    assert stranger(boss.newsroom).post(link_in(shown), password=PASSWORD).status_code == 404


def test_the_link_is_shown_once_and_stands_in_no_address(boss: Visitor) -> None:
    shown = boss.post("/people/invite", name="Ana", role="editor", story=ANY)
    secret = link_in(shown).rpartition("/")[2]

    assert "Location" not in shown.headers
    again = boss.get("/people")
    assert "<strong>Ana</strong>, editor: All stories" in again.text
    assert secret not in again.text
    assert boss.get("/people/invite").status_code == 405


def test_an_invitation_is_taken_back(boss: Visitor) -> None:
    link = link_in(boss.post("/people/invite", name="Ana", role="editor", story=STORY))

    assert boss.post("/people/withdraw", name="Ana", story=STORY).location == "/desk/people"

    assert stranger(boss.newsroom).get(link).status_code == 404
    assert "Take back" not in boss.get("/people").text


@pytest.mark.parametrize(
    ("form", "status", "told"),
    [
        ({"name": "BO"}, 409, "There is somebody called “BO” already"),
        ({"name": " "}, 422, "The actor cannot be used"),
        ({"name": "A\u202ena"}, 422, "cannot be seen"),
        ({"name": "a" * 501}, 422, "500 characters"),
        ({"name": "Ana", "role": "king"}, 422, "“king” is no role"),
        ({"name": "Ana", "role": ""}, 422, "“” is no role"),
        ({"name": "Ana", "role": "none"}, 422, "“none” is no role"),
        ({"name": "Ana", "story": "No Slug"}, 422, "cannot name a story"),
        ({"name": "Ana", "story": ""}, 422, "cannot name a story"),
    ],
    ids=range(9),
)
def test_an_invitation_that_cannot_be_made_is_told_and_leaves_no_trace(
    boss: Visitor, form: dict[str, Any], status: int, told: str
) -> None:
    before = kept(boss.newsroom)

    answer = boss.post("/people/invite", **({"role": "editor", "story": ANY} | form))

    assert (answer.status_code, told in answer.text) == (status, True), answer.text
    assert kept(boss.newsroom) == before


def test_roles_are_changed_and_taken_away(boss: Visitor) -> None:
    signed_in(boss.newsroom, "Ana", Role.CONTRIBUTOR)

    for role, story in (("editor", ANY), ("admin", STORY), ("standards", OTHER), ("none", OTHER)):
        assert boss.post("/people/role", name="ana", role=role, story=story).status_code == 303

    assert called(boss.newsroom, "Ana").roles == {ANY: Role.EDITOR, STORY: Role.ADMIN}
    assert {each.actor for each in acts(boss.newsroom.database, 4)} == {"Bo"}


def test_a_role_counts_from_the_next_click_on(boss: Visitor) -> None:
    ana = signed_in(boss.newsroom, "Ana", Role.ADMIN)
    assert ana.get("/people").status_code == 200

    boss.post("/people/role", name="Ana", role="editor", story=ANY)

    assert ana.get("/people").status_code == 403


def test_who_is_not_there_is_told_beside_the_form(boss: Visitor) -> None:
    answer = boss.post("/people/role", name="Nobody", role="editor", story=ANY)

    assert answer.status_code == 404
    assert "There is nobody called “Nobody”." in answer.text
    assert "Invite somebody new" in answer.text


def test_somebody_is_let_in_no_more(boss: Visitor) -> None:
    ana = signed_in(boss.newsroom, "Ana", Role.ADMIN)

    assert boss.post("/people/disable", name="Ana").location == "/desk/people"

    assert ana.get("").status_code == 302
    assert "let in no more</span>" in boss.get("/people").text


def test_nobody_shows_themselves_out(boss: Visitor) -> None:
    signed_in(boss.newsroom, "Ana", Role.ADMIN)

    assert boss.post("/people/disable", name="bo").status_code == 403
    assert boss.get("/people").status_code == 200


def test_the_last_admin_of_all_keeps_the_role(boss: Visitor, lead: Visitor) -> None:
    before = kept(boss.newsroom)

    for role in ("none", "standards"):
        answer = boss.post("/people/role", name="Bo", role=role, story=ANY)
        assert (answer.status_code, "Bo is the last admin of all stories" in answer.text) == (409, True)

    assert kept(boss.newsroom) == before


def test_who_forgot_the_password_gets_a_link_and_chooses_another(boss: Visitor) -> None:
    ana = signed_in(boss.newsroom, "Ana", Role.EDITOR)
    link = link_in(boss.post("/people/password", name="Ana"))
    again = stranger(boss.newsroom)

    assert again.post(link, password=PASSWORD).status_code == 303

    assert again.get("").status_code == 200
    assert ana.get("").status_code == 302, "their other sessions end"
    assert stranger(boss.newsroom).post("/login", name="Ana", password=PASSWORD).status_code == 303
    boss.newsroom.clock.turn(hours=INVITATION_LASTS.total_seconds() / 3600)
    assert stranger(boss.newsroom).get(link).status_code == 404


def test_nobody_comes_back_who_was_shown_out(boss: Visitor) -> None:
    signed_in(boss.newsroom, "Ana")
    link = link_in(boss.post("/people/password", name="Ana"))
    disable(boss.newsroom.database, called(boss.newsroom, "Ana").id, by="a test", now=boss.newsroom.clock())

    assert stranger(boss.newsroom).post(link, password=PASSWORD).status_code == 404
    assert boss.post("/people/password", name="Ana").status_code == 404


def test_a_story_s_admin_sees_only_its_roles(lead: Visitor, boss: Visitor) -> None:
    signed_in(lead.newsroom, "Ana", Role.EDITOR, STORY)
    signed_in(lead.newsroom, "Ben", Role.EDITOR, OTHER)
    boss.post("/people/role", name="Ana", role="standards", story=OTHER)
    boss.post("/people/invite", name="Cem", role="editor", story=OTHER)
    boss.post("/people/invite", name="Dan", role="editor", story=STORY)

    page = lead.get("/people").text

    assert re.findall(r"<h2>(\w+)", page) == ["Ana", "Lea"]
    assert re.findall(r"<strong>(\w+)</strong>, editor", page) == ["Dan"]
    assert OTHER not in page
    assert "All stories</option>" not in page
    assert "Let in no more" not in page
    assert "Link to another password" not in page


def test_a_story_s_admin_gives_any_role_there_to_anybody(lead: Visitor) -> None:
    signed_in(lead.newsroom, "Ana", Role.EDITOR, OTHER)

    assert lead.post("/people/role", name="Ana", role="admin", story=STORY).status_code == 303
    assert lead.post("/people/invite", name="Ben", role="admin", story=STORY).status_code == 200

    assert called(lead.newsroom, "Ana").roles == {OTHER: Role.EDITOR, STORY: Role.ADMIN}


def doings(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return what a story's admin may not do: everything that reaches beyond the story."""
    for story in (ANY, OTHER):
        for role in map(str, Role):
            yield "/people/role", {"name": name, "role": role, "story": story}
            yield "/people/invite", {"name": "Somebody New", "role": role, "story": story}
        yield "/people/role", {"name": name, "role": "none", "story": story}
        yield "/people/withdraw", {"name": "Pia", "story": story}
    yield "/people/disable", {"name": name}
    yield "/people/password", {"name": name}


def test_a_story_s_admin_reaches_nobody_beyond_the_story(lead: Visitor, boss: Visitor) -> None:
    signed_in(lead.newsroom, "Ana", Role.EDITOR, OTHER)
    for story in (ANY, OTHER):
        boss.post("/people/invite", name="Pia", role="editor", story=story)
    before = kept(lead.newsroom)

    for name in ("Ana", "Lea", "Bo"):
        for path, form in doings(name):
            assert lead.post(path, **form).status_code == 403, (path, form)

    assert kept(lead.newsroom) == before


@pytest.mark.parametrize("story", [ANY, STORY])
@pytest.mark.parametrize("role", [*BELOW_ADMIN, None], ids=str)
def test_who_is_no_admin_sees_and_changes_nobody(story_room: Newsroom, role: Role | None, story: str) -> None:
    signed_in(story_room, "Bo", Role.ADMIN)
    eve = signed_in(story_room, "Eve", role or Role.CONTRIBUTOR, story if role else OTHER)
    before = kept(story_room)
    own = [("/people/role", {"name": "Eve", "role": "admin", "story": STORY})]
    own += [("/people/invite", {"name": "Somebody New", "role": "contributor", "story": STORY})]
    own += [("/people/withdraw", {"name": "Somebody New", "story": STORY})]

    assert eve.get("/people").status_code == 403
    for path, form in (*own, *doings("Bo"), *doings("Eve")):
        assert eve.post(path, **form).status_code == 403, (path, form)

    assert kept(story_room) == before
    assert "/desk/people" not in eve.get("").text


def test_a_stranger_does_nothing_to_anybody(boss: Visitor) -> None:
    before = kept(boss.newsroom)

    for path, form in doings("Bo"):
        assert stranger(boss.newsroom).post(path, **form).status_code == 401

    assert kept(boss.newsroom) == before


def test_no_name_becomes_markup(boss: Visitor) -> None:
    name = '<script>alert("x")</script>'

    shown = boss.post("/people/invite", name=name, role="editor", story=ANY)
    stranger(boss.newsroom).post(link_in(shown), password=PASSWORD)

    assert find_person(boss.newsroom.database, name) is not None
    for answer in (shown, boss.get("/people"), boss.post("/people/invite", name=name, role="editor", story=ANY)):
        assert "<script>alert" not in answer.text
