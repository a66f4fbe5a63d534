"""Who may do what: every role against every type of event and every form, in its own story and in another."""

import json
import logging
from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from desk_pages import Visitor, app_of, signed_in, stranger
from newsroom import STORY, Newsroom, Trace, opened, opening, report
from timeline.domain.event import EDITORIAL
from timeline.kinds.kind import find_kind
from timeline.store.acts import acts
from timeline.store.people import ANY, Person, Role, create_person, grant, people
from timeline.store.tokens import create_token, revoke_token
from wire import Wire, borne, problem, sent, wired

ALLOWED = {
    **dict.fromkeys(find_kind("ceremony").types, Role.CONTRIBUTOR),
    **dict.fromkeys(("story.opened", "story.described", "coverage.started", "coverage.ended"), Role.EDITOR),
    **dict.fromkeys(("fact.corrected", "fact.retracted", "fact.reinstated"), Role.EDITOR),
    **dict.fromkeys(("fact.pinned", "fact.unpinned", "fact.marked_key", "fact.unmarked_key"), Role.EDITOR),
    "fact.taken_down": Role.STANDARDS,
}
"""The least role that may append an event of each type."""
OTHER = "another-story"
FACT = UUID("01955c5b-7c00-7000-8000-000000000001")
FORMS: dict[tuple[str, str], tuple[Role, dict[str, str]]] = {
    ("GET", "/desk/stories/<slug>"): (Role.CONTRIBUTOR, {}),
    ("GET", "/desk/stories/<slug>/record"): (Role.CONTRIBUTOR, {}),
    ("GET", "/desk/stories/<slug>/facts/<uuid:id_>"): (Role.CONTRIBUTOR, {}),
    ("GET", "/desk/stories/<slug>/facts/<uuid:id_>/takedown"): (Role.STANDARDS, {}),
    ("POST", "/desk/stories/<slug>/preview"): (Role.CONTRIBUTOR, {"type": "update.reported", "data.headline": "H"}),
    ("POST", "/desk/stories/<slug>/drafts"): (Role.CONTRIBUTOR, {"id": str(FACT), "data.headline": "H"}),
    ("POST", "/desk/stories/<slug>/facts/<uuid:id_>/takedown"): (Role.STANDARDS, {"basis": "other", "note": "N"}),
    ("POST", "/desk/open"): (Role.EDITOR, {"slug": "<slug>"}),
    ("POST", "/desk/people/role"): (Role.ADMIN, {"name": "Nobody There", "role": "editor", "story": "<slug>"}),
    ("POST", "/desk/people/invite"): (Role.ADMIN, {"name": " ", "role": "editor", "story": "<slug>"}),
    ("POST", "/desk/people/withdraw"): (Role.ADMIN, {"name": "Nobody", "story": "<slug>"}),
}
"""The least role in a story that each page and form of the desk about it needs; publishing has the table above."""
FORBIDDEN = [(role, type_) for type_, least in ALLOWED.items() for role in Role if role < least]
PERMITTED = [(role, type_) for type_, least in ALLOWED.items() for role in Role if role >= least]


def test_every_type_of_event_has_its_least_role() -> None:
    assert set(ALLOWED) == set(EDITORIAL) | set(find_kind("ceremony").types)


@pytest.mark.parametrize(("role", "type_"), FORBIDDEN, ids=lambda value: str(value).lower())
def test_what_a_role_may_not_append_leaves_no_trace(held: Wire, role: Role, type_: str) -> None:
    bearer = held.bearing(role)
    before = held.newsroom.trace()

    told = problem(bearer.append(_any(held.newsroom, type_)), 403, "forbidden")
    problem(bearer.append([sent(held.newsroom), _any(held.newsroom, type_)]), 403, "forbidden")

    assert role.name.lower() in told["detail"]
    assert ALLOWED[type_].name.lower() in told["detail"]
    assert held.newsroom.trace() == before


@pytest.mark.parametrize(("role", "type_"), PERMITTED, ids=lambda value: str(value).lower())
def test_what_a_role_may_append_is_judged_by_the_rules_alone(held: Wire, role: Role, type_: str) -> None:
    assert held.bearing(role).append(_any(held.newsroom, type_)).status_code not in (401, 403)


def test_each_role_does_its_own_work_and_that_of_those_below(wire: Wire) -> None:
    fact = report("Anora wins")
    wire.newsroom.publish(fact)
    named = {"fact": str(fact.id)}
    work = {
        Role.CONTRIBUTOR: sent(wire.newsroom),
        Role.EDITOR: {"type": "fact.pinned", "data": named},
        Role.STANDARDS: {"type": "fact.taken_down", "data": named | {"basis": "court order", "note": "Ordered."}},
    }

    for role, event in work.items():
        assert wire.bearing(role).append(event).status_code == 201


