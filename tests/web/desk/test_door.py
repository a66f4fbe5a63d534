"""The door of the desk under attack: guessing, stolen and planted sessions, other sites, bent addresses, leaks."""

import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from flask import request
from sqlalchemy import Row, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from desk_pages import OURS, PASSWORD, Visitor, app_of, signed_in, stranger, with_password
from newsroom import STORY, HandClock, Newsroom, opened, opening, report
from timeline.domain.errors import StoreUnavailable
from timeline.store import tables
from timeline.store.invitations import invite, invite_first
from timeline.store.people import ANY, Role, disable, person_called
from timeline.store.sessions import MOST_AS_ONE, SESSION_LASTS
from timeline.web.app import MAX_BODY, create_app
from timeline.web.desk import door
from timeline.web.desk.guard import COOKIE, MOST_FIELDS
from wire import borne, problem, sent

FACT = UUID("01955c5b-7c00-7000-8000-000000000001")
OPEN = {"/desk/login", "/desk/logout", "/desk/invitations/<secret>", "/desk/sso", "/desk/sso/return"}
"""The routes that need nobody to be signed in."""
ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "SAME-ORIGIN"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
    {},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "https://localhost"},
    {"Origin": "http://localhost:8080"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost/"},
    {"Origin": "http://evil.example http://localhost"},
    {"Referer": "http://localhost/desk"},
]
"""What a browser says of a write that no page of the desk made it send."""


@pytest.fixture
def hall(story_room: Newsroom) -> Newsroom:
    """Return a newsroom with a story, a fact, an admin with a password, and an invitation that waits."""
    story_room.publish(report("Anora wins", id=FACT))
    with_password(story_room, "Ana", Role.ADMIN)
    return story_room


def everything(newsroom: Newsroom) -> list[Row[Any]]:
    """Return every row of every table: what a refusal must leave as it was."""
    with newsroom.database.reading() as connection:
        return [row for table in tables.metadata.sorted_tables for row in connection.execute(select(table)).all()]


def rules(newsroom: Newsroom, *methods: str) -> Iterator[tuple[str, Rule]]:
    """Return the routes that have one of these methods, each with it, as the application itself knows them."""
    for rule in app_of(newsroom).url_map.iter_rules():
        for method in sorted((rule.methods or set()) & set(methods)):
            yield method, rule


def is_desk(rule: Rule) -> bool:
    return rule.rule == "/desk" or rule.rule.startswith("/desk/")


def address(rule: Rule, secret: str = "") -> str:
    """Return a route's address, about the story and the fact that are there."""
    filled = {"<slug>": STORY, "<uuid:id_>": str(FACT), "<id_>": str(FACT), "<secret>": secret or "none"}
    filled["<code>"] = "unknown-story"
    path = rule.rule.replace("<path:filename>", "desk.css")
    for part, value in filled.items():
        path = path.replace(part, value)
    assert "<" not in path, f"say here what stands for the variable of {rule.rule}"
    return path


def enter(visitor: Visitor, password: str = PASSWORD, at: str = "192.0.2.7", **form: str) -> TestResponse:
    """Sign in as Ana from an address."""
    data = {"name": "Ana", "password": password} | form
    return visitor.client.post("/desk/login", data=data, headers=OURS, environ_overrides={"REMOTE_ADDR": at})


def cookie_of(visitor: Visitor) -> str:
    cookie = visitor.client.get_cookie(COOKIE)
    assert cookie is not None
    return cookie.value


def planted(newsroom: Newsroom, secret: str) -> Visitor:
    """Return a browser in which somebody has put a secret."""
    visitor = stranger(newsroom)
    visitor.client.set_cookie(COOKIE, secret, secure=True, path="/")
    return visitor


# Guessing.


