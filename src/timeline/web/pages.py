"""The reader's pages: the stories, a story from any vantage, an entry with all its versions."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from timeline import clockwords
from timeline.clockwords import zone_of
from timeline.domain.vantage import Vantage, read_vantage
from timeline.entries import Entry, columns, entry_of, in_words, label, wording
from timeline.kinds.kind import find_kind
from timeline.web import scoreboard
from timeline.web.layout import Run, lay_out
from timeline.web.newsroom import conditional, current_desk, etag, etag_of_all
from timeline.web.prose import set_prose
from timeline.web.replay import clocks, is_from_form, query, resolve_form, story_then

YEAR: Final = 31_536_000

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def stories() -> Response:
    """Show every story, the last touched first."""
    listed = current_desk().stories()
    tag = etag_of_all(head for _, head in listed)
    return conditional(tag, lambda: render_template("stories.html", listed=listed))


@blueprint.get("/stories/<slug>")
def story(slug: str) -> AnyResponse:
    """Show a story from the vantage that the address names; send the form's local times on to such an address."""
    desk = current_desk()
    head = desk.head(slug)
    at, as_of = request.args.get("at"), request.args.get("as_of")
    if is_from_form(at, as_of):
        there: dict[str, Any] = resolve_form(desk, slug, at, as_of)
        return redirect(url_for("pages.story", slug=slug, **there))
    vantage = read_vantage(at, as_of)
    return conditional(etag(head), lambda: _story_page(slug, vantage))


@blueprint.get("/stories/<slug>/facts/<uuid:id_>")
def fact(slug: str, id_: UUID) -> Response:
    """Show one entry and all its versions."""
    head = current_desk().head(slug)
    vantage = read_vantage(None, request.args.get("as_of"))
    return conditional(etag(head), lambda: _fact_page(slug, id_, vantage))


@blueprint.after_app_request
def keep_static(response: Response) -> Response:
    """Let browsers keep a static file for a year: its address names its content."""
    if request.endpoint == "static" and request.args.get("v") and response.status_code < 400:
        response.cache_control.no_cache = None
        response.cache_control.public = True
        response.cache_control.max_age = YEAR
    return response


@blueprint.app_template_global()
def asset(name: str) -> str:
    """Return the address of a static file, which changes with its content."""
    return url_for("static", filename=name, v=_fingerprint(name))


@blueprint.app_template_test("run")
def is_run(item: Entry | Run) -> bool:
    """Whether an item of the timeline is a folded run."""
    return isinstance(item, Run)


for _filter in (
    *(clockwords.clock, clockwords.full, clockwords.published, clockwords.elapsed),
    *(clockwords.happened, clockwords.happened_in_full),
    *(columns, in_words, label, set_prose, wording, zone_of),
    *(scoreboard.others, scoreboard.share, scoreboard.phase),
):
    blueprint.add_app_template_filter(_filter)


def _story_page(slug: str, vantage: Vantage) -> str:
    desk = current_desk()
    view = desk.view(slug, vantage)
    zone = zone_of(view.story)
    entries = {str(fact.id): entry_of(fact, view.kind) for fact in view.facts}
    return render_template(
        "story.html",
        view=view,
        story=story_then(desk, view),
        zone=zone,
        clocks=clocks(view, zone),
        here=query(vantage, view.story.version),
        entries=entries,
        pinned=[entry for entry in reversed(entries.values()) if entry.fact.pinned],
        days=lay_out(entries.values(), zone),
        board_template=[f"boards/{view.kind.name}.html", "boards/any.html"],
    )


def _fact_page(slug: str, id_: UUID, vantage: Vantage) -> str:
    story, fact = current_desk().fact(slug, id_, vantage.as_of)
    return render_template(
        "fact.html",
        story=story,
        zone=zone_of(story),
        entry=entry_of(fact, find_kind(story.kind)),
        here=query(vantage, story.version),
    )


@cache
def _fingerprint(name: str) -> str:
    return sha256((Path(__file__).parent / "static" / name).read_bytes()).hexdigest()[:12]
