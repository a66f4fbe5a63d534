"""One's own account: signing out everywhere, another password, and tokens that are never more than their owner."""

import re
from html import unescape
from typing import Any

import pytest
from werkzeug.test import TestResponse

from desk_pages import PASSWORD, Visitor, signed_in, stranger, with_password
from newsroom import STORY, Newsroom
from timeline.store.people import ANY, Role, disable, find_person, grant
from timeline.store.sessions import MOST_AS_ONE
from timeline.store.tokens import create_token, tokens
from timeline.web.desk.guard import COOKIE
from wire import borne, problem, sent

OTHER = "another-story"
ANOTHER = "another sentence altogether"


@pytest.fixture
def ana(story_room: Newsroom) -> Visitor:
    """Return an editor of one story who has a password and is signed in."""
    with_password(story_room, "Ana", Role.EDITOR, STORY)
    return signed_in(story_room, "Ana")


def text_in(answer: TestResponse) -> str:
    """Return the one token that an answer shows."""
    (found,) = re.findall(r'value="(timeline_[^"]+)"', unescape(answer.text))
    return str(found)


def secret_of(visitor: Visitor) -> str:
    cookie = visitor.client.get_cookie(COOKIE)
    assert cookie is not None
    return cookie.value


def test_everybody_sees_who_they_are_and_what_they_may(ana: Visitor) -> None:
    page = ana.get("/account").text

    assert ">Ana</h1>" in page
    assert "97th Academy Awards: <strong>editor</strong>" in page


def test_signing_out_everywhere_ends_every_session(ana: Visitor) -> None:
    elsewhere, ben = signed_in(ana.newsroom, "Ana"), signed_in(ana.newsroom, "Ben")

    assert ana.post("/logout", where="everywhere").location == "/desk/login"

    assert [each.get("").status_code for each in (ana, elsewhere, ben)] == [302, 302, 200]


def test_another_password_keeps_this_session_alone_and_under_a_new_secret(ana: Visitor) -> None:
    elsewhere, before = signed_in(ana.newsroom, "Ana"), secret_of(ana)

    answer = ana.post("/account/password", present=PASSWORD, password=ANOTHER)

    assert (answer.status_code, answer.location) == (303, "/desk/account")
    assert secret_of(ana) != before
    assert [each.get("").status_code for each in (ana, elsewhere)] == [200, 302]
    ana.client.set_cookie(COOKIE, before, secure=True)
    assert ana.get("").status_code == 302
    assert stranger(ana.newsroom).post("/login", name="Ana", password=PASSWORD).status_code == 403
    assert stranger(ana.newsroom).post("/login", name="Ana", password=ANOTHER).status_code == 303


@pytest.mark.parametrize(
    ("form", "status", "told"),
    [
        ({"present": "a wrong one", "password": ANOTHER}, 403, "The name or the password is wrong"),
        ({"password": ANOTHER}, 403, "The name or the password is wrong"),
        ({"present": PASSWORD, "password": "short"}, 422, "A password has 12 to 500 characters"),
        ({"present": PASSWORD}, 422, "A password has 12 to 500 characters"),
    ],
    ids=["wrong", "missing", "weak", "none"],
)
def test_a_password_that_cannot_be_changed_stays(ana: Visitor, form: dict[str, Any], status: int, told: str) -> None:
    answer = ana.post("/account/password", **form)

    assert (answer.status_code, told in answer.text) == (status, True)
    assert ana.get("").status_code == 200
    assert stranger(ana.newsroom).post("/login", name="Ana", password=PASSWORD).status_code == 303


def test_a_stolen_session_cannot_guess_the_password(ana: Visitor) -> None:
    told = [ana.post("/account/password", present="a wrong one", password=ANOTHER) for _ in range(MOST_AS_ONE + 1)]

    assert [each.status_code for each in told] == [403] * MOST_AS_ONE + [429]
    assert told[-1].headers["Retry-After"] == "901"


def test_a_token_is_shown_once_and_appends_in_its_owner_s_name(ana: Visitor) -> None:
    answer = ana.post("/account/tokens", role="contributor", story=STORY, days="30")
    token = text_in(answer)

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert borne(ana.newsroom, token).append(sent(ana.newsroom)).status_code == 201
    assert ana.newsroom.record()[-1].actor == "Ana"
    again = ana.get("/account").text
    assert token.split("_", 2)[2] not in again
    assert "contributor: 97th Academy Awards · made 3 March 2025 · good until 2 April 2025, 01:00 UTC" in again