def test_after_five_failures_the_door_stays_shut_for_a_quarter_of_an_hour(hall: Newsroom) -> None:
    visitor = stranger(hall)

    failed = [enter(visitor, "a wrong one") for _ in range(MOST_AS_ONE)]
    hall.clock.turn(minutes=5)
    shut = enter(visitor)

    assert [each.status_code for each in failed] == [403] * MOST_AS_ONE
    assert all("The name or the password is wrong." in each.text for each in failed)
    assert (shut.status_code, shut.headers["Retry-After"]) == (429, "601")
    assert "Too many attempts: try again in 10 minutes." in shut.text
    assert enter(stranger(hall), at="192.0.2.8").status_code == 303, "elsewhere she is heard"
    hall.clock.turn(minutes=10)
    assert enter(visitor).status_code == 303


def test_signing_in_clears_what_failed_before(hall: Newsroom) -> None:
    for _ in range(3):
        assert [enter(stranger(hall), "a wrong one").status_code for _ in range(4)] == [403] * 4
        assert enter(stranger(hall)).status_code == 303


def test_many_attempts_at_once_are_no_way_around_the_count(hall: Newsroom) -> None:
    app = app_of(hall)

    def attempt(_: int) -> int:
        return enter(Visitor(hall, app.test_client()), "a wrong one").status_code

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(attempt, range(16)))

    assert sorted(told) == [403] * MOST_AS_ONE + [429] * (16 - MOST_AS_ONE)


def test_a_made_up_address_is_no_way_around_the_count(hall: Newsroom) -> None:
    told = [
        stranger(hall).post("/login", {"X-Forwarded-For": f"198.51.100.{number}"}, name="Ana", password="wrong")
        for number in range(MOST_AS_ONE + 1)
    ]

    assert [each.status_code for each in told] == [403] * MOST_AS_ONE + [429]


def test_behind_a_proxy_it_is_the_proxy_that_says_who_asks(hall: Newsroom) -> None:
    visitor = Visitor(hall, create_app(hall.desk, proxies=1).test_client())

    def attempt(forwarded: str) -> int:
        return visitor.post("/login", {"X-Forwarded-For": forwarded}, name="Ana", password="wrong").status_code

    assert [attempt(f"203.0.113.{each}, 198.51.100.1") for each in range(6)] == [403] * MOST_AS_ONE + [429]
    assert attempt("198.51.100.1, 198.51.100.2") == 403


def test_how_many_proxies_there_are_is_a_setting(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMELINE_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("TIMELINE_PROXIES", "2")
    app = create_app()
    chain = {"X-Forwarded-For": "192.0.2.1, 192.0.2.2, 192.0.2.3", "X-Forwarded-Proto": "https, https, http"}

    with app.test_client() as client:
        client.get("/desk/login", headers=chain)
        assert (request.remote_addr, request.scheme) == ("192.0.2.2", "https")

    app.extensions["desk"].database.engine.dispose()


def test_behind_a_proxy_that_speaks_tls_our_own_forms_are_ours(hall: Newsroom) -> None:
    front = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "news.example", "Origin": "https://news.example"}
    form = {"name": "Ana", "password": PASSWORD}

    def status(proxies: int) -> int:
        client = create_app(hall.desk, proxies=proxies).test_client()
        return client.post("/desk/login", data=form, headers=front).status_code

    assert [status(0), status(1)] == [403, 303]


# Sessions.


def test_each_sign_in_makes_a_new_secret_and_ends_what_was_in_the_browser(hall: Newsroom) -> None:
    visitor = stranger(hall)
    enter(visitor)
    first = cookie_of(visitor)

    enter(visitor)

    assert cookie_of(visitor) != first
    assert visitor.get("").status_code == 200
    assert planted(hall, first).get("").status_code == 302


def test_a_secret_that_somebody_planted_is_worth_nothing_before_and_after(hall: Newsroom) -> None:
    eve = signed_in(hall, "Eve", Role.CONTRIBUTOR)
    for secret in ("a" * 43, cookie_of(eve)):
        visitor = planted(hall, secret)

        enter(visitor)

        assert cookie_of(visitor) != secret
        assert ">Ana</span>" in visitor.get("").text
        assert planted(hall, secret).get("").status_code == 302


