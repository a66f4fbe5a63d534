"""Pieces: of a live page only what changed is set anew, and a takedown leaves none with its words in any process."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from uuid import uuid4

import pytest
from flask import Flask, before_render_template

from kept import comes_true, shelf_of
from newsroom import (
    STORY,
    Newsroom,
    correction,
    mark,
    nomination,
    opened,
    opening,
    reinstatement,
    report,
    retraction,
    takedown,
)
from timeline.domain.event import Draft
from timeline.web.app import create_app
from timeline.web.pieces import Piece, Pieces
from timeline.web.prose import set_prose
from timeline.web.shelf import FRAME, Shelf
from wire import Wire, sent

PAGE = f"/stories/{STORY}"
UPDATE = "update at http://localhost"
"""What search engines read of an entry: it names the host."""
TO_THE_FRAMEWORK = {"Authorization": "Bearer of nothing"}
"""Whoever sends this is answered past the hatch, and gets a rendering of their own."""


@pytest.fixture
def told(newsroom: Newsroom) -> Draft:
    draft = report("A name that must go", body="Words that must go.")
    newsroom.publish(draft, report("Another", body="Other words."))
    return draft


@pytest.fixture
def app(newsroom: Newsroom, told: Draft) -> Flask:
    return create_app(newsroom.desk)


@pytest.fixture
def bodies(app: Flask) -> list[str]:
    """Return a list that grows with every body of an entry that is set."""
    found: list[str] = []

    def note(text: str) -> str:
        found.append(text)
        return set_prose(text)

    app.add_template_filter(note, "set_prose")
    return found


def test_after_an_append_only_the_new_entry_is_set(app: Flask, newsroom: Newsroom, bodies: list[str]) -> None:
    _read(app)
    assert bodies == ["Other words.", "Words that must go."]
    bodies.clear()

    newsroom.publish(report("News", body="New words."))

    page = _read(app)
    assert bodies == ["New words."]
    assert all(words in page for words in ("New words.", "Other words.", "Words that must go."))


def test_what_search_engines_read_of_an_entry_is_made_once_too(app: Flask, newsroom: Newsroom) -> None:
    _read(app)
    before = _texts(app)
    newsroom.publish(report("News", body="New words."))
    _read(app)
    after = _texts(app)

    assert {what for what, *_ in before} == {"entry", UPDATE}
    assert all(after[piece] is text for piece, text in before.items())
    assert len(after) == len(before) + 2


def test_search_engines_read_of_the_host_that_they_ask(app: Flask, told: Draft) -> None:
    for host in ("https://one.example", "https://two.example", "https://one.example"):
        page = app.test_client().get(PAGE, base_url=host).text

        assert f'"url":"{host}{PAGE}/facts/{told.id}"' in page


def test_a_corrected_entry_is_set_anew(app: Flask, newsroom: Newsroom, told: Draft, bodies: list[str]) -> None:
    _read(app)
    bodies.clear()

    newsroom.publish(correction(told, "It was otherwise.", data={"body": "The right words."}))

    page = _read(app)
    assert bodies == ["The right words."]
    assert "It was otherwise." in page


@pytest.mark.parametrize("change", [retraction, reinstatement])
def test_a_retracted_and_a_reinstated_entry_are_set_anew(
    app: Flask, newsroom: Newsroom, told: Draft, bodies: list[str], change: Callable[[Draft], Draft]
) -> None:
    if change is reinstatement:
        newsroom.publish(retraction(told))
    _read(app)
    bodies.clear()

    newsroom.publish(change(told))

    assert _read(app).count("<s>A name that must go</s>") == (2 if change is retraction else 0)
    assert bodies == ["Words that must go."]


def test_a_marked_entry_is_set_anew_and_when_it_is_unmarked_again(
    app: Flask, newsroom: Newsroom, told: Draft, bodies: list[str]
) -> None:
    for as_, kickers in (("marked_key", 1), ("unmarked_key", 0)):
        _read(app)
        bodies.clear()
        newsroom.publish(mark(told, as_))

        assert _read(app).count("Key moment</span>") == kickers
        assert bodies == ["Words that must go."]


def test_a_folded_run_is_set_entry_by_entry(app: Flask, newsroom: Newsroom) -> None:
    films = [nomination("Best Picture", f"Film {number}") for number in range(8)]
    newsroom.publish(*films)
    _read(app)
    before = _texts(app)
    newsroom.publish(correction(films[0], data={"film": "Film nil"}))

    assert "Film nil" in _read(app)
    new = _texts(app).keys() - before.keys()
    assert {(what, id_) for what, id_, *_ in new} == {("brief", films[0].id), (UPDATE, films[0].id)}


def test_a_page_of_pieces_is_the_page_that_is_set_anew(app: Flask, newsroom: Newsroom, told: Draft) -> None:
    newsroom.publish(*(nomination("Best Picture", f"Film {number}") for number in range(8)))
    for draft in (
        report("News"),
        correction(told, data={"headline": "Right"}),
        mark(told, "marked_key"),
        mark(told),
        retraction(told),
        reinstatement(told),
        takedown(told),
    ):
        _read(app)
        newsroom.publish(draft)

        assert _read(app) == _read(create_app(newsroom.desk))


def test_a_replay_takes_no_piece_of_the_live_page_and_leaves_none(app: Flask, newsroom: Newsroom) -> None:
    for query in ("?as_of=3", "?at=2025-03-03T02:00:00Z"):
        _read(app, query)
        assert not _texts(app)
    live = _read(app)
    replayed = _read(app, "?as_of=3")

    assert replayed.count("?as_of=3") > live.count("?as_of=3")
    assert replayed == _read(create_app(newsroom.desk), "?as_of=3")


def test_under_another_root_other_addresses_are_set(app: Flask) -> None:
    for root in ("/one", "/two", "/one"):
        page = app.test_client().get(PAGE, base_url=f"http://localhost{root}", headers=TO_THE_FRAMEWORK).text

        assert page.count(f'href="{root}{PAGE}/facts/') == 2


def test_a_takedown_leaves_no_piece(wire: Wire, told: Draft) -> None:
    app = wire.client.application
    assert "Words that must go." in _read(app)
    assert _holds(app, "Words that must go.")

    wire.append(
        sent(wire.newsroom, type="fact.taken_down", data={"fact": str(told.id), "basis": "legal", "note": "By law."})
    )

    assert not _texts(app)
    assert "that must go" not in _read(app)
    assert not _holds(app, "that must go")


def test_a_takedown_leaves_no_piece_in_other_processes(app: Flask, newsroom: Newsroom, told: Draft) -> None:
    with opened(newsroom.database.engine.url.render_as_string(hide_password=False)) as database:
        other = create_app(Newsroom(database, newsroom.clock).desk)
        for each in (app, other):
            _read(each)
            assert _holds(each, "Words that must go.")

        newsroom.publish(report("News"))
        newsroom.publish(takedown(told))  # By none of them.

        assert comes_true(lambda: not _texts(app) and not _texts(other))  # Though nobody asks.


def test_an_append_leaves_the_pieces_where_they_are(app: Flask, newsroom: Newsroom, told: Draft) -> None:
    _read(app)
    for number in range(3):
        newsroom.publish(report(f"News {number}"))
        shelf_of(app).sweep()
        assert _holds(app, "Words that must go.")

    newsroom.publish(takedown(told), report("News behind it"))
    shelf_of(app).sweep()

    assert not _texts(app)


def test_a_page_that_was_begun_before_a_takedown_leaves_no_piece(app: Flask, newsroom: Newsroom, told: Draft) -> None:
    drafts = [report("News"), takedown(told)]

    def take_down(_: object, **__: object) -> None:
        while drafts:
            newsroom.publish(drafts.pop(0))
            shelf_of(app).sweep()

    with before_render_template.connected_to(take_down, app):
        assert "Words that must go." in _read(app)

    assert not _texts(app)
    assert "that must go" not in _read(app)


def test_a_takedown_between_the_look_for_one_and_the_shelf_leaves_no_piece(
    app: Flask, newsroom: Newsroom, told: Draft
) -> None:
    drafts = [report("News"), takedown(told)]

    class Weighed(Pieces):
        """Pieces that are taken down when the shelf asks how large they are, which it does once it has looked."""

        @property
        def size(self) -> int:
            while drafts:
                newsroom.publish(drafts.pop(0))
                shelf_of(app).sweep()
            return FRAME

    texts = {("entry", uuid4(), 1, False): "Words that must go."}
    shelf_of(app).keep_pieces(Weighed(newsroom.desk.head(STORY), "", texts))
    shelf_of(app).sweep()

    assert not drafts
    assert not _texts(app)


def test_pieces_of_another_story_stay(app: Flask, newsroom: Newsroom, told: Draft) -> None:
    newsroom.desk.open("another", opening("general", "Another"), actor="desk")
    newsroom.desk.append("another", [report("There")], actor="desk")
    for path in (PAGE, "/stories/another"):
        app.test_client().get(path)
    newsroom.publish(takedown(told))
    shelf_of(app).sweep()

    assert shelf_of(app).find_pieces("another", "")


def test_pieces_are_bounded_as_answers_are(newsroom: Newsroom) -> None:
    shelf = Shelf(newsroom.database, room=10 * FRAME)
    head = newsroom.desk.head(STORY)
    pieces = Pieces(head, "", {("entry", uuid4(), 1, False): "x" * FRAME})
    for number in range(20):
        shelf.keep_pieces(replace(pieces, root=f"/{number}"))
    shelf.keep_pieces(replace(pieces, root="/large", texts={("entry", uuid4(), 1, False): "x" * 10 * FRAME}))

    assert 0 < shelf.size <= 10 * FRAME
    assert [number for number in range(20) if shelf.find_pieces(STORY, f"/{number}")] == [16, 17, 18, 19]
    assert not shelf.find_pieces(STORY, "/large")


def test_of_an_entry_that_has_left_the_page_no_piece_is_kept(app: Flask, newsroom: Newsroom) -> None:
    _read(app)
    newsroom.publish(*(report(f"News {number}", newsroom.clock.turn(seconds=1)) for number in range(250)))
    _read(app)

    assert len(_texts(app)) == 2 * 200
    assert not _holds(app, "Other words.")


def _read(app: Flask, query: str = "") -> str:
    return app.test_client().get(f"{PAGE}{query}", headers=TO_THE_FRAMEWORK).text


def _texts(app: Flask) -> Mapping[Piece, str]:
    return shelf_of(app).find_pieces(STORY, "")


def _holds(app: Flask, words: str) -> bool:
    return any(words in text for text in _texts(app).values())
