"""The corrections of a story and of all of them, and what changed between two moments."""

from datetime import datetime
from itertools import takewhile
from typing import Any, Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from timeline.clockwords import write_local, zone_of
from timeline.desk import Corrections
from timeline.domain.moments import format_moment, parse_moment
from timeline.domain.vantage import Vantage, read_as_of, read_vantage
from timeline.web.errata import Erratum, count, errata_of
from timeline.web.news import news
from timeline.web.newsroom import conditional, current_desk, etag, etag_of_all
from timeline.web.replay import is_from_form, query, resolve_form, story_then
from timeline.web.shelf import current_tag
from timeline.web.was_now import runs_of, set_now, set_was
from timeline.worddiff import shorten

PAGE: Final = 100
"""So many errata stand on a page of those of all stories."""
MOST: Final = 200
"""So many new entries are listed; a reader who has missed more is led to the timeline."""

blueprint = Blueprint("corrections", __name__)


@blueprint.get("/corrections")
def everywhere() -> Response:
    """Show what was changed in all stories, the latest first; `before` goes on where a page ended."""
    desk = current_desk()
    before = parse_moment(request.args["before"]) if request.args.get("before") else None
    stories = desk.stories()
    return conditional(
        etag_of_all(head for _, head in stories),
        lambda: _everywhere_page([desk.corrections(story.slug) for story, _ in stories], before),
    )


@blueprint.get("/stories/<slug>/corrections")
def of_story(slug: str) -> Response:
    """Show what was changed about a story's entries, the latest first, from any vantage."""
    vantage = read_vantage(request.args.get("at"), request.args.get("as_of"))
    return conditional(current_tag(slug), lambda: _story_page(slug, vantage))


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


def _everywhere_page(found: list[Corrections], before: datetime | None) -> str:
    listed = {each.story.slug: errata_of(each.facts, each.kind) for each in found}
    stories = {each.story.slug: each.story for each in found}
    latest = sorted(
        ((erratum, stories[slug]) for slug, errata in listed.items() for erratum in errata),
        key=lambda pair: (pair[0].recorded_at, pair[1].slug, pair[0].version),
        reverse=True,
    )
    older = [pair for pair in latest if before is None or pair[0].recorded_at < before]
    # Whatever was published in the same moment as the last one stands on the same page.
    shown = older[:PAGE] + list(takewhile(lambda pair: _at(pair) == _at(older[PAGE - 1]), older[PAGE:]))
    return render_template(
        "corrections.html",
        tally=count(erratum for erratum, _ in latest),
        stories=[(each.story, count(listed[each.story.slug])) for each in found],
        shown=[(erratum, story, zone_of(story)) for erratum, story in shown],
        before=before,
        next=format_moment(_at(shown[-1])) if len(shown) < len(older) else None,
    )


def _at(pair: tuple[Erratum, object]) -> datetime:
    return pair[0].recorded_at


def _story_page(slug: str, vantage: Vantage) -> str:
    desk = current_desk()
    found = desk.corrections(slug, vantage)
    errata = errata_of(found.facts, found.kind, vantage.at)
    return render_template(
        "story_corrections.html",
        view=found,
        story=story_then(desk, found),
        zone=zone_of(found.story),
        here=query(vantage, found.story.version),
        tally=count(errata),
        errata=errata[::-1],
    )


def _changes_page(slug: str, one: int, other: int) -> str:
    first, last = sorted((one, other))  # Whoever names the later moment first means the same.
    found = current_desk().changes(slug, first, last)
    zone = zone_of(found.after.story)
    moments = (found.before.recorded_at, found.after.recorded_at)
    return render_template(
        "changes.html",
        found=found,
        story=found.after.story,
        zone=zone,
        news=news(found),
        most=MOST,
        fields=["" if moment is None else write_local(moment, zone) for moment in moments],
        here={"at": None, "as_of": str(last) if last < found.after.head else None},
        is_asked=bool(request.args),
        is_turned=one > other,
    )
