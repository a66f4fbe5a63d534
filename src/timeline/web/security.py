"""What every response says to browsers: load and run nothing from elsewhere, be framed by nobody."""

from typing import Final

from flask import Flask, Response

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

HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "browsing-topics=(), camera=(), geolocation=(), microphone=()",
}


def guard(app: Flask) -> None:
    """Give every response of the application these headers."""

    @app.after_request
    def _guarded(response: Response) -> Response:
        for name, value in HEADERS.items():  # A page that is made to be framed elsewhere has a policy of its own.
            response.headers.setdefault(name, value)
        return response
