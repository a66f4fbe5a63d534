"""The guard of the desk: who is signed in, and that a write comes from our own pages; nothing is ever cached."""

from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, abort, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from timeline.store.people import Person
from timeline.store.sessions import SESSION_LASTS, find_session
from timeline.web.newsroom import current_desk
from timeline.web.problems import CrossSite, Unauthenticated

COOKIE: Final = "__Host-desk"
"""Browsers take a cookie of this name only from this very host, over TLS or from their own machine."""

MOST_FIELDS: Final = 1_000
"""The most fields that a form may have."""

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def guard(blueprint: Blueprint, *, is_open: bool = False) -> None:
    """Let only people who are signed in to a blueprint, unless it is open, and only our own pages write to it."""
    blueprint.before_request(_refuse_strangers)
    if not is_open:
        blueprint.before_request(_admit)
    blueprint.after_request(_keep_nothing)


def current_person() -> Person:
    """Return who is signed in. Only behind the guard."""
    found: Person = g.person
    return found


def find_current_person() -> Person | None:
    """Return who is signed in, if anybody is."""
    secret = request.cookies.get(COOKIE)
    desk = current_desk()
    return find_session(desk.database, secret, desk.clock()) if secret else None


def hand_over(response: AnyResponse, secret: str) -> AnyResponse:
    """Give a browser the secret of its session; no script sees it, and no other site makes it being sent."""
    response.set_cookie(COOKIE, secret, max_age=SESSION_LASTS, path="/", secure=True, httponly=True, samesite="Lax")
    return response


def take_back(response: AnyResponse) -> AnyResponse:
    """Take the session from a browser."""
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Lax")
    return response


def _refuse_strangers() -> None:
    """Refuse a write that a page of another site made a browser send, and text that no database can hold.

    Every browser says where a write comes from (Fetch Metadata; Origin, RFC 6454): one that says neither is refused.
    """
    if request.method in _SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    is_ours = site == "same-origin" if site else origin == request.host_url.rstrip("/")
    if not is_ours:
        raise CrossSite("this was not sent by a page of the desk: open it here and try again")
    fields = list(request.form.items(multi=True))
    if len(fields) > MOST_FIELDS:
        abort(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a form of {len(fields)} fields: {MOST_FIELDS} are read at most")
    if any("\0" in name or "\0" in value for name, value in fields):
        abort(HTTPStatus.BAD_REQUEST, "a field holds a NUL, which is no character of a text")


def _admit() -> AnyResponse | None:
    person = find_current_person()
    if person is not None:
        g.person = person
        return None
    if request.method in _SAFE:
        return redirect(url_for("door.login", next=request.full_path.rstrip("?")))
    raise Unauthenticated("you are signed out: sign in in another tab, then send this again – nothing is lost")


def _keep_nothing(response: Response) -> Response:
    response.cache_control.no_store = True
    # Other sites learn nothing from an address of the desk; without an origin our own writes would be refused.
    response.headers["Referrer-Policy"] = "same-origin"
    return response
