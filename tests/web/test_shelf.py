"""The shelf: an answer is made once, is true for every reader, and is gone from memory when its story moves on."""

import gzip
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask, before_render_template, request_started
from flask.testing import FlaskClient
from sqlalchemy import Pool, event, text
from werkzeug.test import TestResponse

from kept import comes_true, shelf_of
from newsroom import STORY, Newsroom, opened, opening, report, takedown
from timeline.domain.event import Draft
from timeline.web.app import create_app
from timeline.web.newsroom import tag_of
from timeline.web.shelf import FRAME, Answer, Place, Shelf
from wire import Wire, sent

PAGE = f"/stories/{STORY}"
TO_THE_FRAMEWORK = {"Authorization": "Bearer of nothing"}
"""Whoever sends this is answered past the shelf."""


@pytest.fixture
def told(newsroom: Newsroom) -> Draft:
    draft = report("A name that must go", body="Words. " * 200)
    newsroom.publish(draft)
    return draft


@pytest.fixture
def app(newsroom: Newsroom, told: Draft) -> Flask:
    return create_app(newsroom.desk)


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    return app.test_client()


def test_a_second_reader_costs_no_rendering(app: Flask) -> None:
    with _renderings(app) as rendered:
        first, second = (app.test_client().get(PAGE) for _ in range(2))

    assert len(rendered) == 1
    assert _whole(first) == _whole(second)
    assert "A name that must go" in second.text


def test_ten_readers_at_once_cost_one_rendering(app: Flask) -> None:
    all_are_here = threading.Barrier(10)

    def read(_: int) -> TestResponse:
        all_are_here.wait(10)
        return app.test_client().get(PAGE)

    with _renderings(app) as rendered, ThreadPoolExecutor(10) as readers:
        answers = list(readers.map(read, range(10)))

    assert len(rendered) == 1
    assert {answer.data for answer in answers} == {answers[0].data}


def test_readers_who_wait_for_one_who_fails_are_answered(app: Flask) -> None:
    others = threading.Event()
    failed: list[bool] = []

    def fail_once() -> None:
        if not failed:
            failed.append(True)
            others.wait(10)
            raise RuntimeError("the first rendering fails")

    with _rendering(app, fail_once), ThreadPoolExecutor(4) as readers:
        first = readers.submit(lambda: app.test_client().get(PAGE))
        assert comes_true(lambda: bool(failed))
        waiting = [readers.submit(lambda: app.test_client().get(PAGE)) for _ in range(3)]
        others.set()

        assert first.result().status_code == 500
        assert [each.result().status_code for each in waiting] == [200] * 3


def test_an_append_by_another_process_is_seen_at_once(app: Flask, newsroom: Newsroom) -> None:
    before = app.test_client().get(PAGE)
    with opened(_url(newsroom)) as database:
        Newsroom(database, newsroom.clock).publish(report("By another process"))

    after = app.test_client().get(PAGE, headers={"If-None-Match": before.headers["ETag"]})

    assert after.status_code == 200
    assert "By another process" in after.text


@pytest.mark.parametrize("path", [PAGE, f"/api{PAGE}", f"{PAGE}/feed.atom", f"{PAGE}/log.atom", f"{PAGE}/embed"])
def test_a_takedown_leaves_nothing_on_theshelf_of(wire: Wire, told: Draft, path: str) -> None:
    assert "A name that must go" in wire.client.get(path).text
    assert shelf_of(wire.client.application)

    wire.append(
        sent(wire.newsroom, type="fact.taken_down", data={"fact": str(told.id), "basis": "legal", "note": "By law."})
    )

    assert not shelf_of(wire.client.application)
    assert "A name that must go" not in wire.client.get(path).text


def test_a_takedown_leaves_nothing_on_the_shelves_of_other_processes(
    app: Flask, newsroom: Newsroom, told: Draft
) -> None:
    with opened(_url(newsroom)) as database:
        other = create_app(Newsroom(database, newsroom.clock).desk)
        for each in (app, other):
            each.test_client().get(PAGE)
            assert shelf_of(each)

        newsroom.publish(takedown(told))  # By none of them.

        assert comes_true(lambda: not shelf_of(app) and not shelf_of(other))  # Though nobody asks.


def test_what_was_rendered_while_its_text_was_taken_down_is_not_kept(
    app: Flask, newsroom: Newsroom, told: Draft
) -> None:
    done: list[bool] = []

    def take_down() -> None:
        if not done:
            done.append(True)
            newsroom.publish(takedown(told))

    with _rendering(app, take_down):
        app.test_client().get(PAGE)

    assert not shelf_of(app)
    assert "A name that must go" not in app.test_client().get(PAGE).text


