"""JSON Feed 1.1: the facts as they stand."""

import json
from typing import Any, Final

import pytest
from flask.testing import FlaskClient

from documents import ADDRESS, MOMENT, NIGHTS, URN, expect_valid, get, lists, objects
from newsroom import STORY, Newsroom, event, opening, report, retraction
from timeline.desk import Desk

TEXT: Final = {"type": "string", "minLength": 1}
COUNT: Final = {"type": "integer", "minimum": 1}
STATUS: Final = {"enum": ["standing", "corrected", "retracted", "taken_down"]}
PRECISION: Final = {"enum": ["second", "minute", "hour", "day", "month", "year"]}
EXTENSION: Final = {"version": COUNT, "occurred_at": MOMENT, "precision": PRECISION, "status": STATUS}
ITEM: Final = objects(
    "id url title date_published date_modified _timeline",
    {
        "id": URN,
        "url": ADDRESS,
        "title": TEXT,
        "content_html": TEXT,
        "content_text": TEXT,
        "tags": lists(TEXT),
        "date_published": MOMENT,
        "date_modified": MOMENT,
        "_timeline": objects("version occurred_at precision status", EXTENSION),
    },
) | {"oneOf": [{"required": ["content_html"]}, {"required": ["content_text"]}]}
FEED: Final = objects(
    "version title home_page_url feed_url items expired _timeline",
    {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": TEXT,
        "description": TEXT,
        "language": TEXT,
        "home_page_url": ADDRESS,
        "feed_url": ADDRESS,
        "next_url": ADDRESS,
        "expired": {"type": "boolean"},
        "authors": lists(objects("name", {"name": TEXT, "url": ADDRESS})),
        "items": lists(ITEM),
        "_timeline": objects("version status", {"version": COUNT, "status": {"enum": ["open", "live", "ended"]}}),
    },
)


def read(client: FlaskClient, slug: str = STORY, query: str = "") -> Any:
    feed = json.loads(get(client, f"/stories/{slug}/feed.json{query}"))
    expect_valid(feed, FEED)
    return feed


@pytest.mark.parametrize("slug", NIGHTS)
def test_every_page_of_the_feed_holds_to_the_schema_until_all_is_told(
    archive: Desk, reader: FlaskClient, slug: str
) -> None:
    feed = read(reader, slug)
    ids = [item["id"] for item in feed["items"]]
    while "next_url" in feed:
        feed = read(reader, slug, "?" + feed["next_url"].partition("?")[2])
        ids += [item["id"] for item in feed["items"]]

    assert sorted(ids) == sorted(f"urn:uuid:{fact.id}" for fact in archive.view(slug).facts)


def test_a_withdrawn_item_says_why_and_nothing_else(room: Newsroom, visitor: FlaskClient) -> None:
    wrong = report("La La Land wins", body="Its seventh.")
    room.publish(opening(), wrong, retraction(wrong, "Moonlight has won."))

    (item,) = read(visitor)["items"]

    assert item["title"] == "Retracted: La La Land wins"
    assert item["content_text"] == "Moonlight has won."
    assert item["_timeline"]["status"] == "retracted"
    assert item["_timeline"]["version"] == 3


def test_the_feed_expires_when_coverage_ends(room: Newsroom, visitor: FlaskClient) -> None:
    expired = []
    for drafts in ((opening(),), (event("coverage.started", {}),), (event("coverage.ended", {}),)):
        room.publish(*drafts)
        expired.append(read(visitor)["expired"])

    assert expired == [False, False, True]
