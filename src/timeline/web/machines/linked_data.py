"""Linked data: a view as a LiveBlogPosting (schema.org, JSON-LD), every update a posting of its own."""

from datetime import datetime
from functools import partial

from timeline.clockwords import canonical
from timeline.domain.fact import Fact
from timeline.domain.ijson import JsonObject
from timeline.domain.story import Story
from timeline.entries import entry_of
from timeline.views import View
from timeline.web.machines.addresses import Addresses
from timeline.web.machines.items import PUBLISHER, Remark, modified_at, remarks_on, text_of, title_of
from timeline.web.pieces import Setting


def live_blog(view: View, story: Story, addresses: Addresses, setting: Setting) -> JsonObject:
    """Return what the view shows, the newest update first; `story` as it was called when the view ends."""
    return _given(
        {
            "@context": "https://schema.org",
            "@type": "LiveBlogPosting",
            "headline": story.title,
            "description": story.summary,
            "inLanguage": story.language,
            "url": addresses.story,
            "version": str(view.story.version),
            "datePublished": _moment(story.opened_at),
            "dateModified": _moment(view.recorded_at),
            "coverageStartTime": _moment(story.started_at or story.opened_at),
            "coverageEndTime": _moment(story.ended_at),
            "publisher": {"@type": "Organization", "name": PUBLISHER, "url": f"{addresses.root}/"},
            "liveBlogUpdate": [_update(fact, view, addresses, setting) for fact in reversed(view.facts)],
        }
    )


def _update(fact: Fact, view: View, addresses: Addresses, setting: Setting) -> JsonObject:
    entry = entry_of(fact, view.kind)
    return _given(
        {
            "@type": "BlogPosting",
            "headline": title_of(entry),
            "url": addresses.fact(fact.id),
            "datePublished": canonical(fact.recorded_at),
            "dateModified": canonical(modified_at(fact)),
            "contentReferenceTime": canonical(fact.occurred_at),
            "articleBody": setting.once("text", fact, partial(text_of, entry)),
            "correction": [_comment(remark) for remark in remarks_on(entry)],
        }
    )


def _comment(remark: Remark) -> JsonObject:
    return {
        "@type": "CorrectionComment",
        "name": remark.label,
        "text": remark.text,
        "datePublished": canonical(remark.recorded_at),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else canonical(moment)


def _given(data: JsonObject) -> JsonObject:
    """Leave out what has no value: an empty key says nothing, at a reader's cost."""
    return {name: value for name, value in data.items() if value not in (None, "", [])}