def test_a_token_is_good_until_it_expires(ana: Visitor) -> None:
    token = text_in(ana.post("/account/tokens", role="editor", story=STORY, days="2"))

    ana.newsroom.clock.turn(hours=47)
    assert borne(ana.newsroom, token).append(sent(ana.newsroom)).status_code == 201
    ana.newsroom.clock.turn(hours=1)
    problem(borne(ana.newsroom, token).append(sent(ana.newsroom)), 401, "unauthenticated")
    assert "expired 5 March 2025" in ana.get("/account").text


@pytest.mark.parametrize("days", ["0", "366", "", "-1", "1.5", "many", "\u0663", "9" * 5_000, "0000000010000"])
def test_a_token_must_expire_within_a_year(ana: Visitor, days: str) -> None:
    assert ana.post("/account/tokens", role="contributor", story=STORY, days=days).status_code == 422
    assert tokens(ana.newsroom.database) == []


@pytest.mark.parametrize(
    ("role", "story", "status"),
    [
        ("standards", STORY, 403),
        ("admin", STORY, 403),
        ("contributor", OTHER, 403),
        ("contributor", ANY, 403),
        ("king", STORY, 422),
        ("contributor", "No Slug", 422),
    ],
)
def test_nobody_makes_a_token_that_is_more_than_they_are(ana: Visitor, role: str, story: str, status: int) -> None:
    assert ana.post("/account/tokens", role=role, story=story, days="1").status_code == status
    assert tokens(ana.newsroom.database) == []


def test_who_has_no_role_has_no_token(ana: Visitor) -> None:
    person = find_person(ana.newsroom.database, "Ana")
    assert person is not None
    grant(ana.newsroom.database, person.id, STORY, None, by="a test", now=ana.newsroom.clock())

    assert ana.post("/account/tokens", role="contributor", story=STORY, days="1").status_code == 403
    assert "Make a token" not in ana.get("/account").text


def test_a_token_falls_with_the_role_of_its_owner_and_with_them(ana: Visitor) -> None:
    newsroom, token = ana.newsroom, text_in(ana.post("/account/tokens", role="editor", story=STORY, days="9"))
    pin = {"type": "story.described", "data": {"title": "Another"}}
    person = find_person(newsroom.database, "Ana")
    assert person is not None

    grant(newsroom.database, person.id, STORY, Role.CONTRIBUTOR, by="a test", now=newsroom.clock())
    problem(borne(newsroom, token).append(pin), 403, "forbidden")
    assert borne(newsroom, token).append(sent(newsroom)).status_code == 201
    disable(newsroom.database, person.id, by="a test", now=newsroom.clock())
    problem(borne(newsroom, token).append(sent(newsroom)), 401, "unauthenticated")


def test_everybody_revokes_their_own_tokens_and_nobody_else_s(ana: Visitor) -> None:
    database, now = ana.newsroom.database, ana.newsroom.clock()
    ben = signed_in(ana.newsroom, "Ben", Role.ADMIN)
    ben.post("/account/tokens", role="admin", story=ANY, days="1")
    create_token(database, "Ana", Role.ADMIN, now)
    ana.post("/account/tokens", role="editor", story=STORY, days="1")

    assert re.findall(r'name="id" value="(\d+)"', ana.get("/account").text) == ["3"]
    for number in ("1", "2", "7", "", "x", "-3", "\u0663", "9" * 30, "3\u00b2"):
        assert ana.post("/account/tokens/revoke", id=number).status_code == 404
    assert ana.post("/account/tokens/revoke", id="3").location == "/desk/account"
    assert ana.post("/account/tokens/revoke", id="3").status_code == 404
    assert [each.revoked_at for each in tokens(database)] == [None, None, now]
    assert "revoked 3 March 2025, 01:00 UTC" in ana.get("/account").text


def test_an_admin_of_all_makes_a_token_for_any_story_or_all(story_room: Newsroom) -> None:
    boss = signed_in(story_room, "Bo", Role.ADMIN)

    for story in (ANY, STORY, OTHER):
        assert boss.post("/account/tokens", role="admin", story=story, days="365").status_code == 200

    assert [(each.name, each.story) for each in tokens(story_room.database)] == [
        ("Bo", ANY),
        ("Bo", STORY),
        ("Bo", OTHER),
    ]
    assert "All stories</option>" in boss.get("/account").text


def test_only_roles_that_somebody_has_are_offered(ana: Visitor) -> None:
    page = ana.get("/account").text

    assert re.findall(r'<option value="(\w+)"', page) == ["contributor", "editor"]
    assert re.findall(r'<option value="([\w*-]+-[\w-]+|\*)"', page) == [STORY]


def test_a_stranger_has_no_account(story_room: Newsroom) -> None:
    for path in ("/account/password", "/account/tokens", "/account/tokens/revoke"):
        assert stranger(story_room).post(path, id="1", role="admin", story=ANY, days="1").status_code == 401
    assert stranger(story_room).get("/account").location == "/desk/login?next=/desk/account"