@pytest.mark.parametrize("role", Role)
def test_a_story_is_opened_by_editors(wire: Wire, role: Role) -> None:
    story = {"slug": "other", "title": "Other", "kind": "general", "timezone": "UTC"}
    before = wire.newsroom.trace()

    answer = wire.bearing(role).post("/stories", story)

    if role >= Role.EDITOR:
        assert answer.status_code == 201
    else:
        problem(answer, 403, "forbidden")
        assert wire.newsroom.trace() == before


@pytest.mark.parametrize(
    "header",
    [
        *("", "Bearer", "Bearer ", "Bearer x", "Bearer timeline_1_", "Bearer timeline_1_wrong", "timeline_1_wrong"),
        *(
            "Bearer timeline_7_x",
            "Bearer timeline_-1_x",
            "Bearer timeline_1e3_x",
            "Bearer timeline_٣_x",
            "Basic YTpi",
        ),
        *("Bearer timeline_9999999999999999999_x", "Bearer timeline_1_é", "Bearer \x00", "Bearer timeline_'1'_x"),
    ],
)
def test_without_a_token_in_force_nothing_is_appended(held: Wire, header: str) -> None:
    before = held.newsroom.trace()

    for path in (f"/stories/{STORY}/record", "/stories"):
        answer = held.post(path, sent(held.newsroom), Authorization=header.encode().decode("latin-1"))
        problem(answer, 401, "unauthenticated")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")

    assert held.newsroom.trace() == before


def test_a_token_with_another_token_s_secret_is_worth_nothing(wire: Wire) -> None:
    number = wire.token.split("_")[1]
    secret = create_token(wire.newsroom.database, "Ben", Role.ADMIN, wire.newsroom.clock()).split("_", 2)[2]

    for text_ in (f"timeline_{number}_{secret}", wire.token[:-1], wire.token + "x", wire.token.upper()):
        problem(wire.post(f"/stories/{STORY}/record", sent(wire.newsroom), token=text_), 401, "unauthenticated")


def test_a_token_that_was_revoked_is_worth_nothing_at_once(wire: Wire) -> None:
    assert wire.append(sent(wire.newsroom)).status_code == 201
    revoke_token(wire.newsroom.database, int(wire.token.split("_")[1]), wire.newsroom.clock())
    before = wire.newsroom.trace()

    problem(wire.append(sent(wire.newsroom)), 401, "unauthenticated")

    assert wire.newsroom.trace() == before


def test_nobody_appends_in_another_s_name(wire: Wire) -> None:
    before = wire.newsroom.trace()

    told = problem(wire.append(sent(wire.newsroom, actor="Ben")), 403, "forbidden")

    assert "“Ana”, not “Ben”" in told["detail"]
    assert wire.newsroom.trace() == before
    assert wire.append(sent(wire.newsroom, actor="Ana")).status_code == 201


