"""The reader's pages: the stories, a story from any vantage, an entry with all its versions."""

from dataclasses import replace
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
from timeline.store.rows import Head
from timeline.web import scoreboard
from timeline.web.errata import Erratum, errata
from timeline.web.layout import Run, lay_out, page_of, read_before
from timeline.web.machines.timegate import negotiate, remember
from timeline.web.marks import marked
from timeline.web.newsroom import conditional, current_desk, etag, etag_of_all
from timeline.web.prose import set_prose
from timeline.web.replay import clocks, is_from_form, query, resolve_form, story_then
from timeline.web.strip import next_key, strip_of
from timeline.web.versions import compare, versions

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
    if (memento := negotiate(desk, slug)) is not None:
        return memento
    vantage = read_vantage(at, as_of)
    if request.args.get("seek") == "key":
        return redirect(url_for("pages.story", slug=slug, **dict[str, Any](next_key(desk, slug, vantage))))
    before = read_before(request.args.get("before"))
    return remember(conditional(etag(head), lambda: _story_page(slug, vantage, before)), desk, head, vantage)


@blueprint.get("/stories/<slug>/facts/<uuid:id_>")
def fact(slug: str, id_: UUID) -> Response:
    """Show one entry and all its versions."""
    head = current_desk().head(slug)
    vantage = read_vantage(None, request.args.get("as_of"))
    return conditional(etag(head), lambda: _fact_page(head, id_, vantage))


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
def is_run(item: Entry | Run | Erratum) -> bool:
    """Whether an item of the timeline is a folded run."""
    return isinstance(item, Run)


@blueprint.app_template_test("erratum")
def is_erratum(item: Entry | Run | Erratum) -> bool:
    """Whether an item of the timeline says what was changed about an entry."""
    return isinstance(item, Erratum)


for _filter in (
    *(clockwords.clock, clockwords.full, clockwords.published, clockwords.elapsed),
    *(clockwords.happened, clockwords.happened_in_full),
    *(columns, in_words, label, set_prose, wording, zone_of),
    *(scoreboard.announcing, scoreboard.others, scoreboard.share, scoreboard.phase, marked),
):
    blueprint.add_app_template_filter(_filter)


def _story_page(slug: str, vantage: Vantage, before: str | None) -> str:
    desk = current_desk()
    view = desk.view(slug, vantage)
    zone = zone_of(view.story)
    story = story_then(desk, view)
    entries = {str(fact.id): entry_of(fact, view.kind) for fact in view.facts}
    changed = [erratum for erratum in errata(entries.values(), vantage.at) if not erratum.notice.is_minor]
    items, older = page_of([*entries.values(), *changed], before)
    shown = {item.id for item in items if isinstance(item, Entry)}
    return render_template(
        "story.html",
        view=view,
        page=replace(view, facts=tuple(fact for fact in view.facts if fact.id in shown)),
        before=before,
        older=older,
        story=story,
        zone=zone,
        strip=strip_of(desk, view, zone, story.version),
        clocks=clocks(view, zone),
        here=query(vantage, view.story.version),
        entries=entries,
        pinned=[entry for entry in reversed(entries.values()) if entry.fact.pinned],
        days=lay_out(items, zone),
        changed=len(changed),
        board_template=[f"boards/{view.kind.name}.html", "boards/any.html"],
    )


def _fact_page(head: Head, id_: UUID, vantage: Vantage) -> str:
    story, fact = current_desk().fact(head.slug, id_, vantage.as_of)
    entry = entry_of(fact, find_kind(story.kind))
    return render_template(
        "fact.html",
        story=story,
        zone=zone_of(story),
        entry=entry,
        here=query(vantage, story.version),
        versions=versions(entry),
        compared=compare(entry, request.args.get("from"), request.args.get("to"), story.slug, head.version),
    )


@cache
def _fingerprint(name: str) -> str:
    return sha256((Path(__file__).parent / "static" / name).read_bytes()).hexdigest()[:12]