def test_who_knew_of_the_next_version_before_it_was_seen_leaves_no_304_to_others(
    app: Flask, newsroom: Newsroom
) -> None:
    asked = {"If-None-Match": f'"{tag_of("ceremony", 3)}"', "Accept-Encoding": "identity"}
    with _arriving(app, _once(lambda: newsroom.publish(report("Meanwhile")))):
        early = app.test_client().get(PAGE, headers=asked)
    assert not shelf_of(app)
    framework = app.test_client().get(PAGE, headers=asked | TO_THE_FRAMEWORK)
    others = [app.test_client().get(PAGE, headers={"Accept-Encoding": "identity"}) for _ in range(2)]

    assert early.status_code == 304
    assert _whole(early) == _whole(framework)
    assert [other.status_code for other in others] == [200, 200]
    assert all("Meanwhile" in other.text for other in others)


def test_who_knew_the_version_before_leaves_no_whole_page_to_those_who_know_this_one(
    app: Flask, newsroom: Newsroom
) -> None:
    known = {"If-None-Match": f'"{tag_of("ceremony", 2)}"', "Accept-Encoding": "identity"}
    with _arriving(app, _once(lambda: newsroom.publish(report("Meanwhile")))):
        early = app.test_client().get(PAGE, headers=known)
    assert early.status_code == 200
    assert "Meanwhile" in early.text

    known["If-None-Match"] = early.headers["ETag"]
    others = [app.test_client().get(PAGE, headers=known) for _ in range(2)]
    framework = app.test_client().get(PAGE, headers=known | TO_THE_FRAMEWORK)

    assert [_whole(other) for other in others] == [_whole(framework)] * 2
    assert framework.status_code == 304


def test_another_story_stays_on_theshelf_of(app: Flask, newsroom: Newsroom) -> None:
    newsroom.desk.open("another", opening("general", "Another"), actor="desk")
    for path in (f"{PAGE}/embed", "/stories/another/embed"):
        app.test_client().get(path)
    newsroom.publish(report("News here"))
    shelf_of(app).sweep()

    assert len(shelf_of(app)) == 1


def test_when_the_database_is_closed_nothing_is_kept(app: Flask, newsroom: Newsroom) -> None:
    app.test_client().get(PAGE)
    newsroom.database.engine.dispose()

    assert not shelf_of(app)


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}?as_of=1", f"/api{PAGE}", f"{PAGE}/embed", f"{PAGE}/card.png"])
def test_what_is_kept_is_what_the_framework_answers(visitor: FlaskClient, path: str) -> None:
    for encoding in ("zstd", "br", "gzip", "deflate", "identity", "gzip;q=0.5, br", "*", ""):
        asked = {"Accept-Encoding": encoding}
        for ask in (visitor.get, visitor.head):
            first, kept = (ask(path, headers=asked) for _ in range(2))
            framework = ask(path, headers=asked | TO_THE_FRAMEWORK)

            assert _whole(first) == _whole(kept) == _whole(framework)


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}?as_of=1", f"/api{PAGE}", f"{PAGE}/embed", f"{PAGE}/feed.atom"])
def test_a_304_is_the_same_as_the_frameworks(visitor: FlaskClient, path: str) -> None:
    for encoding in ("zstd", "identity"):
        tag = visitor.get(path, headers={"Accept-Encoding": encoding}).headers["ETag"]
        for known in (tag, f"W/{tag}", f'"other", {tag}'):
            asked = {"Accept-Encoding": encoding, "If-None-Match": known}
            first, kept = (visitor.get(path, headers=asked) for _ in range(2))
            framework = visitor.get(path, headers=asked | TO_THE_FRAMEWORK)

            assert kept.status_code == 304
            assert _whole(first) == _whole(kept) == _whole(framework)


@pytest.mark.parametrize("known", ["*", "", "unquoted", '"other"', '"1-0.other:zstd", "x"', '"open'])
def test_who_knows_no_present_tag_is_answered_as_by_the_framework(visitor: FlaskClient, known: str) -> None:
    asked = {"If-None-Match": known, "Accept-Encoding": "gzip"}
    for _ in range(2):
        assert _whole(visitor.get(PAGE, headers=asked)) == _whole(visitor.get(PAGE, headers=asked | TO_THE_FRAMEWORK))


def test_who_asks_for_a_time_is_led_to_it_past_theshelf_of(visitor: FlaskClient) -> None:
    visitor.get(PAGE)

    led = visitor.get(PAGE, headers={"Accept-Datetime": "Mon, 03 Mar 2025 01:00:00 GMT"})

    assert led.status_code == 302


def test_every_host_reads_of_itself(visitor: FlaskClient) -> None:
    for host in ("one.example", "two.example", "one.example"):
        assert f"https://{host}{PAGE}" in visitor.get(PAGE, base_url=f"https://{host}").text


def test_behind_a_proxy_the_host_is_the_one_that_it_names(newsroom: Newsroom) -> None:
    visitor = create_app(newsroom.desk, proxies=1).test_client()
    for host in ("one.example", "two.example"):
        asked = {"X-Forwarded-Host": host, "X-Forwarded-Proto": "https"}
        assert f"https://{host}{PAGE}" in visitor.get(PAGE, headers=asked).text