def test_an_invitation_too_ends_what_was_in_the_browser(hall: Newsroom) -> None:
    eve = signed_in(hall, "Eve", Role.CONTRIBUTOR)
    before = cookie_of(eve)
    secret = invite(hall.database, "Ben", ANY, Role.EDITOR, by="a test", now=hall.clock())

    assert eve.post(f"/invitations/{secret}", password=PASSWORD).status_code == 303

    assert ">Ben</span>" in eve.get("").text
    assert planted(hall, before).get("").status_code == 302


def test_signing_out_ends_the_session_itself_and_not_only_the_cookie(hall: Newsroom) -> None:
    here, there = signed_in(hall, "Ana"), signed_in(hall, "Ana")
    secret = cookie_of(here)

    answer = here.post("/logout")

    assert (answer.status_code, answer.location) == (303, "/desk/login")
    assert here.client.get_cookie(COOKIE) is None
    assert planted(hall, secret).get("").status_code == 302
    assert there.get("").status_code == 200
    assert there.post("/logout", where="everywhere").status_code == 303
    assert stranger(hall).post("/logout").status_code == 303, "who is nobody may go, too"


def test_a_session_ends_by_itself_in_the_middle_of_the_work(hall: Newsroom) -> None:
    ana = signed_in(hall, "Ana")
    hall.clock.turn(seconds=SESSION_LASTS.total_seconds())
    before = everything(hall)

    asked, written = ana.get("/people"), ana.post("/people/invite", name="Ben", role="editor", story=ANY)

    assert asked.location == "/desk/login?next=/desk/people"
    assert (written.status_code, "sign in in another tab" in written.text) == (401, True)
    assert everything(hall) == before


def test_who_is_let_in_no_more_is_out_in_the_middle_of_the_work(hall: Newsroom) -> None:
    eve = signed_in(hall, "Eve", Role.ADMIN)
    disable(hall.database, person_called(hall.database, "Eve").id, by="Ana", now=hall.clock())

    assert eve.get("").status_code == 302
    assert eve.post("/people/invite", name="Ben", role="editor", story=ANY).status_code == 401
    assert enter(eve, name="Eve").status_code == 403


def test_the_cookie_is_for_this_host_alone_and_for_no_script(hall: Newsroom) -> None:
    visitor = stranger(hall)

    (given,) = enter(visitor).headers.getlist("Set-Cookie")
    (taken,) = visitor.post("/logout").headers.getlist("Set-Cookie")

    ends = r"Expires=\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT; Max-Age="
    rest = "; Secure; HttpOnly; Path=/; SameSite=Lax"
    assert re.fullmatch(rf"__Host-desk=[\w-]{{43}}; {ends}604800{rest}", given), given
    assert taken == f"__Host-desk=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0{rest}"


# Other sites.


def test_no_other_site_writes_anything_at_the_desk(hall: Newsroom) -> None:
    ana = signed_in(hall, "Ana")
    secret = invite(hall.database, "Ben", ANY, Role.EDITOR, by="a test", now=hall.clock())
    form = {"name": "Ben", "password": PASSWORD, "role": "editor", "story": ANY, "days": "9", "next": "/desk"}
    before = everything(hall)
    written = [(method, rule) for method, rule in rules(hall, "POST", "PUT", "PATCH", "DELETE") if is_desk(rule)]
    assert len(written) > 15

    for method, rule in written:
        for headers in ELSEWHERE:
            answer = ana.client.open(address(rule, secret), method=method, data=form, headers=headers)
            assert answer.status_code == 403, (rule.rule, headers)
            assert "not sent by a page of the desk" in answer.text, (rule.rule, headers)
            assert "Set-Cookie" not in answer.headers

    assert everything(hall) == before


