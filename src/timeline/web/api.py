"""The API: stories, views, facts and records as JSON, and the way in for other programs."""

import re
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, jsonify, request, url_for
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from timeline.domain.errors import (
    Fault,
    Faulty,
    InvalidEvent,
    MalformedJson,
    MalformedParameter,
    NaiveMoment,
    UnknownFact,
    WrongVersion,
)
from timeline.domain.event import Draft, Recorded, read_draft
from timeline.domain.ijson import parse
from timeline.domain.vantage import Order, Vantage, Window, read_as_of, read_vantage
from timeline.kinds.kind import find_kind
from timeline.shapes import (
    appended_json,
    changes_json,
    fact_json,
    read_cursor,
    record_json,
    stories_json,
    view_json,
)
from timeline.store.tokens import Token
from timeline.web.access import authenticate, authorize
from timeline.web.newsroom import SPAN, conditional, current_desk, etag_of_all, whole_number
from timeline.web.shelf import current_tag

blueprint = Blueprint("api", __name__)

MAX_LIMIT: Final = 1_000
DEFAULT_LIMIT: Final = 200


@blueprint.get("/stories")
def list_stories() -> Response:
    """Answer with every story, the last touched first."""
    desk = current_desk()
    return conditional(etag_of_all(desk.heads()), lambda: jsonify(stories_json(desk.stories())))


@blueprint.get("/stories/<slug>")
def show_story(slug: str) -> Response:
    """Answer with a page of the view from a vantage; a cursor goes on in the very view that it began in."""
    vantage = read_vantage(request.args.get("at"), request.args.get("as_of"))
    window = Window(_limit(), _order())
    if request.args.get("cursor"):
        cursor = read_cursor(request.args["cursor"])
        vantage = Vantage(cursor.at, cursor.as_of)
        window = replace(window, order=cursor.order, behind=cursor.last)
    desk = current_desk()
    return conditional(current_tag(slug), lambda: jsonify(view_json(desk.view(slug, vantage, window), window.order)))


@blueprint.get("/stories/<slug>/facts/<id_>")
def show_fact(slug: str, id_: str) -> Response:
    """Answer with one fact as it stands, and its history."""
    as_of = request.args.get("as_of")
    place = read_as_of(as_of) if as_of else None
    desk = current_desk()

    def render() -> Response:
        story, fact = desk.fact(slug, _uuid(id_, slug), place)
        return jsonify(fact_json(fact, find_kind(story.kind)))

    return conditional(current_tag(slug), render)


@blueprint.get("/stories/<slug>/record")
def show_record(slug: str) -> Response:
    """Answer with a page of the events as they are on record, behind a version."""
    after, limit = whole_number("after", 0, 2**31 - 1) or 0, _limit()
    desk = current_desk()
    return conditional(current_tag(slug), lambda: jsonify(record_json(*desk.record(slug, after, limit))))


@blueprint.get("/stories/<slug>/changes")
def show_changes(slug: str) -> Response:
    """Answer with what changed between two places on the record clock."""
    before, to = read_as_of(request.args.get("from") or "0"), request.args.get("to")
    after = read_as_of(to) if to else None
    desk = current_desk()
    return conditional(current_tag(slug), lambda: jsonify(changes_json(desk.changes(slug, before, after, most=SPAN))))


@blueprint.post("/stories")
def open_story() -> Response:
    """Open a story: `slug` beside the data of its `story.opened`, and an `id` where the writer brings one."""
    body, token = _read_body()
    if not isinstance(body, dict) or not isinstance(body.get("slug"), str):
        raise InvalidEvent("the story is not well formed", [Fault("slug", "is missing, or is no text")])
    authorize(token, body["slug"], ["story.opened"], [])
    data = {name: value for name, value in body.items() if name not in ("slug", "id")}
    opened = read_draft({"type": "story.opened", "data": data, "id": body.get("id")})
    recorded = current_desk().open(body["slug"], opened, actor=token.name)
    response = _recorded(body["slug"], [recorded])
    response.headers["Location"] = url_for("api.show_story", slug=body["slug"])
    return response


@blueprint.post("/stories/<slug>/record")
def append(slug: str) -> Response:
    """Append one event or a list of them, all or none; `If-Match` carries the expected version."""
    body, token = _read_body()
    drafts = _read_drafts(body)
    authorize(token, slug, (draft.type for draft in drafts), (draft.actor for draft in drafts))
    recorded = current_desk().append(slug, drafts, actor=token.name, expected=_expected(slug))
    return _recorded(slug, recorded)


def _recorded(slug: str, events: Sequence[Recorded]) -> Response:
    response = jsonify(appended_json(slug, events))
    response.status_code = HTTPStatus.CREATED
    response.cache_control.no_store = True
    return response


def _read_body() -> tuple[Any, Token]:
    """Return the request's JSON and its token: the media type is looked at first, the body last."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("send the event as application/json")
    token = authenticate()
    most = request.max_content_length or 0
    request.max_content_length = most + 1  # A body of unknown length is cut there without a word.
    body = request.get_data(cache=False)
    if len(body) > most:
        raise RequestEntityTooLarge
    if len(body) < (request.content_length or 0):
        raise MalformedJson(f"the body ends after {len(body)} of {request.content_length} bytes, or came too slowly")
    return parse(body), token


def _read_drafts(body: Any) -> list[Draft]:
    if not isinstance(body, list):
        return [read_draft(body)]
    if not 1 <= len(body) <= MAX_LIMIT:
        raise InvalidEvent("the batch is not well formed", [Fault("", f"{len(body)} events, not 1 to {MAX_LIMIT}")])
    drafts, faults = [], []
    for place, value in enumerate(body):
        try:
            drafts.append(read_draft(value))
        except Faulty as faulty:
            faults += [Fault(f"{place}.{fault.path}".rstrip("."), fault.message) for fault in faulty.faults]
        except NaiveMoment as naive:
            faults.append(Fault(f"{place}.occurred_at", str(naive)))
    if faults:
        raise InvalidEvent("the batch is not well formed", faults)
    return drafts


def _expected(slug: str) -> int | None:
    """Return the version that `If-Match` names: `"42"`, or the ETag of any page of that version.

    It is compared strongly (RFC 9110 §13.1.1): a weak tag never matches. Raises MalformedParameter, WrongVersion.
    """
    text = request.headers.get("If-Match")
    if text is None or text.strip() == "*":
        return None
    match = re.fullmatch(r'\s*(W/)?"(\d{1,9})(?:-[^"]*)?"\s*', text, re.ASCII)
    if match is None:
        raise MalformedParameter(f'If-Match is “{text[:80]}”; write the expected version as "42"')
    if match[1]:
        present = current_desk().head(slug).version
        raise WrongVersion(slug, present, f"{text.strip()[:80]}: a weak tag matches no version")
    return int(match[2])


def _limit() -> int:
    return whole_number("limit", 1, MAX_LIMIT) or DEFAULT_LIMIT


def _order() -> Order:
    match request.args.get("order", "asc"):
        case "asc":
            return "asc"
        case "desc":
            return "desc"
        case other:
            raise MalformedParameter(f"order is “{other[:80]}”; it is asc or desc")


def _uuid(text: str, slug: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise UnknownFact(text[:80], slug) from None