def test_the_secret_of_a_token_stands_nowhere(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    secret = wire.token.split("_", 2)[2]
    with caplog.at_level(logging.DEBUG):
        answers = [
            wire.append(sent(wire.newsroom)),
            wire.append(sent(wire.newsroom), If_Match='"7"'),
            wire.append(b"garbage"),
            wire.append(sent(wire.newsroom), Authorization=f"Bearer {wire.token}x"),
            wire.append(sent(wire.newsroom), Authorization=f"Basic {wire.token}"),
            wire.get(f"/stories/{STORY}/record"),
        ]

    assert [each.status_code for each in answers] == [201, 412, 400, 401, 401, 200]
    assert not any(secret in answer.text + str(answer.headers) for answer in answers)
    assert secret not in caplog.text
    with wire.newsroom.database.engine.connect() as connection:
        rows = [connection.execute(text(f"SELECT * FROM {table}")).all() for table in ("token", "event", "story")]
    assert secret not in repr(rows)
    assert secret.encode().hex() not in repr(rows)


def test_the_media_type_is_looked_at_before_the_token(held: Wire) -> None:
    for media in ("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        for path in (f"/stories/{STORY}/record", "/stories"):
            answer = held.post(path, sent(held.newsroom), Authorization="", Content_Type=media)
            assert "application/json" in problem(answer, 415, "unsupported-media-type")["detail"]


def test_json_with_a_charset_is_json(wire: Wire) -> None:
    answer = wire.append(sent(wire.newsroom), Content_Type="application/json; charset=utf-8")

    assert answer.status_code == 201


def test_the_method_is_looked_at_before_the_token(held: Wire) -> None:
    for path, allowed in ((f"/stories/{STORY}", {"GET", "HEAD", "OPTIONS"}), (f"/stories/{STORY}/changes", {"GET"})):
        answer = held.post(path, sent(held.newsroom), Authorization="")
        problem(answer, 405, "method-not-allowed")
        assert allowed <= set(answer.headers["Allow"].split(", "))


def test_reading_needs_no_token(held: Wire) -> None:
    for path in ("/stories", f"/stories/{STORY}", f"/stories/{STORY}/record", f"/stories/{STORY}/changes"):
        assert held.get(path).status_code == 200


def test_a_database_without_tokens_lets_nobody_in(newsroom: Newsroom) -> None:
    nobody = borne(newsroom, "timeline_1_x")

    problem(nobody.append(sent(newsroom)), 401, "unauthenticated")


def test_the_name_of_the_token_is_the_actor_on_record(newsroom: Newsroom) -> None:
    wired(newsroom).append(sent(newsroom))

    assert [recorded.actor for recorded in newsroom.record()] == ["desk", "Ana"]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    """Lend one newsroom with two stories to all tests of the module: for what is refused without a trace."""
    with opened(f"sqlite:///{tmp_path_factory.mktemp('two') / 'timeline.sqlite'}") as database:
        for story in (STORY, OTHER):
            Newsroom(database, story=story).publish(opening(), report("Anora wins", id=FACT))
        yield Newsroom(database)


@pytest.fixture(scope="module")
def wired_two(two: Newsroom) -> Wire:
    return wired(two)


@pytest.fixture(scope="module")
def browsers(two: Newsroom) -> "Browsers":
    return Browsers(two)


class Browsers:
    """The browsers of people, one of each role, who have it in one story alone, or nowhere."""

    def __init__(self, newsroom: Newsroom) -> None:
        self.newsroom = newsroom
        self.sign_in = cache(self._sign_in)

    def _sign_in(self, role: Role | None) -> Visitor:
        if role is None:
            nobody = create_person(self.newsroom.database, "Nobody", STORY, Role.EDITOR, by="a test", now=self.now)
            grant(self.newsroom.database, nobody.id, STORY, None, by="a test", now=self.now)
        return signed_in(self.newsroom, f"the {role}" if role else "Nobody", role or Role.EDITOR, STORY)

    @property
    def now(self) -> Any:
        return self.newsroom.clock()


@pytest.mark.parametrize("type_", ALLOWED)
@pytest.mark.parametrize("role", Role, ids=str)
def test_a_token_is_good_in_its_own_story_alone(wired_two: Wire, role: Role, type_: str) -> None:
    bearer, newsroom = wired_two.bearing(role, STORY), wired_two.newsroom
    before = _kept(newsroom)

    told = problem(bearer.post(f"/stories/{OTHER}/record", _any(newsroom, type_)), 403, "forbidden")
    problem(bearer.post(f"/stories/{OTHER}/record", [sent(newsroom), _any(newsroom, type_)]), 403, "forbidden")
    problem(bearer.post("/stories/none/record", _any(newsroom, type_)), 403, "forbidden")

    assert f"has no role in {OTHER}" in told["detail"]
    if role < ALLOWED[type_]:
        problem(bearer.append(_any(newsroom, type_)), 403, "forbidden")
    assert _kept(newsroom) == before
    if role >= ALLOWED[type_]:
        assert bearer.append(_any(newsroom, type_)).status_code not in (401, 403)


@pytest.mark.parametrize("role", Role, ids=str)
def test_a_token_for_one_story_opens_no_other(wired_two: Wire, role: Role) -> None:
    story = {"title": "Other", "kind": "general", "timezone": "UTC"}
    bearer, before = wired_two.bearing(role, STORY), _kept(wired_two.newsroom)

    for slug in (OTHER, "a-third-story", ANY, ""):
        problem(bearer.post("/stories", story | {"slug": slug}), 403, "forbidden")
    problem(bearer.post("/stories", story | {"slug": STORY}), 409 if role >= Role.EDITOR else 403, _code(role))

    assert _kept(wired_two.newsroom) == before


@pytest.mark.parametrize("type_", ALLOWED)
@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_a_token_for_all_stories_is_good_where_its_owner_has_a_role(
    two: Newsroom, browsers: "Browsers", role: Role | None, type_: str
) -> None:
    owner = _person(two, browsers.sign_in(role).name)
    bearer = borne(two, create_token(two.database, owner.name, Role.ADMIN, two.clock(), owner=owner))
    before = _kept(two)

    problem(bearer.post(f"/stories/{OTHER}/record", _any(two, type_)), 403, "forbidden")
    # Whoever is known by name takes nothing down alone.
    is_allowed = (role or 0) >= ALLOWED[type_] and type_ != "fact.taken_down"
    if not is_allowed:
        problem(bearer.append(_any(two, type_)), 403, "forbidden")

    assert _kept(two) == before
    if is_allowed:
        assert bearer.append(_any(two, type_)).status_code not in (401, 403)


@pytest.mark.parametrize("type_", ALLOWED)
@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_a_person_publishes_what_their_role_in_the_story_allows(
    two: Newsroom, browsers: "Browsers", role: Role | None, type_: str
) -> None:
    visitor, event = browsers.sign_in(role), json.dumps(_any(two, type_))
    before = _kept(two)

    there = visitor.post(f"/stories/{OTHER}/publish", event=event)
    none = visitor.post("/stories/none/publish", event=event)

    assert (there.status_code, none.status_code) == (403, 403), there.text
    assert _kept(two) == before
    here = visitor.post(f"/stories/{STORY}/publish", event=event)
    if (role or 0) < ALLOWED[type_]:
        assert here.status_code == 403
        assert _kept(two) == before
    else:
        assert here.status_code not in (401, 403)
    if type_ == "fact.taken_down":
        assert here.status_code >= 400
        assert _kept(two) == before, "a takedown needs a second person"


@pytest.mark.parametrize(("method", "rule"), FORMS)
@pytest.mark.parametrize("role", [*Role, None], ids=str)
def test_a_page_of_the_desk_is_for_those_with_its_role_in_the_story(
    two: Newsroom, browsers: "Browsers", role: Role | None, method: str, rule: str
) -> None:
    visitor, (least, form) = browsers.sign_in(role), FORMS[method, rule]
    before = _kept(two)

    def ask(slug: str) -> int:
        path = rule.replace("<slug>", slug).replace("<uuid:id_>", str(FACT)).removeprefix("/desk")
        if method == "GET":
            return visitor.get(path).status_code
        filled: dict[str, Any] = {name: value.replace("<slug>", slug) for name, value in form.items()}
        return visitor.post(path, **filled).status_code

    assert [ask(OTHER), ask("none")] == [403, 403]
    if (role or 0) < least:
        assert ask(STORY) == 403
    assert _kept(two) == before
    if (role or 0) >= least:
        assert ask(STORY) not in (401, 403)


def test_every_page_of_the_desk_about_a_story_has_its_least_role(two: Newsroom) -> None:
    about = {
        (method, rule.rule)
        for rule in app_of(two).url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/desk") and "<slug>" in rule.rule
    }

    assert about - set(FORMS) == {("POST", "/desk/stories/<slug>/publish")}


def test_a_stranger_publishes_nothing(two: Newsroom) -> None:
    before = _kept(two)

    for story in (STORY, OTHER):
        answer = stranger(two).post(f"/stories/{story}/publish", event=json.dumps(_any(two, "update.reported")))
        assert answer.status_code == 401

    assert _kept(two) == before


def test_nobody_publishes_in_another_s_name(browsers: "Browsers") -> None:
    visitor = browsers.sign_in(Role.ADMIN)
    before = _kept(browsers.newsroom)

    for event in (sent(browsers.newsroom, actor="Ben"), sent(browsers.newsroom, actor="Nobody")):
        assert visitor.post(f"/stories/{STORY}/publish", event=json.dumps(event)).status_code == 403

    assert _kept(browsers.newsroom) == before


def _kept(newsroom: Newsroom) -> tuple[Trace, list[Person], int]:
    """Return all that a refusal must leave as it was: the records, and what is noted of the people."""
    return newsroom.trace(), people(newsroom.database), len(acts(newsroom.database, 9_999))


def _person(newsroom: Newsroom, name: str) -> Person:
    (found,) = (each for each in people(newsroom.database) if each.name == name)
    return found


def _code(role: Role) -> str:
    return "story-exists" if role >= Role.EDITOR else "forbidden"


def _any(newsroom: Newsroom, type_: str) -> dict[str, Any]:
    """Return an event of a type, well formed but about nothing."""
    event = {
        "type": type_,
        "data": opening().data if type_ == "story.opened" else {"fact": str(uuid4()), "note": "N"},
    }
    return sent(newsroom) | event
