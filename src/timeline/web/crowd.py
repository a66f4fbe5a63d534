"""The crowd: the streams that are open, in all and of each network; one too many is refused."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Final

from flask import Response, after_this_request, current_app, request
from werkzeug.exceptions import ServiceUnavailable

from timeline.store.sessions import network_of

MOST_OF_ONE: Final = 64
"""So many streams one network has; of a larger office behind one address the others ask for updates."""
RETRY_SECONDS: Final = 60

_HERE: Final = frozenset({"127.0.0.1", "::"})
"""This very machine. Whoever asks from here may be a proxy that the settings do not name, and stand for everybody."""


def admit_reader() -> None:
    """Count the stream that the request asks for, until its answer is closed. Raises ServiceUnavailable."""
    crowd: Crowd = current_app.extensions["crowd"]
    leave = crowd.enter(request.remote_addr or "")

    @after_this_request
    def _leave_in_the_end(response: Response) -> Response:
        response.call_on_close(leave)
        return response


class Crowd:
    """The streams of one process, by network: `most` in all, so that others find a connection, and few of each."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Counter[str] = Counter()
        self._lock = Lock()

    def enter(self, address: str) -> Callable[[], None]:
        """Count a stream in, and return what counts it out again. Raises ServiceUnavailable."""
        network = network_of(address)
        with self._lock:
            if self._open.total() >= self._most:
                raise _refusal(f"{self._most} streams are open here")
            if self._open[network] >= MOST_OF_ONE and network not in _HERE:
                raise _refusal(f"{MOST_OF_ONE} streams of your network are open here")
            self._open[network] += 1
        return partial(self._leave, network)

    def _leave(self, network: str) -> None:
        with self._lock:
            self._open[network] -= 1
            if not self._open[network]:
                del self._open[network]


def _refusal(why: str) -> ServiceUnavailable:
    return ServiceUnavailable(f"{why}, and no more: ask for updates, or come again", retry_after=RETRY_SECONDS)
