"""The TimeGate: how a story's page is answered to whoever asks for a time. To be called in a request's context."""

from http import HTTPStatus

from flask import Response, redirect, request, url_for
from werkzeug.http import http_date
from werkzeug.wrappers import Response as AnyResponse

from timeline.desk import Desk
from timeline.domain.vantage import PRESENT, Vantage
from timeline.store.rows import Head
from timeline.web.machines import memento
from timeline.web.machines.addresses import addresses


def negotiate(desk: Desk, slug: str) -> AnyResponse | None:
    """Send on to the memento that `Accept-Datetime` asks for; None where nothing is asked, or of a replay."""
    asked = request.headers.get("Accept-Datetime")
    if asked is None or "at" in request.args or "as_of" in request.args:
        return None
    head = desk.head(slug)
    version = memento.choose(desk, slug, memento.read_accept_datetime(asked))
    response = redirect(url_for("pages.story", slug=slug, as_of=version))
    response.headers["Link"] = memento.links(desk, head, addresses(slug), None)
    response.vary.add("Accept-Datetime")
    return response


def remember(response: Response, desk: Desk, head: Head, vantage: Vantage) -> Response:
    """Say of a story's page that it is the original, or of which moment it is a memento.

    What had happened by a moment, as told today, was never published so: it is neither.
    """
    if vantage == PRESENT:
        response.vary.add("Accept-Datetime")
    if vantage.at is not None or response.status_code == HTTPStatus.NOT_MODIFIED:
        return response
    version = None if vantage.as_of is None else desk.story(head.slug, vantage.as_of).version
    if version:
        response.headers["Memento-Datetime"] = http_date(desk.moments(head, [version])[version])
    response.headers["Link"] = memento.links(desk, head, addresses(head.slug), version)
    return response
