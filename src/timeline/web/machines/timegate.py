"""The TimeGate: how a story's page is answered to whoever asks for a time. To be called in a request's context."""

from flask import redirect, request, url_for
from werkzeug.http import http_date
from werkzeug.wrappers import Response as AnyResponse

from timeline.desk import Desk
from timeline.domain.vantage import Vantage
from timeline.views import Sight
from timeline.web.machines import memento
from timeline.web.machines.addresses import addresses


def negotiate(desk: Desk, slug: str) -> AnyResponse | None:
    """Send on to the memento that `Accept-Datetime` asks for; None where nothing is asked, or of a replay."""
    asked = request.headers.get("Accept-Datetime")
    if asked is None or "at" in request.args or "as_of" in request.args:
        return None
    with desk.looking(slug, Vantage(as_of=memento.read_accept_datetime(asked))) as sight:
        chosen = max(1, sight.version)  # Before the page began, it is the first one.
        response = redirect(url_for("pages.story", slug=slug, as_of=chosen))
        response.headers["Link"] = memento.links(sight, addresses(slug), None)
    response.vary.add("Accept-Datetime")
    return response


def headers_of(sight: Sight) -> dict[str, str]:
    """Return what a story's page says of itself: that it is the original, or of which moment it is a memento.

    What had happened by a moment, as told today, was never published so: it is neither.
    """
    if sight.vantage.at is not None:
        return {}
    version = None if sight.vantage.as_of is None else sight.version
    headers = {"Link": memento.links(sight, addresses(sight.head.slug), version)}
    return headers | ({"Memento-Datetime": http_date(sight.recorded_at)} if version else {})
