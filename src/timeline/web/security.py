"""The headers of every response: load and run nothing from elsewhere, be framed by nobody. And what no address is."""

import re
from typing import Final

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest

from timeline.domain.errors import MalformedParameter

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

_HOST: Final = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?")

ONCE: Final = frozenset({"at", "as_of", "from", "to", "after", "before", "limit", "cursor", "order"})
"""The arguments that say what is seen."""

HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "browsing-topics=(), camera=(), geolocation=(), microphone=()",
}


def guard(app: Flask) -> None:
    """Give every response of the application these headers, and refuse what names no host, or two things as one."""

    @app.before_request
    def _check_host() -> None:
        # Addresses are made of it. Only HTTP/1.0 may leave it out.
        host = request.environ.get("HTTP_HOST")
        if not _HOST.fullmatch(host or "") and (host or request.environ.get("SERVER_PROTOCOL") != "HTTP/1.0"):
            raise BadRequest("the Host of the request is none")

    @app.before_request
    def _check_arguments() -> None:
        # A cache, or who reads the address, may go by the other.
        for name, values in request.args.lists():
            if name in ONCE and len(values) > 1:
                raise MalformedParameter(f"{name} stands {len(values)} times in the address, and can be but one")

    @app.after_request
    def _guarded(response: Response) -> Response:
        for name, value in HEADERS.items():  # A page that is made to be framed elsewhere has a policy of its own.
            response.headers.setdefault(name, value)
        return response
