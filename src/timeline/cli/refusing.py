"""A request that gunicorn cannot read is refused as the application refuses others, not by gunicorn's own page."""

import json
import socket
from contextlib import suppress
from typing import Any, Final

from gunicorn import util
from gunicorn.http.errors import (
    ConfigurationProblem,
    ExpectationFailed,
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from werkzeug.exceptions import HTTPException, InternalServerError, default_exceptions

from timeline.cli.heads import head
from timeline.web.problems import problem_of_http
from timeline.web.security import HEADERS

_STATUSES: Final = {
    LimitRequestLine: 414,
    ExpectationFailed: 417,
    LimitRequestHeaders: 431,
    UnsupportedTransferCoding: 501,
}
_OURS: Final = (ConfigurationProblem, InvalidResponseHeader, InvalidResponseHeaderName)
"""What nobody else is to be blamed for."""
_MOST: Final = 200
"""So many letters are told of what gunicorn says, which may hold all that was sent."""


class Refusing:
    """A worker of gunicorn whose refusals are problems. For which address one was meant is not known then."""

    log: Any

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Tell whoever has sent a request why it is not answered.

        The log is not told their words, which may hold a secret.
        """
        refused = refusal(exc)
        if isinstance(refused, InternalServerError):
            self.log.error("A request failed", exc_info=exc)
        else:
            self.log.warning("A request from %s cannot be read: %s", addr and addr[0], type(exc).__name__)
        with suppress(OSError):  # It is gone already.
            util.write_nonblock(client, _written(refused))


def refusal(error: BaseException) -> HTTPException:
    """Return what is answered where an error ends a request."""
    if not isinstance(error, ParseException) or isinstance(error, _OURS):
        return InternalServerError()
    return default_exceptions[_STATUSES.get(type(error), 400)](f"the request cannot be read: {error}"[:_MOST])


def _written(refused: HTTPException) -> bytes:
    problem = problem_of_http(refused)
    body = json.dumps(problem).encode()
    headers = HEADERS | {
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-store",
    }
    return head(f"{problem['status']} {problem['title']}", headers.items(), "close") + body
