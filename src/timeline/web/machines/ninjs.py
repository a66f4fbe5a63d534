"""IPTC ninjs 3.1: a story and its entries as news agencies exchange them; corrections are new versions."""

from typing import Final

from timeline.clockwords import canonical, happened_in_full, zone_of
from timeline.domain.fact import Fact
from timeline.domain.ijson import JsonObject
from timeline.domain.story import Story
from timeline.entries import Entry, entry_of
from timeline.kinds.kind import Kind
from timeline.views import View
from timeline.web.machines.addresses import Addresses
from timeline.web.machines.items import (
    PUBLISHER,
    modified_at,
    remarks_on,
    text_of,
    title_of,
    urn,
)
from timeline.web.replay import query

STANDARD: Final = {
    "name": "ninjs",
    "version": "3.1",
    "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json",
}


def story_ninjs(view: View, story: Story, addresses: Addresses) -> JsonObject:
    """Return the story as a composite of its entries, which end where the view does.

    `story` as it was called when the view ends.
    """
    item: JsonObject = {
        "uri": urn(story.id) if story.id else addresses.story,
        "standard": STANDARD,
        "type": "composite",
        "representationType": "partial",
        "version": str(view.story.version),
        "pubStatus": "usable",
        "title": story.title,
        "headlines": [_text("main", story.title)],
        "by": PUBLISHER,
        "altIds": [{"role": "slug", "value": story.slug}, {"role": "url", "value": addresses.story}],
        "renditions": [_page(addresses.story)],
    }
    if story.opened_at:
        item["firstCreated"] = canonical(story.opened_at)
    if view.recorded_at:
        item["versionCreated"] = canonical(view.recorded_at)
    if story.language:
        item["language"] = story.language
    if story.summary and view.story.version:  # Before the first event there is its title alone.
        item["descriptions"] = [_text("summary", story.summary)]
    if view.more:
        there = query(view.vantage, view.story.version)
        earlier = addresses.of("ninjs.json", **there, before=entry_of(view.facts[0], view.kind).order)
        item["edNote"] = f"There are earlier entries: {earlier}"
    return item | {"associations": [_association(fact, view, addresses) for fact in view.facts]}


def entry_ninjs(story: Story, fact: Fact, kind: Kind, addresses: Addresses) -> JsonObject:
    """Return an entry in full; of a retracted one the headline and the reason, of a taken-down one the reason."""
    entry = entry_of(fact, kind)
    item = _outline(entry, addresses) | {"standard": STANDARD, "representationType": "full", "by": PUBLISHER}
    when = str(happened_in_full(fact.content, zone_of(story)).striptags())
    remarks = remarks_on(entry)
    item["descriptions"] = [
        _text("occurred", canonical(fact.occurred_at)),
        _text("occurredInWords", when),
        *(_text(remark.label.lower(), remark.text) for remark in remarks),
    ]
    if remarks:
        item["edNote"] = "\n".join(
            f"{remark.label}, {canonical(remark.recorded_at)}, version {remark.version}: {remark.text}"
            for remark in remarks
        )
    if text := text_of(entry):
        item["bodies"] = [_text("main", text)]
    if entry.source is not None:
        uri = {"uri": entry.source.url} if entry.source.url else {}
        item["infoSources"] = [{"name": entry.source.name, "role": "source"} | uri]
    if story.language:
        item["language"] = story.language
    if story.id:
        association = {"name": "story", "rel": "partOf", "uri": urn(story.id), "type": "composite"}
        item["associations"] = [association | {"title": story.title}]
    return item


def _association(fact: Fact, view: View, addresses: Addresses) -> JsonObject:
    outline = _outline(entry_of(fact, view.kind), addresses)
    return {"name": f"entry-{fact.version}", "rel": "hasPart", "representationType": "partial"} | outline


def _outline(entry: Entry, addresses: Addresses) -> JsonObject:
    fact = entry.fact
    return {
        "uri": urn(fact.id),
        "type": "text",
        "version": str(fact.last_version),
        "firstCreated": canonical(fact.recorded_at),
        "versionCreated": canonical(modified_at(fact)),
        "pubStatus": "usable" if fact.stands else "canceled",
        "headlines": [_text("main", title_of(entry))],
        "renditions": [_page(addresses.fact(fact.id))],
    }


def _text(role: str, value: str) -> JsonObject:
    return {"role": role, "contentType": "text/plain", "value": value}


def _page(address: str) -> JsonObject:
    return {"name": "page", "href": address, "contentType": "text/html"}