def test_a_browser_that_tells_only_its_origin_may_write(hall: Newsroom) -> None:
    client = stranger(hall).client

    answer = client.post(
        "/desk/login", data={"name": "Ana", "password": PASSWORD}, headers={"Origin": "http://localhost"}
    )

    assert answer.status_code == 303


def test_every_page_and_every_form_of_the_desk_needs_somebody_who_is_signed_in(hall: Newsroom) -> None:
    guest, before = stranger(hall), everything(hall)

    for method, rule in rules(hall, "GET", "POST", "PUT", "PATCH", "DELETE"):
        if is_desk(rule) and rule.rule not in OPEN:
            answer = guest.client.open(address(rule), method=method, headers=OURS)
            assert answer.status_code == (302 if method == "GET" else 401), rule.rule
            assert method != "GET" or answer.location.startswith("/desk/login?next=/desk")

    assert everything(hall) == before


def test_a_session_is_no_token(hall: Newsroom) -> None:
    ana, before = signed_in(hall, "Ana"), everything(hall)

    for path in ("/api/stories", f"/api/stories/{STORY}/record"):
        answer = ana.client.post(path, json=sent(hall), headers=OURS)
        problem(answer, 401, "unauthenticated")

    assert everything(hall)[:1] == before[:1]
    assert hall.record()[-1].id == FACT


# Bent addresses.


@pytest.mark.parametrize(
    "bent",
    [
        *("//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example/desk"),
        *("https:evil.example", "https:/desk", "javascript:alert(1)", "data:text/html,x", "evil.example/desk"),
        *("/desk\\..\\..\\evil", "/desk/\\evil.example", "/deskx", "/desk.evil.example", "/desk@evil.example", "/"),
        *(
            "/desk\r\nSet-Cookie: x=y",
            "/desk/\nX-Evil: 1",
            "/desk/\tx",
            "/desk/\x00",
            "\x01/desk",
            " /desk",
            "/desk\x85",
        ),
        *(
            "//[",
            "http://[::1",
            "//localhost/desk",
            "http://localhost/desk",
            "/Desk",
            "desk",
            "?",
            "#",
            "\u202e/desk",
        ),
    ],
    ids=range(32),
)
def test_signing_in_leads_nowhere_but_to_the_desk(hall: Newsroom, bent: str) -> None:
    visitor, signed = stranger(hall), signed_in(hall, "Ana")

    shown, passed = visitor.get("/login", next=bent), signed.get("/login", next=bent)

    assert 'name="next" value="/desk">' in shown.text
    assert (passed.status_code, passed.location) == (302, "/desk")
    if "\0" not in bent:
        entered = enter(visitor, next=bent)
        assert (entered.status_code, entered.location) == (303, "/desk")
        assert "X-Evil" not in entered.headers
        assert visitor.client.get_cookie("x") is None


@pytest.mark.parametrize(
    "inside", ["/desk", "/desk/people", f"/desk/stories/{STORY}?type=a&x=//evil", "/desk/stories/x?q=%0d%0aX:1#v7"]
)
def test_signing_in_leads_to_the_page_that_was_asked_for(hall: Newsroom, inside: str) -> None:
    visitor = stranger(hall)

    assert f'name="next" value="{inside.replace("&", "&amp;")}"' in visitor.get("/login", next=inside).text
    assert enter(visitor, next=inside).location == inside


def test_what_was_typed_stays_out_of_the_headers(hall: Newsroom) -> None:
    visitor = stranger(hall)

    for name in ("Ana\r\nX-Evil: 1", "Ana%0d%0aX-Evil: 1"):
        answer = enter(visitor, name=name, next=f"/desk/{name}")
        assert answer.status_code == 403
        assert "X-Evil" not in answer.headers
    for path in ("/desk/stories/x%0d%0aX-Evil:1", "/desk/invitations/x%0d%0aX-Evil:1", "/desk/%0d%0aX-Evil:1"):
        answer = visitor.client.get(path)
        assert "X-Evil" not in answer.headers
        assert "\n" not in (answer.location or "")


