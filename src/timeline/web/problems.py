"""How refusals are told over HTTP: one table of statuses, problem+json for the API, a page for readers."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from flask import Flask, Response, current_app, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException

from timeline.answers import Problem
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
    errors.MalformedParameter: HTTPStatus.BAD_REQUEST,
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
    errors.SpanTooLong: HTTPStatus.BAD_REQUEST,
    errors.IdAlreadyUsed: HTTPStatus.CONFLICT,
    errors.StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SchemaMismatch: HTTPStatus.SERVICE_UNAVAILABLE,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    CrossSite: HTTPStatus.FORBIDDEN,
    errors.NameTaken: HTTPStatus.CONFLICT,
    errors.UnknownPerson: HTTPStatus.NOT_FOUND,
    errors.LastAdmin: HTTPStatus.CONFLICT,
    errors.WeakPassword: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.WrongPassword: HTTPStatus.FORBIDDEN,
    errors.TooManyAttempts: HTTPStatus.TOO_MANY_REQUESTS,
    errors.InvitationWorthless: HTTPStatus.NOT_FOUND,
    errors.SubjectTaken: HTTPStatus.CONFLICT,
    errors.UnknownSubject: HTTPStatus.FORBIDDEN,
    errors.SignOnLost: HTTPStatus.FORBIDDEN,
    errors.SignOnDenied: HTTPStatus.FORBIDDEN,
    errors.ProviderFailed: HTTPStatus.BAD_GATEWAY,
    errors.ProviderSlow: HTTPStatus.GATEWAY_TIMEOUT,
    errors.UnknownTakedown: HTTPStatus.NOT_FOUND,
    errors.TakedownOpen: HTTPStatus.CONFLICT,
    errors.TakedownDecided: HTTPStatus.CONFLICT,
    errors.SecondPersonNeeded: HTTPStatus.FORBIDDEN,
}
"""Every refusal that a request can meet, and its status."""

NAMES: Final = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "request-entity-too-large",
    HTTPStatus.REQUEST_URI_TOO_LONG: "request-uri-too-long",
}
"""The codes of HTTP's own errors that other versions of Python call otherwise."""
CHALLENGE: Final = 'Bearer realm="timeline"'

_PROGRAMS: Final = ("live", "machines")
_OURS: Final = HTTPStatus.INTERNAL_SERVER_ERROR
_UNAVAILABLE: Final = "the record cannot be reached now; nothing is acknowledged: send it again, with the same id"


def answer(app: Flask) -> None:
    """Let the application answer every refusal and every HTTP error in one shape."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _failed)


def problem_of(refusal: Refusal) -> Problem:
    """Return a refusal as a problem (RFC 9457)."""
    status = STATUSES[type(refusal)]
    # What a database says of itself, its host among it, is for the log alone.
    problem = _problem(
        status, refusal.code, _UNAVAILABLE if status == HTTPStatus.SERVICE_UNAVAILABLE else str(refusal)
    )
    if isinstance(refusal, Faulty):
        problem["errors"] = [{"path": fault.path, "message": fault.message} for fault in refusal.faults]
    if refusal.version is not None:
        problem["refused_version"] = refusal.version
    if isinstance(refusal, WrongVersion):
        problem["version"] = refusal.present
    return problem


def problem_of_http(error: HTTPException) -> Problem:
    """Return an error of HTTP itself as a problem; its code is its name."""
    status = HTTPStatus(error.code or 500)
    code = NAMES.get(status) or status.phrase.lower().replace(" ", "-")
    return _problem(status, code, error.description or status.description)


def _problem(status: HTTPStatus, code: str, detail: str) -> Problem:
    return {"type": f"/problems/{code}", "title": status.phrase, "status": status, "detail": detail}


def _refused(refusal: Refusal) -> Response:
    status = STATUSES[type(refusal)]
    if status >= _OURS:
        current_app.logger.error("%s %s: %s", request.method, request.url_rule, refusal)
    response = _answer(status, problem_of(refusal))
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = CHALLENGE
    return response


def _failed(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or 500)
    if status < HTTPStatus.BAD_REQUEST:  # A redirect is no error.
        return make_response(error.get_response())
    if status == HTTPStatus.NOT_FOUND and (meant := _without_slash()):
        return make_response(redirect(meant, HTTPStatus.PERMANENT_REDIRECT))
    response = _answer(status, problem_of_http(error))
    response.headers.extend(header for header in error.get_headers() if header[0] in ("Allow", "Retry-After"))
    return response


def _without_slash() -> str | None:
    """Return the address that was meant where one ends with a slash; None where there is none."""
    path, adapter = request.path.removesuffix("/"), current_app.create_url_adapter(request)
    try:
        is_meant = path != request.path and adapter is not None and bool(adapter.match(path, request.method))
    except HTTPException:
        return None
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    return f"{request.script_root}{path}{query}" if is_meant else None


def _answer(status: HTTPStatus, problem: Problem) -> Response:
    """Return a problem to programs, a page to readers."""
    if _is_for_programs():
        response = Response(current_app.json.dumps(problem), mimetype="application/problem+json")
    else:
        response = Response(render_template("problem.html", status=status, detail=problem["detail"]))
    response.status_code = status
    response.cache_control.no_store = True
    return response


def _is_for_programs() -> bool:
    if request.path.startswith("/api/") or request.blueprint in _PROGRAMS:
        return True
    # Where there is no such address, its end says whose it would have been.
    end = "/" + request.path.rpartition("/")[2]
    rules = current_app.url_map.iter_rules()
    known = (rule.rule for rule in rules if rule.endpoint.partition(".")[0] in _PROGRAMS)
    return request.url_rule is None and (end.endswith(".json") or any(rule.endswith(end) for rule in known))
