"""The routes of the document: as JSON for programs, as a page for people."""

from hashlib import sha256
from http import HTTPStatus

from flask import Blueprint, Response, abort, current_app, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from timeline.domain.ijson import JsonObject
from timeline.web.description.document import document, pretty
from timeline.web.newsroom import build, conditional

blueprint = Blueprint("description", __name__)
blueprint.add_app_template_filter(pretty)


@blueprint.get("/openapi.json")
def document_of_site() -> Response:
    """Answer with this description of the API (OpenAPI 3.1)."""
    return _document()


@blueprint.get("/api/openapi.json")
def document_of_api() -> Response:
    """Answer with this description of the API (OpenAPI 3.1), beside what it describes."""
    return _document()


@blueprint.get("/api")
def page() -> Response:
    """Show the description of the API to people."""
    return conditional(_tag(_text() + build()), lambda: render_template("api.html", api=_made()))


@blueprint.get("/problems/<code>")
def problem(code: str) -> AnyResponse:
    """Lead from the type of a problem to what it means (RFC 9457, section 3.1.1)."""
    if code not in _made()["components"]["examples"]:
        abort(HTTPStatus.NOT_FOUND)
    return redirect(url_for(".page", _anchor=code), HTTPStatus.SEE_OTHER)


def _document() -> Response:
    text = _text()
    return conditional(_tag(text), lambda: Response(text, mimetype="application/json"))


def _made() -> JsonObject:
    if "description" not in current_app.extensions:
        current_app.extensions["description"] = document(current_app)
    made: JsonObject = current_app.extensions["description"]
    return made


def _text() -> str:
    return current_app.json.dumps(_made())


def _tag(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:24]
