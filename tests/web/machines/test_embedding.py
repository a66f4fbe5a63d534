"""oEmbed and the frame: how other sites show a story."""

from typing import Final
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from lxml import html

from documents import NIGHTS, expect_valid, objects
from newsroom import STORY, Newsroom, opening, report, retraction, takedown

NIGHT: Final = f"/stories/{NIGHTS[0]}"
TEXT: Final = {"type": "string", "minLength": 1}
SIZE: Final = {"type": "integer", "minimum": 1}
RICH: Final = objects(
    "type version html width height",
    {
        "type": {"const": "rich"},
        "version": {"const": "1.0"},
        "html": TEXT,
        "width": SIZE,
        "height": SIZE,
        "title": TEXT,
        "provider_name": TEXT,
        "provider_url": TEXT,
        "cache_age": SIZE,
    },
)


def frame_of(client: FlaskClient, url: str, more: str = "") -> dict[str, str]:
    """Return the attributes of the frame that a site is given for a page."""
    answer = client.get(f"/oembed?url={quote(url, safe='')}{more}")
    expect_valid(answer.json, RICH)
    element = html.fragment_fromstring((answer.json or {})["html"])
    assert element.tag == "iframe"
    return dict(element.attrib)


@pytest.mark.parametrize(
    "path", ["", "?as_of=154", "?at=2017-02-27T05:02:00Z", "/facts/015a7df3-e3e0-7f0c-a9ef-10fe9da4272c"]
)
def test_a_page_says_how_it_can_be_embedded(reader: FlaskClient, path: str) -> None:
    page = html.fromstring(reader.get(NIGHT + path).data)
    (link,) = page.xpath("//link[@type='application/json+oembed']/@href")

    answer = reader.get(link)

    assert answer.mimetype == "application/json"
    expect_valid(answer.json, RICH)


def test_the_frame_shows_the_newest_entries_and_may_be_framed_by_anybody(reader: FlaskClient) -> None:
    frame = frame_of(reader, f"http://localhost{NIGHT}")
    response = reader.get(frame["src"])
    policy = response.headers.getlist("Content-Security-Policy")

    assert frame["title"] == "89th Academy Awards"
    assert len(policy) == 1
    assert "frame-ancestors *" in policy[0]
    assert "default-src 'none'" in policy[0]
    assert response.text.count("<li>") == 5
    assert "Awards: La La Land 6, Moonlight 3" in response.text
    assert "<script" not in response.text
    assert 'content="noindex"' in response.text


def test_other_pages_may_be_framed_by_nobody(reader: FlaskClient) -> None:
    for address in (NIGHT, "/", f"{NIGHT}/feed.atom"):
        assert "frame-ancestors 'none'" in reader.get(address).headers["Content-Security-Policy"]


def test_the_frame_of_a_replay_tells_nothing_later(reader: FlaskClient) -> None:
    frame = frame_of(reader, f"http://localhost{NIGHT}?at=2017-02-27T05:02:00Z")

    told = reader.get(frame["src"]).text

    assert "at=2017-02-27T05" in frame["src"]
    assert "Moonlight wins" not in told
    assert "Live at the time" in told


def test_a_frame_is_no_larger_than_the_room_for_it(reader: FlaskClient) -> None:
    frame = frame_of(reader, f"http://localhost{NIGHT}", "&maxwidth=320&maxheight=9999")

    assert (frame["width"], frame["height"]) == ("320", "480")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://evil.example/stories/89th-academy-awards",
        "http://localhost@evil.example/stories/89th-academy-awards",
        "http://localhost:81/stories/89th-academy-awards",
        "javascript:alert(1)",
        "//localhost/stories/89th-academy-awards",
        "http://localhost/",
        "http://localhost/stories/nowhere",
        "http://localhost/api/stories/89th-academy-awards",
        "http://[localhost/stories/89th-academy-awards",
    ],
)
def test_what_is_no_page_of_ours_cannot_be_embedded(reader: FlaskClient, url: str) -> None:
    response = reader.get(f"/oembed?url={quote(url, safe='')}")

    assert (response.status_code, response.mimetype) == (404, "application/problem+json")


@pytest.mark.parametrize(
    ("query", "status"),
    [("format=xml", 501), ("maxwidth=0", 400), ("maxwidth=wide", 400), ("maxheight=-3", 400)],
)
def test_what_cannot_be_answered_is_a_problem(reader: FlaskClient, query: str, status: int) -> None:
    response = reader.get(f"/oembed?url=http://localhost{NIGHT}&{query}")

    assert (response.status_code, response.mimetype) == (status, "application/problem+json")


def test_in_the_frame_the_withdrawn_is_struck_or_a_stub(room: Newsroom, visitor: FlaskClient) -> None:
    wrong, harmful = report("La La Land wins"), report("A name")
    room.publish(opening(), wrong, harmful, retraction(wrong), takedown(harmful))

    told = visitor.get(f"/stories/{STORY}/embed").text

    assert "<s>La La Land wins</s>" in told
    assert "This entry was taken down" in told
    assert "A name" not in told


def test_without_an_address_there_is_nothing_to_embed(reader: FlaskClient) -> None:
    answer = reader.get("/oembed")

    assert answer.status_code == 400
    assert "url is missing" in answer.text