@pytest.mark.parametrize(
    "path",
    [
        *(
            f"{PAGE}/facts/00000000-0000-7000-8000-000000000000",
            f"{PAGE}?as_of=99",
            f"{PAGE}?at=soon",
            f"{PAGE}/no-such-page",
        ),
        *(f"{PAGE}?as_of=2025-03-02T17:00", f"{PAGE}/updates?after=2", "/stories/no-such-story"),
    ],
)
def test_errors_and_what_leads_elsewhere_are_not_kept(app: Flask, path: str) -> None:
    with _requests(app) as handled:
        answers = [app.test_client().get(path) for _ in range(2)]

    assert answers[0].status_code == answers[1].status_code
    assert len(handled) == 2
    assert not shelf_of(app)


def test_a_kept_answer_costs_exactly_one_statement(sqlite_url: str) -> None:
    statements: list[str] = []
    reader = threading.current_thread()

    def note(statement: str) -> None:
        if threading.current_thread() is reader:
            statements.append(statement)

    def watch(connection: Any, _: object) -> None:
        connection.set_trace_callback(note)

    event.listen(Pool, "connect", watch)
    try:
        with opened(sqlite_url) as database:
            newsroom = Newsroom(database)
            newsroom.publish(opening())
            visitor = create_app(newsroom.desk).test_client()
            tag = visitor.get(PAGE).headers["ETag"]
            visitor.get(PAGE, headers={"If-None-Match": tag})
            for headers in ({}, {"If-None-Match": tag}):
                statements.clear()
                visitor.get(PAGE, headers=headers)

                assert [each.partition(" ")[0] for each in statements] == ["SELECT"]
    finally:
        event.remove(Pool, "connect", watch)


def test_a_database_that_was_restarted_costs_the_readers_nothing(postgres_url: str) -> None:
    with opened(postgres_url) as database:
        newsroom = Newsroom(database)
        newsroom.publish(opening())
        visitor = create_app(newsroom.desk).test_client()
        visitor.get(PAGE)
        with database.engine.connect() as connection:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            connection.execute(text(f"{others} AND datname = current_database()"))

        assert [visitor.get(PAGE).status_code for _ in range(3)] == [200] * 3


def test_the_shelf_is_bounded(newsroom: Newsroom) -> None:
    shelf = Shelf(newsroom.database, room=10 * FRAME)
    tag = shelf.tag(STORY)
    assert tag is not None
    places = [Place(STORY, "http", "localhost", "", PAGE, f"as_of={number}", "gzip") for number in range(20)]
    for place in places:
        shelf.keep(place, Answer(tag, "200 OK", (), b"x" * FRAME))
        assert shelf.find(places[0], tag)  # Is asked for again and again.

    assert 0 < shelf.size <= 10 * FRAME
    assert [place for place in places if shelf.find(place, tag)] == [places[0], *places[17:]]


def test_an_answer_without_measure_is_not_kept(newsroom: Newsroom) -> None:
    shelf = Shelf(newsroom.database, room=10 * FRAME)
    tag = shelf.tag(STORY)
    assert tag is not None
    shelf.keep(Place(STORY, "http", "localhost", "", PAGE, "", "gzip"), Answer(tag, "200 OK", (), bytes(10 * FRAME)))

    assert not shelf


def _whole(answer: TestResponse) -> tuple[str, list[tuple[str, str]], bytes]:
    """Return all of an answer, but for when it was given."""
    body = gzip.decompress(answer.data) if answer.content_encoding == "gzip" else answer.data
    return answer.status, [header for header in answer.headers if header[0] != "Date"], body


def _url(newsroom: Newsroom) -> str:
    return newsroom.database.engine.url.render_as_string(hide_password=False)


@contextmanager
def _renderings(app: Flask) -> Iterator[list[None]]:
    """Lend a list that grows with every page that is rendered in the meantime."""
    found: list[None] = []
    with _rendering(app, lambda: found.append(None)):
        yield found


@contextmanager
def _rendering(app: Flask, meanwhile: Callable[[], None]) -> Iterator[None]:
    """Do something whenever a page is about to be rendered from what was read for it."""

    def note(_: object, **__: object) -> None:
        meanwhile()

    with before_render_template.connected_to(note, app):
        yield


@contextmanager
def _requests(app: Flask) -> Iterator[list[None]]:
    """Lend a list that grows with every request that reaches the framework in the meantime."""
    handled: list[None] = []
    with _arriving(app, lambda: handled.append(None)):
        yield handled


@contextmanager
def _arriving(app: Flask, meanwhile: Callable[[], object]) -> Iterator[None]:
    """Do something whenever a request has reached the framework, and nothing was read for it yet."""

    def note(_: object, **__: object) -> None:
        meanwhile()

    with request_started.connected_to(note, app):
        yield


def _once(act: Callable[[], object]) -> Callable[[], None]:
    """Return what acts when it is called first, and does nothing then."""
    left = [act]

    def act_once() -> None:
        if left:
            left.pop()()

    return act_once