# What is too much.


def test_a_form_that_is_too_large_or_holds_a_nul_is_refused_everywhere(hall: Newsroom) -> None:
    ana = signed_in(hall, "Ana")
    secret = invite(hall.database, "Ben", ANY, Role.EDITOR, by="a test", now=hall.clock())
    before = everything(hall)
    form = {"name": "Ben", "password": PASSWORD, "role": "editor", "story": ANY, "days": "9"}
    many = {f"name{number}": "" for number in range(MOST_FIELDS + 2)}
    plain, multipart = "application/x-www-form-urlencoded", "multipart/form-data"
    bodies: list[tuple[Any, str, int]] = [
        (b"name=" + b"x" * MAX_BODY, plain, 413),
        (b"--b\r\n" + b"x" * MAX_BODY, f"{multipart}; boundary=b", 413),
        ("&".join(["a=b"] * (MOST_FIELDS + 1)), plain, 413),
        (many, plain, 413),
        (many, multipart, 413),
        *((form | {name: "a\0b"}, plain, 400) for name in (*form, "event", "form", "next", "where")),
        (form | {"na\0me": "x"}, plain, 400),
        (form | {"name": "\0"}, multipart, 400),
    ]

    for method, rule in rules(hall, "POST", "PUT", "PATCH", "DELETE"):
        for data, media, status in bodies if is_desk(rule) else ():
            there = address(rule, secret)
            answer = ana.client.open(there, method=method, headers=OURS, data=data, content_type=media)
            assert answer.status_code == status, (rule.rule, media, list(data)[:3])
            assert "<h1>" in answer.text

    assert everything(hall) == before


FORMS = {
    "application/x-www-form-urlencoded": ("name=Ana&password={}&rest=", ""),
    "multipart/form-data; boundary=b": (
        '--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nAna\r\n'
        '--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n{}\r\n'
        '--b\r\nContent-Disposition: form-data; name="rest"\r\n\r\n',
        "\r\n--b--\r\n",
    ),
}
"""How a form begins and ends that signs Ana in, by its media type."""


@pytest.mark.parametrize("media", FORMS)
def test_a_form_of_one_mebibyte_is_read(hall: Newsroom, media: str) -> None:
    begun, ended = (part.format(PASSWORD) for part in FORMS[media])
    body = begun + "x" * (MAX_BODY - len(begun + ended)) + ended

    answer = stranger(hall).client.post("/desk/login", data=body, headers=OURS | {"Content-Type": media})

    assert answer.status_code == 303


def test_what_is_no_form_signs_nobody_in(hall: Newsroom) -> None:
    for media, body in (
        ("application/json", b'{"name": "Ana"}'),
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=name"),
        ("application/x-www-form-urlencoded", b"\xff\xfe=%zz&&&=&%00"),
        ("", b""),
    ):
        answer = stranger(hall).client.post("/desk/login", data=body, headers=OURS | {"Content-Type": media})
        assert answer.status_code in (400, 403, 429)


# What leaks.


