"""The routes of the pages for machines."""

from dataclasses import replace
from functools import partial
from typing import Final
from urllib.parse import parse_qs, urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, jsonify, render_template, request
from werkzeug import exceptions

from timeline.clockwords import zone_of
from timeline.desk import Desk
from timeline.domain.errors import MalformedParameter
from timeline.domain.ijson import JsonObject
from timeline.domain.vantage import NOTHING, PRESENT, Vantage, Window, read_vantage
from timeline.entries import Entry, entry_of
from timeline.kinds.kind import find_kind
from timeline.views import Page
from timeline.web.layout import read_before
from timeline.web.machines import atom, memento, picture
from timeline.web.machines.addresses import addresses, site, with_query
from timeline.web.machines.cards import Card, fact_card, story_card
from timeline.web.machines.head import card_meta, linked_data
from timeline.web.machines.items import LENGTH, modified_at, remarks_on
from timeline.web.machines.json_feed import json_feed
from timeline.web.machines.ninjs import entry_ninjs, story_ninjs
from timeline.web.machines.oembed import oembed
from timeline.web.machines.sitemap import robots, sitemap
from timeline.web.newsroom import conditional, current_desk, etag_of_all, whole_number
from timeline.web.replay import query, story_then
from timeline.web.security import POLICY
from timeline.web.shelf import current_tag

MOST: Final = 1_000
"""So many entries stand in a story’s ninjs, the newest of those that are asked for."""
EMBEDDED: Final = 5
"""So many entries, the newest, stand in a frame."""
FRAMED: Final = POLICY.replace("frame-ancestors 'none'", "frame-ancestors *")

blueprint = Blueprint("machines", __name__)


@blueprint.get("/stories/<slug>/feed.atom")
def facts_feed(slug: str) -> Response:
    """Answer with the facts as they stand, as Atom."""
    desk, before = current_desk(), whole_number("before")

    def render() -> Response:
        page = _lately(desk, slug, before)
        set_entry = partial(_set_entry, zone_of(page.story))
        return Response(atom.facts_feed(page, addresses(slug), set_entry, before), mimetype="application/atom+xml")

    return conditional(current_tag(slug), render)


@blueprint.get("/stories/<slug>/log.atom")
def log_feed(slug: str) -> Response:
    """Answer with the record, an entry per event, as Atom."""
    desk, before = current_desk(), whole_number("before")

    def render() -> Response:
        with desk.looking(slug, PRESENT) as sight:
            story, updated = sight.story, sight.recorded_at
            lines = list(atom.read_lines(sight.events(before, LENGTH), sight.kind))[-LENGTH:]
        zone = zone_of(story)

        def set_line(line: atom.Line) -> str:
            return render_template("machines/line.html", line=line, zone=zone)

        feed = atom.log_feed(story, updated, lines, addresses(slug), set_line, before)
        return Response(feed, mimetype="application/atom+xml")

    return conditional(current_tag(slug), render)


@blueprint.get("/stories/<slug>/feed.json")
def feed_json(slug: str) -> Response:
    """Answer with the facts as they stand, as JSON Feed."""
    desk, before = current_desk(), whole_number("before")

    def render() -> Response:
        page = _lately(desk, slug, before)
        set_entry = partial(_set_entry, zone_of(page.story))
        return _json(json_feed(page, addresses(slug), set_entry, before), "application/feed+json")

    return conditional(current_tag(slug), render)


@blueprint.get("/stories/<slug>/ninjs.json")
def ninjs_of_story(slug: str) -> Response:
    """Answer with the story from any vantage as ninjs."""
    desk, vantage, before = current_desk(), _vantage(), read_before(request.args.get("before"))

    def render() -> Response:
        newest = desk.view(slug, vantage, Window(MOST, "desc", before))
        view = replace(newest, facts=newest.facts[::-1])
        return _json(story_ninjs(view, story_then(desk, view), addresses(slug)))

    return conditional(current_tag(slug), render)


@blueprint.get("/stories/<slug>/facts/<uuid:id_>/ninjs.json")
def ninjs_of_fact(slug: str, id_: UUID) -> Response:
    """Answer with an entry as ninjs."""
    desk, as_of = current_desk(), _vantage().as_of

    def render() -> Response:
        story, fact = desk.fact(slug, id_, as_of)
        return _json(entry_ninjs(story, fact, find_kind(story.kind), addresses(slug)))

    return conditional(current_tag(slug), render)


@blueprint.get("/stories/<slug>/timemap")
def timemap(slug: str) -> Response:
    """Answer with the versions of the story's page and when each was published (RFC 7089)."""
    desk, after = current_desk(), whole_number("after") or 0

    def render() -> Response:
        head, events = desk.record(slug, after, memento.LENGTH)
        return Response(memento.timemap(head, events, addresses(slug), after), mimetype=memento.MEDIA_TYPE)

    return conditional(current_tag(slug), render)


