"""The trail: who did what, when and from which report; and a story's record as a log to be read."""

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from markupsafe import Markup

from timeline.clockwords import heading, zone_of
from timeline.domain.errors import MalformedParameter, UnknownStory
from timeline.domain.event import EDITORIAL
from timeline.domain.fact import Content
from timeline.domain.moments import Precision
from timeline.domain.story import Story
from timeline.kinds.kind import find_kind
from timeline.store import trail
from timeline.store.people import ANY, Role, may
from timeline.store.rows import Head
from timeline.web.access import require
from timeline.web.desk.deeds import deed_of, name_type
from timeline.web.desk.guard import current_person, guard
from timeline.web.desk.sifting import GROUPS, Asked, read_asked, read_number, read_place, write_place
from timeline.web.newsroom import current_desk

PAGE: Final = 50
"""So many events stand on a page of the trail."""
LOG: Final = 100
"""So many events stand on a page of a record."""

_Own = Mapping[str, tuple[Story, Head]]
"""The stories in which somebody has a role, by their slugs."""

blueprint = Blueprint("trail", __name__)
guard(blueprint)


@blueprint.get("/trail")
def everywhere() -> str:
    """Show what was done in all stories in which the person has a role, the latest first."""
    slug = request.args.get("story", "").strip()
    if slug:
        require(current_person(), Role.CONTRIBUTOR, slug, "reading its trail")
    own = {story.slug: (story, head) for story, head in current_desk().stories() if _may_read(story.slug)}
    if slug and slug not in own:
        raise UnknownStory(slug[:80])
    asked = read_asked(zone_of(own[slug][0]) if slug else ZoneInfo("UTC"))
    if asked.is_of_people:
        require(current_person(), Role.ADMIN, ANY, "reading who was let in")
    return _page(own, asked, **(_acts(asked) if asked.is_of_people else _events(own, asked)))


@blueprint.get("/stories/<slug>/record")
def log(slug: str) -> str:
    """Show a story's record, in order of version behind `after`, or the latest first from `before` on."""
    require(current_person(), Role.CONTRIBUTOR, slug, "reading its record")
    desk = current_desk()
    head, story = desk.head(slug), desk.story(slug)
    after, upto, is_latest_first = _span(head)
    steps = trail.log(desk.database, head, after, upto - after)
    deeds = [deed_of(step, find_kind(story.kind)) for step in steps]
    return render_template(
        "desk/log.html",
        story=story,
        head=head,
        zone=zone_of(story),
        deeds=deeds[::-1] if is_latest_first else deeds,
        is_latest_first=is_latest_first,
        lower={"before": after + 1} if is_latest_first else {"after": max(after - LOG, 0)},
        higher={"before": upto + LOG + 1} if is_latest_first else {"after": upto},
        has_lower=after > 0,
        has_higher=upto < head.version,
    )


@blueprint.app_template_global()
def logged(slug: str, version: int) -> str:
    """Return the address of an event in the log of its story: always on the same page."""
    return url_for("trail.log", slug=slug, after=(version - 1) // LOG * LOG, _anchor=f"v{version}")


def _may_read(slug: str) -> bool:
    return may(current_person(), Role.CONTRIBUTOR, slug)


def _events(own: _Own, asked: Asked) -> dict[str, Any]:
    slug = asked.values.get("story")
    heads = [head for _, head in ([own[slug]] if slug else own.values())]
    found = trail.trail(current_desk().database, heads, asked.sought, before=read_place(), limit=PAGE + 1)
    deeds = [deed_of(step, find_kind(own[step.recorded.story][0].kind)) for step in found[:PAGE]]
    days = groupby(deeds, key=lambda deed: _date(deed.step.recorded.recorded_at, zone_of(own[deed.story][0])))
    return {
        "days": [(date, list(of_date)) for date, of_date in days],
        "next": write_place(found[PAGE - 1].place) if len(found) > PAGE else None,
    }


def _acts(asked: Asked) -> dict[str, Any]:
    slug, before = asked.values.get("story", ""), read_number("before")
    found = trail.acts_sought(current_desk().database, asked.sought, slug=slug, before=before, limit=PAGE + 1)
    days = groupby(found[:PAGE], key=lambda act: _date(act.at, asked.zone))
    return {
        "days": [(date, list(of_date)) for date, of_date in days],
        "next": found[PAGE - 1].id if len(found) > PAGE else None,
    }


def _page(own: _Own, asked: Asked, **found: Any) -> str:
    types = set(EDITORIAL).union(*(find_kind(story.kind).types for story, _ in own.values()))
    what = asked.values.get("what", "")
    return render_template(
        "desk/trail.html",
        asked=asked,
        own={slug: story for slug, (story, _) in own.items()},
        actors=trail.actors(current_desk().database, [head for _, head in own.values()]),
        groups=[(name, words) for name, (words, _) in GROUPS.items()],
        types=sorted((name_type(type_), type_) for type_ in types | ({what} if "." in what else set())),
        before=request.args.get("before"),
        **found,
    )


def _date(moment: datetime, zone: ZoneInfo) -> Markup:
    return heading(Content(moment, Precision.SECOND, None), zone)


def _span(head: Head) -> tuple[int, int, bool]:
    """Return behind which version a page of the log begins, at which it ends, and whether that stands first."""
    after, before = read_number("after"), read_number("before")
    if before is None:
        start = min(after or 0, head.version)
        return start, min(start + LOG, head.version), False
    if after is not None:
        raise MalformedParameter("after and before are both given; a page of the log goes on from one of them")
    end = max(min(before - 1, head.version), 0)
    return max(end - LOG, 0), end, True
