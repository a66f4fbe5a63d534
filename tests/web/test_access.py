"""Who may append what: every role against every type of event, and every token that is none."""

import logging
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from newsroom import STORY, Newsroom, opening, report
from timeline.domain.event import EDITORIAL
from timeline.kinds.kind import find_kind
from timeline.store.people import Role
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


def _any(newsroom: Newsroom, type_: str) -> dict[str, Any]:
    """Return an event of a type, well formed but about nothing."""
    event = {
        "type": type_,
        "data": opening().data if type_ == "story.opened" else {"fact": str(uuid4()), "note": "N"},
    }
    return sent(newsroom) | event
