"""How refusals are told over HTTP: one table of statuses, problem+json for the API, a page for readers."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from flask import Flask, Response, current_app, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from timeline.domain import errors
from timeline.domain.errors import Faulty, Refusal, WrongVersion


class Unauthenticated(Refusal):
    """There is no token, or none in force."""

    code = "unauthenticated"


class Forbidden(Refusal):
    """Whoever asks is known, but may not do this here."""

    code = "forbidden"


class CrossSite(Refusal):
    """A page of another site made the browser send this."""

    code = "cross-site"


STATUSES: Final[Mapping[type[Refusal], HTTPStatus]] = {
    errors.MalformedJson: HTTPStatus.BAD_REQUEST,
    errors.MalformedMoment: HTTPStatus.BAD_REQUEST,
    errors.NaiveMoment: HTTPStatus.BAD_REQUEST,
    errors.MalformedVantage: HTTPStatus.BAD_REQUEST,
    errors.InvalidSlug: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidEvent: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidData: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.InvalidCorrection: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownStory: HTTPStatus.NOT_FOUND,
    errors.StoryExists: HTTPStatus.CONFLICT,
    errors.UnknownKind: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownType: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.UnknownFact: HTTPStatus.NOT_FOUND,
    errors.FutureFact: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.MissingNote: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NothingChanged: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.AlreadyRetracted: HTTPStatus.CONFLICT,
    errors.NotRetracted: HTTPStatus.CONFLICT,
    errors.AlreadyTakenDown: HTTPStatus.CONFLICT,
    errors.WrongVersion: HTTPStatus.PRECONDITION_FAILED,
    errors.FactChanged: HTTPStatus.CONFLICT,
    errors.VersionBeyondHead: HTTPStatus.NOT_FOUND,
    errors.IdAlreadyUsed: HTTPStatus.CONFLICT,
    errors.StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SchemaMismatch: HTTPStatus.SERVICE_UNAVAILABLE,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    CrossSite: HTTPStatus.FORBIDDEN,
    errors.NameTaken: HTTPStatus.CONFLICT,
    errors.WeakPassword: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.WrongPassword: HTTPStatus.FORBIDDEN,
    errors.TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
    errors.InvitationWorthless: HTTPStatus.NOT_FOUND,
}
"""Every refusal that a request can meet, and its status."""

_UNAVAILABLE: Final = "the record cannot be reached now; nothing is acknowledged: send it again, with the same id"


def answer(app: Flask) -> None:
    """Let the application answer every refusal and every HTTP error in one shape."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _failed)


def _refused(refusal: Refusal) -> Response:
    status = STATUSES[type(refusal)]
    extras: dict[str, Any] = {}
    if isinstance(refusal, Faulty):
        extras["errors"] = [{"path": fault.path, "message": fault.message} for fault in refusal.faults]
    if refusal.version is not None:
        extras["refused_version"] = refusal.version
    if isinstance(refusal, WrongVersion):
        extras["version"] = refusal.present
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        current_app.logger.error("%s %s: %s", request.method, request.path, refusal)
    # What a database says of itself, its host among it, is for the log alone.
    detail = str(refusal) if status < HTTPStatus.INTERNAL_SERVER_ERROR else _UNAVAILABLE
    response = _answer(status, refusal.code, detail, extras)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="timeline"'
    return response


def _failed(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or 500)
    if status < HTTPStatus.BAD_REQUEST:  # A redirect is no error.
        return make_response(error.get_response())
    response = _answer(status, status.phrase.lower().replace(" ", "-"), error.description or status.description, {})
    response.headers.extend(header for header in error.get_headers() if header[0] in ("Allow", "Retry-After"))
    return response


def _answer(status: HTTPStatus, code: str, detail: str, extras: Mapping[str, Any]) -> Response:
    """Return a problem (RFC 9457) to programs, a page to readers."""
    if request.path.startswith("/api/") or request.blueprint in ("live", "machines"):
        problem = {"type": f"/problems/{code}", "title": status.phrase, "status": status, "detail": detail, **extras}
        response = Response(current_app.json.dumps(problem), mimetype="application/problem+json")
    else:
        response = Response(render_template("problem.html", status=status, detail=detail))
    response.status_code = status
    response.cache_control.no_store = True
    return response
