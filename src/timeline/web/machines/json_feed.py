"""JSON Feed 1.1 (jsonfeed.org): a story's facts as they stand, with our own extension `_timeline`."""

from collections.abc import Callable

from timeline.clockwords import canonical
from timeline.domain.fact import Fact
from timeline.domain.ijson import JsonObject
from timeline.entries import Entry, entry_of
from timeline.views import Page
from timeline.web.machines.addresses import Addresses
from timeline.web.machines.items import (
    PUBLISHER,
    modified_at,
    remarks_on,
    title_of,
    urn,
)


def json_feed(page: Page, addresses: Addresses, set_entry: Callable[[Entry], str], before: int | None) -> JsonObject:
    """Return the facts, the last changed first; a withdrawn one is an item that says so, for want of tombstones."""
    story = page.story
    feed: JsonObject = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": story.title,
        "home_page_url": addresses.story,
        "feed_url": addresses.of("feed.json", before=before),
        "authors": [{"name": PUBLISHER, "url": f"{addresses.root}/"}],
        "expired": story.status == "ended",
        "_timeline": {"version": story.version, "status": story.status},
    }
    if story.summary:
        feed["description"] = story.summary
    if story.language:
        feed["language"] = story.language
    if page.more:
        feed["next_url"] = addresses.of("feed.json", before=page.facts[-1].last_version)
    return feed | {"items": [_item(fact, page, addresses, set_entry) for fact in page.facts]}


def _item(fact: Fact, page: Page, addresses: Addresses, set_entry: Callable[[Entry], str]) -> JsonObject:
    entry = entry_of(fact, page.kind)
    reasons = " ".join(remark.text for remark in remarks_on(entry)) or title_of(entry)
    return {
        "id": urn(fact.id),
        "url": addresses.fact(fact.id),
        "title": title_of(entry),
        **({"content_html": set_entry(entry)} if fact.stands else {"content_text": reasons}),
        "date_published": canonical(fact.recorded_at),
        "date_modified": canonical(modified_at(fact)),
        "tags": [fact.type],
        "_timeline": {
            "version": fact.last_version,
            "occurred_at": canonical(fact.occurred_at),
            "precision": str(fact.content.precision),
            "status": fact.status,
        },
    }
