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
from timeline.domain.vantage import PRESENT, Place, Vantage, Window, read_vantage
from timeline.entries import Entry, columns, counted, entry_of, in_words, label, wording
from timeline.kinds.kind import find_kind
from timeline.store.fact_versions import Flag
from timeline.store.rows import Head
from timeline.views import Sight, View
from timeline.web import scoreboard
from timeline.web.errata import Erratum, latest_errata
from timeline.web.layout import PAGE, Run, lay_out, read_before
from timeline.web.machines.timegate import headers_of, negotiate
from timeline.web.marks import marked
from timeline.web.newsroom import conditional, current_desk, etag, etag_of_all
from timeline.web.pieces import Pieces, Setting
from timeline.web.prose import set_prose
from timeline.web.replay import clocks, is_from_form, query, resolve_form, story_then
from timeline.web.shelf import current_shelf, current_tag
from timeline.web.strip import next_key, strip_of
from timeline.web.versions import compare, versions

YEAR: Final = 31_536_000

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def stories() -> Response:
    """Show every story, the last touched first."""
    desk = current_desk()
    return conditional(etag_of_all(desk.heads()), lambda: render_template("stories.html", listed=desk.stories()))


@blueprint.get("/stories/<slug>")
def story(slug: str) -> AnyResponse:
    """Show a story from the vantage that the address names; send the form's local times on to such an address."""
    desk = current_desk()
    tag = current_tag(slug)
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
    response = conditional(tag, lambda: _story_page(slug, vantage, before))
    if vantage == PRESENT:
        response.vary.add("Accept-Datetime")
    return response


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
    *(columns, counted, in_words, label, set_prose, wording, zone_of),
    *(scoreboard.announcing, scoreboard.others, scoreboard.share, scoreboard.phase, marked),
):
    blueprint.add_app_template_filter(_filter)


def _story_page(slug: str, vantage: Vantage, before: Place | None) -> Response:
    desk, shelf = current_desk(), current_shelf()
    is_live = vantage == PRESENT and before is None
    setting = Setting(shelf.find_pieces(slug, request.script_root)) if is_live else Setting()
    with desk.looking(slug, vantage) as sight:
        zone = zone_of(sight.story)
        strip = strip_of(sight, zone)  # First: of a short story it reads all facts, and none is read again.
        view = sight.view(Window(PAGE, "desc", before))
        items, older = _items(sight, view, before)
        seen: dict[str, Any] = {
            "strip": strip,
            "cited": {str(fact.id): entry_of(fact, view.kind) for fact in sight.find_all(view.cites)},
            "pinned": [entry_of(fact, view.kind) for fact in reversed(sight.marked(Flag.PINNED))],
            "changed": sight.count_changes(),
        }
        headers = headers_of(sight)
    # Out here, as `story_then` reads too: who holds one connection and waits for another may wait for ever.
    page = render_template(
        "story.html",
        setting=setting,
        view=view,
        page=replace(view, facts=tuple(item.fact for item in reversed(items) if isinstance(item, Entry))),
        before=before,
        older=older,
        story=story_then(desk, view),
        zone=zone,
        clocks=clocks(view, zone),
        here=query(vantage, view.story.version),
        days=lay_out(items, zone),
        board_template=[f"boards/{view.kind.name}.html", "boards/any.html"],
        **seen,
    )
    if is_live:
        shelf.keep_pieces(Pieces(sight.head, request.script_root, setting.texts))
    return Response(page, headers=headers)


def _items(sight: Sight, view: View, before: Place | None) -> tuple[list[Entry | Erratum], str | None]:
    """Return a page of entries and of what was changed about them, and the place where the next one goes on."""
    entries: list[Entry | Erratum] = [entry_of(fact, view.kind) for fact in view.facts]
    # Nothing older than the last of these entries can be on this page, if there are more behind it.
    changed, floor = latest_errata(sight, before, view.facts[-1].occurred_at if view.more else None, PAGE + 1)
    newest_first = sorted([*entries, *changed], key=lambda item: item.order, reverse=True)
    found = [item for item in newest_first if item.order >= floor]
    is_more, last = view.more or bool(floor) or len(found) > PAGE, found[:PAGE][-1:]
    return found[:PAGE], (last[0].order if last else floor) if is_more else None


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
