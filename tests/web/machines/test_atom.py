"""Atom: the facts as they stand, and the record, an entry per event."""

from typing import Any, Final

import feedparser
import pytest
from flask.testing import FlaskClient
from lxml import etree

from documents import NIGHTS, get
from newsroom import (
    STORY,
    Newsroom,
    correction,
    event,
    mark,
    opening,
    reinstatement,
    report,
    retraction,
    takedown,
)
from timeline.clockwords import canonical
from timeline.desk import Desk
from timeline.web.machines.items import LENGTH

NAMES: Final = {"a": "http://www.w3.org/2005/Atom", "at": "http://purl.org/atompub/tombstones/1.0"}
FEEDS: Final = ("feed.atom", "log.atom")


def read(client: FlaskClient, name: str, slug: str = STORY, query: str = "") -> Any:
    """Return a feed as a feed reader sees it, after looking whether RFC 4287 would let it pass."""
    raw = get(client, f"/stories/{slug}/{name}{query}")
    root = etree.fromstring(raw)
    for element in (root, *root.findall("a:entry", NAMES)):
        assert [len(element.findall(f"a:{each}", NAMES)) for each in ("id", "title", "updated")] == [1, 1, 1]
    ids = [each.text for each in root.findall("a:entry/a:id", NAMES)]
    assert len(ids) == len(set(ids))
    assert root.find("a:author/a:name", NAMES) is not None
    feed = feedparser.parse(raw, response_headers={"content-type": "application/atom+xml; charset=utf-8"})
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == "atom10"
    return feed


def tombstones(client: FlaskClient) -> list[Any]:
    root = etree.fromstring(get(client, f"/stories/{STORY}/feed.atom"))
    return [
        (each.get("ref"), each.findtext("at:comment", None, NAMES))
        for each in root.findall("at:deleted-entry", NAMES)
    ]


@pytest.mark.parametrize("slug", NIGHTS)
@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_parses_clean_page_after_page_until_all_is_told(
    archive: Desk, reader: FlaskClient, slug: str, name: str
) -> None:
    feed = read(reader, name, slug)
    entries = list(feed.entries)
    while more := [link.href for link in feed.feed.links if link.rel == "next"]:
        feed = read(reader, name, slug, "?" + more[0].partition("?")[2])
        entries += feed.entries

    standing = sum(fact.stands for fact in archive.view(slug).facts)
    assert len(entries) == {"feed.atom": standing, "log.atom": archive.head(slug).version}[name]
    assert len({entry.id for entry in entries}) == len(entries)
    assert len(feed.entries) <= LENGTH


@pytest.mark.parametrize("slug", NIGHTS)
def test_an_entry_has_the_times_of_its_fact(archive: Desk, reader: FlaskClient, slug: str) -> None:
    facts = {f"urn:uuid:{fact.id}": fact for fact in archive.view(slug).facts}
    for entry in read(reader, "feed.atom", slug).entries:
        fact = facts[entry.id]
        assert entry.published == canonical(fact.recorded_at)
        assert entry.updated == canonical(fact.history[-1].recorded_at if fact.history else fact.recorded_at)
        assert reader.get(entry.link).status_code == 200


def test_a_corrected_fact_comes_up_again_under_its_old_id_with_the_note(room: Newsroom, visitor: FlaskClient) -> None:
    first, second = report("Anora wins four"), report("The ball opens")
    room.publish(opening(), first, second)
    room.publish(correction(first, "It is five.", data={"headline": "Anora wins five"}))

    entry, other = read(visitor, "feed.atom").entries

    assert entry.id == f"urn:uuid:{first.id}"
    assert entry.title == "Anora wins five"
    assert "It is five." in entry.content[0].value
    assert entry.updated > entry.published
    assert other.title == "The ball opens"


def test_what_is_withdrawn_leaves_a_tombstone_with_the_reason(room: Newsroom, visitor: FlaskClient) -> None:
    wrong, harmful = report("La La Land wins"), report("A name")
    room.publish(opening(), wrong, harmful, retraction(wrong, "Moonlight has won."), takedown(harmful))

    assert read(visitor, "feed.atom").entries == []
    assert tombstones(visitor) == [
        (f"urn:uuid:{harmful.id}", "Basis: court order. A court ordered it."),
        (f"urn:uuid:{wrong.id}", "Moonlight has won."),
    ]


def test_what_is_reinstated_is_an_entry_again(room: Newsroom, visitor: FlaskClient) -> None:
    right = report("Moonlight wins")
    room.publish(opening(), right, retraction(right), reinstatement(right, "It has won after all."))

    (entry,) = read(visitor, "feed.atom").entries

    assert tombstones(visitor) == []
    assert "It has won after all." in entry.content[0].value


def test_the_record_tells_each_event_in_the_words_of_its_time(room: Newsroom, visitor: FlaskClient) -> None:
    fact = report("Anora wins four")
    room.publish(opening(summary="The night."), event("coverage.started", {}), fact)
    before = [(entry.id, entry.title) for entry in read(visitor, "log.atom").entries]
    room.publish(correction(fact, "It is five.", data={"headline": "Anora wins five"}), mark(fact), retraction(fact))
    after = [(entry.id, entry.title) for entry in read(visitor, "log.atom").entries]

    assert [title for _, title in after] == [
        "Retracted: Anora wins five",
        "Pinned: Anora wins five",
        "Correction: Anora wins five",
        "Published: Anora wins four",
        "Live coverage starts",
        "The story is opened",
    ]
    assert after[3:] == before


def test_an_entry_of_the_record_never_changes(archive: Desk, reader: FlaskClient) -> None:
    record = archive.record("97th-academy-awards")[1]
    entries = read(reader, "log.atom", "97th-academy-awards").entries[::-1]

    for recorded, entry in zip(record, entries, strict=True):
        assert entry.published == entry.updated == canonical(recorded.recorded_at)
        assert entry.link.endswith(f"?as_of={recorded.version}")
        assert entry.tags[0].term == recorded.type


def test_the_identifiers_do_not_depend_on_the_host_that_is_asked(reader: FlaskClient) -> None:
    for name in FEEDS:
        address = f"/stories/{NIGHTS[1]}/{name}"
        here, there = (
            etree.fromstring(reader.get(address, headers={"Host": host}).data) for host in ("a.example", "b.example")
        )
        assert here.xpath("//a:id/text()", namespaces=NAMES) == there.xpath("//a:id/text()", namespaces=NAMES)
        assert here.xpath("//a:link/@href", namespaces=NAMES) != there.xpath("//a:link/@href", namespaces=NAMES)


@pytest.mark.parametrize("name", [*FEEDS, "feed.json"])
@pytest.mark.parametrize("before", ["", "0", "-1", "x", "1e3", "9" * 10])
def test_a_page_that_cannot_be_is_a_problem(reader: FlaskClient, name: str, before: str) -> None:
    response = reader.get(f"/stories/{NIGHTS[1]}/{name}?before={before}")

    assert (response.status_code, response.mimetype) == (400, "application/problem+json")


def test_an_unchanged_feed_costs_a_304(room: Newsroom, visitor: FlaskClient) -> None:
    room.publish(opening())
    for name in (*FEEDS, "feed.json", "ninjs.json", "timemap", "embed", "card.png"):
        tag = visitor.get(f"/stories/{STORY}/{name}").headers["ETag"]
        assert visitor.get(f"/stories/{STORY}/{name}", headers={"If-None-Match": tag}).status_code == 304
    room.publish(report("It begins"))
    assert visitor.get(f"/stories/{STORY}/feed.atom", headers={"If-None-Match": tag}).status_code == 200