def test_a_secret_stands_only_in_the_answer_that_gives_it(sqlite_url: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), opened(sqlite_url) as database:
        newsroom = Newsroom(database, HandClock())
        newsroom.publish(opening())
        first = invite_first(database, ANY, Role.ADMIN, newsroom.clock())
        ana, answers = stranger(newsroom), []
        answers += [ana.get(f"/invitations/{first}"), ana.post(f"/invitations/{first}", name="Ana", password="short")]
        answers += [ana.post(f"/invitations/{first}", name="Ana", password=PASSWORD)]
        session = cookie_of(ana)
        made = ana.post("/account/tokens", role="admin", story=ANY, days="9")
        asked = ana.post("/people/invite", name="Ben", role="editor", story=ANY)
        (token,) = re.findall(r'value="(timeline_[^"]+)"', made.text)
        (link,) = re.findall(r"/desk/invitations/([\w-]+)", unescape(asked.text))
        wire = borne(newsroom, token)
        answers += [ana.get(path) for path in ("", "/people", "/account", "/trail", "/login", "/none")]
        answers += [enter(ana, "a wrong one"), enter(ana, next=f"//{link}")]
        answers += [ana.post("/account/password", present="wrong", password=f"{PASSWORD}!")]
        answers += [ana.get(f"/invitations/{first}"), ana.post(f"/invitations/{first}", password=PASSWORD)]
        answers += [wire.append(sent(newsroom)), wire.append(b"garbage"), ana.post("/logout")]
        rows = repr(everything(newsroom))

    told = "".join(each.text + repr(list(each.headers)) for each in answers)
    secrets = {"invitation": link, "session": session, "password": PASSWORD, "token": token.split("_", 2)[2]}
    for name, secret in {**secrets, "first invitation": first}.items():
        assert secret not in caplog.text, name
        assert secret not in rows, name
        assert secret.encode().hex() not in rows, name
    for name, secret in secrets.items():
        # Only a new session is given, with the cookie: the first of the two that were.
        assert told.count(secret) == (1 if name == "session" else 0), name
    assert token not in asked.text
    assert link not in made.text


@pytest.mark.parametrize("failure", ["the database", "the code"])
def test_the_address_of_an_invitation_is_in_no_log_whatever_fails(
    hall: Newsroom, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, failure: str
) -> None:
    def fails(*_: object) -> None:
        raise StoreUnavailable("gone") if failure == "the database" else RuntimeError("a mistake")

    secret = invite(hall.database, "Ben", ANY, Role.EDITOR, by="a test", now=hall.clock())
    monkeypatch.setattr(door, "find_invitation", fails)

    with caplog.at_level(logging.DEBUG):
        answers = [stranger(hall).get(f"/invitations/{secret}"), stranger(hall).post(f"/invitations/{secret}")]

    assert [each.status_code for each in answers] == [503 if failure == "the database" else 500] * 2
    assert "/desk/invitations/<secret>" in caplog.text
    assert secret not in caplog.text + "".join(each.text for each in answers)


def test_readers_and_programs_are_never_known_by_a_cookie(hall: Newsroom) -> None:
    ana, guest, seen = signed_in(hall, "Ana"), stranger(hall), 0

    for _, rule in rules(hall, "GET"):
        if not is_desk(rule):
            path = address(rule) + ("?url=http://localhost/" if rule.rule == "/oembed" else "")
            answers = [each.client.get(path) for each in (ana, guest)]
            for answer in answers:
                assert "Set-Cookie" not in answer.headers, path
                assert "cookie" not in answer.headers.get("Vary", "").lower(), path
            assert answers[0].status_code == answers[1].status_code < 500, path
            assert answers[0].headers.get("ETag") == answers[1].headers.get("ETag"), path
            if answers[0].mimetype != "text/event-stream":
                assert answers[0].data == answers[1].data, path
            for answer in answers:
                answer.close()
            seen += 1
    assert seen > 20


def test_nothing_of_the_desk_is_ever_kept_by_a_cache(hall: Newsroom) -> None:
    ana, guest = signed_in(hall, "Ana"), stranger(hall)

    for _, rule in rules(hall, "GET"):
        for visitor in (ana, guest) if is_desk(rule) else ():
            answer = visitor.client.get(address(rule))
            assert answer.headers["Cache-Control"] == "no-store", rule.rule
            assert answer.headers["Referrer-Policy"] == "same-origin", rule.rule
    for answer in (
        ana.get("/none"),
        ana.post("/people/invite"),
        ana.client.post("/desk/logout"),
        guest.get("/login"),
    ):
        assert answer.headers["Cache-Control"] == "no-store"
