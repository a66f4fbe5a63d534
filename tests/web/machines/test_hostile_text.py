"""Hostile text: whatever an entry says, every document stays whole, and what is taken down is gone from all."""

import json
from collections.abc import Iterator
from typing import Final

import feedparser
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree, html

from documents import OF_FACT, OF_STORY, REPLAYED, linked_data
from newsroom import (
    EVENING,
    STORY,
    Newsroom,
    award,
    correction,
    event,
    opening,
    report,
    retraction,
    takedown,
)
from timeline.web.machines.xml import add, clean, document

ATTACK: Final = "]]></script><!--</title><script>alert(1)</script>&lt;\"'><\x01\x1f\ufffe\u2028\x85 é"
HERE: Final = f"/stories/{STORY}"


@pytest.fixture
def attacked(room: Newsroom) -> Newsroom:
    """A story of which every field is an attack."""
    source = {"name": ATTACK, "url": "https://a.example/?q=%22%3E"}
    text = report(ATTACK, body=f"# {ATTACK}\n\n{ATTACK} [x](javascript:alert(3))")
    speech = event("speech.given", {"speaker": ATTACK, "quote": ATTACK, "occasion": ATTACK}, EVENING, source=source)
    gone = report(ATTACK)
    room.publish(
        opening(title=ATTACK, summary=ATTACK),
        *(text, speech, award(ATTACK, ATTACK, ATTACK), gone),
        correction(text, ATTACK, data={"body": ATTACK * 2}),
        retraction(speech, ATTACK),
        takedown(gone, ATTACK, ATTACK),
        event("story.described", {"title": ATTACK * 2}),
    )
    return room


@pytest.mark.usefixtures("attacked")
def test_no_text_breaks_a_feed(visitor: FlaskClient) -> None:
    for name in ("feed.atom", "log.atom"):
        raw = visitor.get(f"{HERE}/{name}").data
        etree.fromstring(raw)
        feed = feedparser.parse(raw, response_headers={"content-type": "application/atom+xml; charset=utf-8"})
        assert not feed.bozo, feed.get("bozo_exception")
        for entry in feed.entries:
            _expect_inert(entry.content[0].value)
    for item in (visitor.get(f"{HERE}/feed.json").json or {})["items"]:
        _expect_inert(item.get("content_html", ""))


@pytest.mark.usefixtures("attacked")
def test_no_text_ends_the_script_that_holds_the_linked_data(visitor: FlaskClient) -> None:
    blog = linked_data(visitor, HERE)
    page = html.fromstring(visitor.get(HERE).text)

    assert blog["headline"] == ATTACK * 2
    assert [each.get("type") for each in page.xpath("//script[not(@src)]")] == ["application/ld+json"]


def test_no_text_gets_out_of_the_frame_or_the_card(attacked: Newsroom, visitor: FlaskClient) -> None:
    facts = [f"{HERE}/facts/{fact.id}" for fact in attacked.view().facts]
    for address in (f"{HERE}/embed", HERE, *facts):
        page = html.fromstring(visitor.get(address).text)
        assert not page.xpath("//script[not(@src)][not(@type='application/ld+json')]"), address
    answer = visitor.get(f"/oembed?url=http://localhost{HERE}").json or {}
    frame = html.fragment_fromstring(answer["html"].replace("\x01", "").replace("\x1f", ""))
    assert (frame.tag, len(frame)) == ("iframe", 0)


@given(st.text(st.characters(exclude_categories=["Cs"])))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_read_back_from_xml_but_for_what_xml_cannot_hold(text: str) -> None:
    root = etree.Element("{urn:x}root")
    add(root, "child", text, attribute=text)

    child = etree.fromstring(document(root))[0]

    assert (child.text or "") == clean(text)
    assert len(clean(text)) == len(text)


def test_what_is_taken_down_is_gone_from_every_document_of_every_time(room: Newsroom, visitor: FlaskClient) -> None:
    name = "Rumpelstiltskin"
    source = {"name": name, "url": f"https://{name}.example/"}
    said = {"headline": f"{name} is seen", "body": f"By {name}."}
    harmful = event("update.reported", said, EVENING, source=source)
    room.publish(opening(), report("It rains"), harmful)
    room.publish(correction(harmful, f"{name} was seen.", data={"headline": f"{name} was seen"}))
    room.publish(retraction(harmful, f"{name} was not seen."))
    assert name in visitor.get(f"{HERE}/log.atom").text
    room.publish(takedown(harmful, "We were asked."))

    for address in _everywhere(room, str(harmful.id)):
        response = visitor.get(address)
        assert response.status_code in (200, 404), address
        assert name not in response.data.decode(errors="replace"), address
        assert name.lower() not in response.data.decode(errors="replace").lower(), address
    assert "We were asked." in visitor.get(f"{HERE}/log.atom").text
    assert "We were asked." in json.dumps(linked_data(visitor, HERE))


def _expect_inert(content: str) -> None:
    """Look whether HTML in a feed could run anything in a reader that trusts it."""
    body = html.fragment_fromstring(clean(content), create_parent="div")
    assert not body.xpath("//script | //style | //iframe | //img | //@style | //@onclick | //@onerror")
    assert all(address.startswith(("http://", "https://")) for address in body.xpath("//@href | //@src"))


def _everywhere(room: Newsroom, fact: str) -> Iterator[str]:
    yield from (HERE + name for name in OF_STORY)
    for version in range(room.desk.head(STORY).version + 1):
        yield from (f"{HERE}{name}?as_of={version}" for name in REPLAYED)
        yield from (f"{HERE}/facts/{fact}{name}?as_of={version}" for name in OF_FACT)
