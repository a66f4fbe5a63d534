"""The hatch: it hands out what stands on the shelf, past the framework, and fills it once for all who wait."""

import re
import threading
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from werkzeug.datastructures import Accept, Headers
from werkzeug.http import parse_accept_header, parse_set_header, unquote_etag
from werkzeug.test import run_wsgi_app

from timeline.web.shelf import Answer, Place, Shelf

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATIENCE: Final = 10.0
"""For so many seconds a reader waits for an answer that is being made for another; then it is made again."""

WORDS: Final = "timeline.words"
"""The name under which a server may say what decides everything else in `environ`; who asks in the same words again
is answered by `Hatch.find`, unread."""
USUAL: Final = 2_000
"""So many requests are known by their words; when there are more, all are forgotten."""

_READS: Final = ("GET", "HEAD")
_PATH: Final = re.compile(r"(?:/api)?/stories/([a-z0-9-]{1,80})(?:/(?!(?:live|updates)$).*)?")
"""What belongs to a story, but for its stream, which is no answer that ends, and what is good for a second anyway."""
_ASKS_FOR_MORE: Final = frozenset({"HTTP_AUTHORIZATION", "HTTP_ACCEPT_DATETIME", "HTTP_IF_MATCH", "HTTP_RANGE"})
"""Whoever sends one of these is left to the framework."""
_TAGS: Final = re.compile(r'(?:W/)?"[^"]*"(?:\s*,\s*(?:W/)?"[^"]*")*')
_TAG: Final = re.compile(r'"([^":]*)[^"]*"')
_NOT_MODIFIED: Final = str(HTTPStatus.NOT_MODIFIED.value)
_ASKED_FOR: Final = frozenset({"accept-encoding", "accept-datetime"})


@dataclass(eq=False, slots=True)
class _Making:
    """An answer that is being made, for everybody who asks for it meanwhile; none, if it is not good for all."""

    is_over: threading.Event = field(default_factory=threading.Event)
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class _Order:
    """What a request asks for, whatever its story's version: all that its words say."""

    tags: frozenset[str]
    """Those of the story as the reader knows it."""
    place: Place
    """Where the answer stands, unless the reader knows it."""
    place_of_304: Place

    def place_at(self, tag: str) -> Place:
        """Return where the answer stands while the story has this tag."""
        return self.place_of_304 if tag in self.tags else self.place


class Hatch:
    """A WSGI application around another, which is asked only for what does not stand on the shelf.

    `encodings` are those of the application, the best first.
    """

    def __init__(self, app: "WSGIApplication", shelf: Shelf, encodings: Sequence[str]) -> None:
        self._app = app
        self._shelf = shelf
        self._choose = lru_cache(1_000)(partial(_choose, tuple(encodings)))
        self._makings: dict[tuple[Place, str], _Making] = {}
        self._usual: dict[Hashable, _Order] = {}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer from the shelf where that is as good; when a write is answered, what it has outdated is gone."""
        if environ["REQUEST_METHOD"] not in _READS:
            body = self._app(environ, start_response)
            self._shelf.sweep()
            return body
        order = self._order(environ)
        tag = self._shelf.tag(order.place.slug) if order else None
        if not order or not tag:
            return self._app(environ, start_response)
        self._remember(environ, order)
        place = order.place_at(tag)
        answer = self._shelf.find(place, tag) or self._made_once(environ, place, tag)
        start_response(answer.status, [*answer.headers])
        return () if environ["REQUEST_METHOD"] == "HEAD" else (answer.body,)

    def find(self, words: Hashable) -> Answer | None:
        """Return what stands ready for a request whose `WORDS` were answered before; none where it must be read."""
        order = self._usual.get(words)
        tag = self._shelf.tag(order.place.slug) if order else None
        return self._shelf.find(order.place_at(tag), tag) if order and tag else None

    def _order(self, environ: "WSGIEnvironment") -> _Order | None:
        """Return what is asked for; None where the framework had better say so."""
        found = _PATH.fullmatch(environ["PATH_INFO"]) if environ.keys().isdisjoint(_ASKS_FOR_MORE) else None
        known = environ.get("HTTP_IF_NONE_MATCH")
        if not found or (known is not None and not _TAGS.fullmatch(known)):
            return None
        place = _place(environ, found[1], form=self._choose(environ.get("HTTP_ACCEPT_ENCODING", "")))
        return _Order(frozenset(_TAG.findall(known or "")), place, place._replace(form=_NOT_MODIFIED))

    def _remember(self, environ: "WSGIEnvironment", order: _Order) -> None:
        words = environ.get(WORDS)
        if words is None or environ["REQUEST_METHOD"] == "HEAD" or "HTTP_COOKIE" in environ:  # That may be a secret.
            return
        if len(self._usual) >= USUAL:
            self._usual.clear()
        self._usual[words] = order

    def _made_once(self, environ: "WSGIEnvironment", place: Place, tag: str) -> Answer:
        """Return an answer that is not on the shelf, from whoever makes it already, for a story that has this tag."""
        mine = _Making()
        making = self._makings.setdefault((place, tag), mine)
        if making is not mine:
            making.is_over.wait(PATIENCE)
            return making.answer or self._make(environ, place)
        try:
            # Between the look at the shelf and this turn another's may have ended.
            answer = self._shelf.find(place, tag) or self._make(environ, place)
            if answer.tag:
                mine.answer = answer
                self._shelf.keep(place, answer)
            return answer
        finally:
            del self._makings[place, tag]
            mine.is_over.set()

    def _make(self, environ: "WSGIEnvironment", place: Place) -> Answer:
        """Let the application answer; it is always asked for the whole, also for those who want the head alone."""
        asked = {"REQUEST_METHOD": "GET"}
        if place.form != _NOT_MODIFIED:
            asked["HTTP_ACCEPT_ENCODING"] = place.form
        body, status, headers = run_wsgi_app(self._app, environ | asked, buffered=True)
        headers.pop("Date", None)  # The server says when it answers.
        return Answer(_tag_to_keep(place.form, status, headers), status, tuple(headers), b"".join(body))


def _place(environ: "WSGIEnvironment", slug: str, form: str) -> Place:
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    root, path, query = (environ.get(name, "") for name in ("SCRIPT_NAME", "PATH_INFO", "QUERY_STRING"))
    return Place(slug, environ["wsgi.url_scheme"], host, root, path, query, form)


def _choose(encodings: Sequence[str], accepted: str) -> str:
    """Return the encoding that somebody likes best; of those that they like as much, the first."""
    likes = parse_accept_header(accepted, Accept)
    best = max(encodings, key=likes.quality)
    return best if likes.quality(best) > 0 and likes.quality(best) >= likes.quality("identity") else "identity"


def _tag_to_keep(form: str, status: str, headers: Headers) -> str:
    """Return the tag of the story that an answer is about; none unless it is the same for everybody until that moves.

    Nor is there one where the story has moved on meanwhile, and a 304 is answered instead of the whole, or the whole
    instead of a 304. A tag that comes with a compressed answer, or back from one, ends in the name of its encoding.
    """
    wanted = _NOT_MODIFIED if form == _NOT_MODIFIED else "200"
    is_good = status[:3] == wanted and headers.get("Cache-Control") == "no-cache"
    varies = any(name.lower() not in _ASKED_FOR for name in parse_set_header(headers.get("Vary")))
    if varies or not is_good or "Set-Cookie" in headers:
        return ""
    return (unquote_etag(headers.get("ETag"))[0] or "").partition(":")[0]
