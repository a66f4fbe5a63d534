"""Linked data: a view as a LiveBlogPosting (schema.org, JSON-LD), every update a posting of its own."""

import json
from datetime import datetime
from functools import partial

from jinja2.utils import htmlsafe_json_dumps
from markupsafe import Markup

from timeline.clockwords import canonical
from timeline.domain.fact import Fact
from timeline.domain.ijson import JsonObject
from timeline.domain.story import Story
from timeline.entries import entry_of
from timeline.kinds.kind import Kind
from timeline.views import View
from timeline.web.machines.addresses import Addresses
from timeline.web.machines.items import PUBLISHER, Remark, modified_at, remarks_on, text_of, title_of
from timeline.web.pieces import Setting


def live_blog(view: View, story: Story, addresses: Addresses, setting: Setting) -> Markup:
    """Return what the view shows, the newest update first; `story` as it was called when the view ends.

    Its `<` and `>` are escaped, so that no text of it can end the script that it stands in.
    """
    about = _json(
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
        }
    )
    # An update names the host that was asked for it, beside what it says of a fact.
    once = partial(setting.once, f"update at {addresses.root}")
    updates = Markup(",").join(
        once(fact, partial(_update, fact, view.kind, addresses)) for fact in reversed(view.facts)
    )
    return about[:-1] + Markup(',"liveBlogUpdate":[') + updates + Markup("]}") if updates else about


def _update(fact: Fact, kind: Kind, addresses: Addresses) -> Markup:
    entry = entry_of(fact, kind)
    return _json(
        {
            "@type": "BlogPosting",
            "headline": title_of(entry),
            "url": addresses.fact(fact.id),
            "datePublished": canonical(fact.recorded_at),
            "dateModified": canonical(modified_at(fact)),
            "contentReferenceTime": canonical(fact.occurred_at),
            "articleBody": text_of(entry),
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


def _json(data: JsonObject) -> Markup:
    """Write what has a value: an empty key says nothing, at a reader's cost."""
    given = {name: value for name, value in data.items() if value not in (None, "", [])}
    return htmlsafe_json_dumps(given, json.dumps, ensure_ascii=False, separators=(",", ":"))
