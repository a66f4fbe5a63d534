"""The corrections of a story and of all of them, and what changed between two moments."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from timeline.clockwords import zone_of
from timeline.domain.errors import MalformedParameter
from timeline.domain.moments import format_moment, parse_moment
from timeline.domain.story import Story
from timeline.domain.vantage import END, NOTHING, PRESENT, Vantage, read_as_of, read_vantage
from timeline.views import Amendment, Sight
from timeline.web.errata import Erratum, count, errata_before
from timeline.web.news import Amended, news
from timeline.web.newsroom import SPAN, conditional, current_desk, etag, etag_of_all, whole_number
from timeline.web.replay import is_from_form, query, resolve_form, story_then, write_published
from timeline.web.shelf import current_tag
from timeline.web.was_now import runs_of, set_now, set_was
from timeline.worddiff import shorten

PAGE: Final = 100
"""So many errata stand on a page, or changes of entries."""
MOST: Final = 200
"""So many new entries are listed; a reader who has missed more is led to the timeline."""

blueprint = Blueprint("corrections", __name__)


@blueprint.get("/corrections")
def everywhere() -> Response:
    """Show what was changed in all stories, the latest first; `before` goes on where a page ended."""
    before = _read_place(request.args.get("before"))
    heads = current_desk().heads()
    return conditional(etag_of_all(heads), lambda: _everywhere_page([head.slug for head in heads], before))


@blueprint.get("/stories/<slug>/corrections")
def of_story(slug: str) -> Response:
    """Show what was changed about a story's entries, the latest first, from any vantage, and before a version."""
    vantage = read_vantage(request.args.get("at"), request.args.get("as_of"))
    before = whole_number("before")
    return conditional(current_tag(slug), lambda: _story_page(slug, vantage, before))


@blueprint.get("/stories/<slug>/changes")
def changes(slug: str) -> AnyResponse:
    """Show what changed between two places on the record clock; the form's local times lead to their versions."""
    desk = current_desk()
    head = desk.head(slug)
    asked = {name: request.args.get(name) for name in ("from", "to")}
    if is_from_form(*asked.values()):
        there: dict[str, Any] = {name: resolve_form(desk, slug, None, text)["as_of"] for name, text in asked.items()}
        return redirect(url_for("corrections.changes", slug=slug, **there))
    before, after = read_as_of(asked["from"] or "0"), read_as_of(asked["to"] or str(head.version))
    one, other = (desk.story(slug, place).version for place in (before, after))
    return conditional(etag(head), lambda: _changes_page(slug, one, other))


blueprint.add_app_template_filter(runs_of)
blueprint.add_app_template_filter(set_was, "was")
blueprint.add_app_template_filter(set_now, "now")
blueprint.add_app_template_filter(shorten)


_Place = tuple[datetime, str, int]
"""A place among the errata of all stories: when it was published, of which story, and its version."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What was changed in a story: all that is counted, and the last errata before a place."""

    story: Story
    amendments: Sequence[Amendment]
    latest: Sequence[Erratum]


def _everywhere_page(slugs: Sequence[str], before: _Place | None) -> str:
    told = [_told(slug, before) for slug in slugs]
    found = ((erratum, each.story) for each in told for erratum in each.latest)
    older = sorted(found, key=lambda pair: _place(*pair), reverse=True)
    shown = older[:PAGE]
    return render_template(
        "corrections.html",
        tally=count(amendment for each in told for amendment in each.amendments),
        stories=[(each.story, count(each.amendments)) for each in told],
        shown=[(erratum, story, zone_of(story)) for erratum, story in shown],
        before=before,
        next=_write_place(_place(*shown[-1])) if len(older) > PAGE else None,
    )


def _told(slug: str, before: _Place | None) -> _Told:
    with current_desk().looking(slug, PRESENT) as sight:
        latest, _ = errata_before(sight, _version_before(sight, before), PAGE + 1)
        return _Told(sight.story, list(sight.amendments()), latest)


def _version_before(sight: Sight, place: _Place | None) -> int:
    """Return the first version of a story that is not before a place among those of all stories."""
    if place is None:
        return END[1]
    moment, slug, version = place
    if sight.head.slug == slug:
        return version
    # What was published in the same moment goes by the name of its story.
    return (sight.version_at(moment) if sight.head.slug < slug else sight.version_before(moment)) + 1


def _place(erratum: Erratum, story: Story) -> _Place:
    return erratum.recorded_at, story.slug, erratum.version


def _write_place(place: _Place) -> str:
    moment, slug, version = place
    return f"{format_moment(moment)}~{slug}~{version}"


def _read_place(text: str | None) -> _Place | None:
    match = re.fullmatch(r"(.{1,40})~([a-z0-9-]{1,80})~(\d{1,9})", text or "", re.ASCII)
    if match:
        return parse_moment(match[1]), match[2], int(match[3])
    if text:
        raise MalformedParameter(f"“{text[:80]}” is no place among corrections: follow the link to older ones")
    return None


def _story_page(slug: str, vantage: Vantage, before: int | None) -> str:
    desk = current_desk()
    with desk.looking(slug, vantage) as sight:
        view = sight.page(NOTHING)
        found, older = errata_before(sight, before or END[1], PAGE)
        tally = count(sight.amendments())
    return render_template(
        "story_corrections.html",
        view=view,
        story=story_then(desk, view),
        zone=zone_of(view.story),
        here=query(vantage, view.story.version),
        tally=tally,
        errata=found,
        before=before,
        next=older,
    )


def _changes_page(slug: str, one: int, other: int) -> str:
    first, last = sorted((one, other))  # Whoever names the later moment first means the same.
    is_asked = bool(request.args.keys() & {"from", "to"})
    told = max(first, last - SPAN) if is_asked else last
    found = current_desk().changes(slug, told, last)
    zone, told_of = zone_of(found.after.story), news(found)
    shown = list(_latest(told_of.amended, PAGE))
    moments = (found.before.recorded_at if is_asked else None, found.after.recorded_at)
    return render_template(
        "changes.html",
        found=found,
        story=found.after.story,
        zone=zone,
        news=told_of,
        amended=shown,
        unshown=_weight(told_of.amended) - _weight(shown),
        most=MOST,
        fields=[write_published(moment, zone) for moment in moments],
        here={"at": None, "as_of": str(last) if last < found.after.head else None},
        is_asked=is_asked,
        is_turned=one > other,
        untold=told - first if is_asked else 0,
    )


def _latest(amended: Sequence[Amended], most: int) -> Iterator[Amended]:
    """Yield the entries that were changed last, each with its last changes, until these are so many in all."""
    for each in amended:
        if most <= 0:
            return
        yield replace(each, notices=each.notices[-most:])
        most -= each.weight


def _weight(amended: Sequence[Amended]) -> int:
    return sum(each.weight for each in amended)