@blueprint.get("/stories/<slug>/embed")
def embed(slug: str) -> Response:
    """Show the newest entries and the state of the board in a frame that any site may hold."""
    desk, vantage = current_desk(), _vantage()

    def render() -> str:
        view = desk.view(slug, vantage, Window(EMBEDDED, "desc"))
        newest = [entry_of(fact, view.kind) for fact in view.facts]
        return render_template(
            "machines/embed.html",
            view=view,
            story=story_then(desk, view),
            zone=zone_of(view.story),
            entries=newest,
            board=view.kind.summary(view.board),
            page=addresses(slug).seen(**query(vantage, view.story.version)),
        )

    response = conditional(current_tag(slug), render)
    response.headers["Content-Security-Policy"] = FRAMED
    return response


@blueprint.get("/stories/<slug>/card.png")
def picture_of_story(slug: str) -> Response:
    """Answer with the picture of the story's card, from any vantage."""
    desk, vantage = current_desk(), _vantage()

    def render() -> Response:
        view = desk.view(slug, vantage, NOTHING)
        return _picture(story_card(view, story_then(desk, view)))

    return conditional(current_tag(slug), render)


@blueprint.get("/stories/<slug>/facts/<uuid:id_>/card.png")
def picture_of_fact(slug: str, id_: UUID) -> Response:
    """Answer with the picture of an entry's card."""
    desk, as_of = current_desk(), _vantage().as_of

    def render() -> Response:
        story, fact = desk.fact(slug, id_, as_of)
        return _picture(fact_card(story, entry_of(fact, find_kind(story.kind))))

    return conditional(current_tag(slug), render)


@blueprint.get("/oembed")
def embedding() -> Response:
    """Answer with the way to embed one of our stories, or the story of one of our entries."""
    if request.args.get("format", "json") != "json":
        raise exceptions.NotImplemented("oEmbed is given as JSON only")
    room = [whole_number(name) for name in ("maxwidth", "maxheight")]
    url = request.args.get("url")
    if url is None:
        raise MalformedParameter("url is missing; it is the address of one of our stories or entries")
    slug, vantage = _own_page(url)
    desk = current_desk()

    def render() -> Response:
        view = desk.page(slug, vantage, NOTHING)
        frame = addresses(slug).of("embed", **query(vantage, view.story.version))
        return _json(oembed(story_then(desk, view).title, frame, site(), *room))

    return conditional(current_tag(slug), render)


@blueprint.get("/sitemap.xml")
def map_of_site() -> Response:
    """Answer with the pages for search engines."""
    heads = current_desk().heads()
    return conditional(etag_of_all(heads), lambda: Response(sitemap(heads, site()), mimetype="application/xml"))


@blueprint.get("/robots.txt")
def for_robots() -> Response:
    """Answer with what robots may fetch: everything."""
    return Response(robots(site()), mimetype="text/plain")


for _global in (addresses, card_meta, fact_card, linked_data, modified_at, story_card, with_query):
    blueprint.add_app_template_global(_global)


def _lately(desk: Desk, slug: str, before: int | None) -> Page:
    """Return a page of the facts last changed before a version, the last first.

    So what was corrected comes up again, and a reader who has read up to a version has missed nothing.
    """
    with desk.looking(slug, PRESENT) as sight:
        facts, more = sight.last_changed(before, LENGTH)
        return replace(sight.page(NOTHING), facts=facts, more=more)


def _set_entry(zone: ZoneInfo, entry: Entry) -> str:
    return render_template("machines/item.html", entry=entry, remarks=remarks_on(entry), zone=zone)


def _picture(card: Card) -> Response:
    if not picture.can_draw(card):
        raise exceptions.NotFound("there is no picture of this: the face of our pictures lacks a letter of it")
    return Response(picture.draw(card), mimetype="image/png")


def _json(value: JsonObject, mimetype: str = "application/json") -> Response:
    response = jsonify(value)
    response.mimetype = mimetype
    return response


def _vantage() -> Vantage:
    return read_vantage(request.args.get("at"), request.args.get("as_of"))


def _own_page(url: str) -> tuple[str, Vantage]:
    """Return the story and the vantage of a page of ours. Raises NotFound for every other address."""
    try:
        parts = urlsplit(url)
        adapter = current_app.create_url_adapter(request)
        own = parts.scheme in ("http", "https") and parts.netloc == request.host and adapter is not None
        endpoint, values = adapter.match(parts.path, "GET") if own and adapter else ("", {})
    except (ValueError, exceptions.HTTPException):
        endpoint, values = "", {}
    if endpoint not in ("pages.story", "pages.fact"):
        raise exceptions.NotFound(f"“{url[:200]}” is no story of this site")
    asked = {name: texts[0] for name, texts in parse_qs(parts.query).items()}
    return str(values["slug"]), read_vantage(asked.get("at"), asked.get("as_of"))
