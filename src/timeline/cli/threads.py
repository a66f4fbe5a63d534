"""gunicorn's worker of threads, as `timeline serve` has it: no client holds up another, and a stream takes little."""

import select
import socket
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from functools import partial
from threading import Lock, Thread
from typing import Any, Final, ParamSpec, TypeVar

from gunicorn import util
from gunicorn.http.message import Request
from gunicorn.workers.gthread import TConn, ThreadWorker

from timeline.cli.patience import Patience

STREAM: Final = "/live"
"""What the path of a stream ends in."""
_HELD: Final = object()
SOON: Final = 5
"""So many milliseconds a thread waits for the next request of a connection that it has just answered."""
IN_TURN: Final = 100
"""So many requests of one connection are answered before it is the turn of others, should threads be scarce."""

P = ParamSpec("P")
T = TypeVar("T")


class Threads(Executor):
    """A thread for each piece of work, which ends with it; what comes when there are enough waits for one of them."""

    def __init__(self, most: int) -> None:
        self._most = self._vacant = most
        self._waiting: deque[Callable[[], None]] = deque()
        self._lock = Lock()

    def submit(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        with self._lock:
            self._waiting.append(partial(_do, future, partial(work, *args, **kwargs)))
            is_vacant = self._vacant > 0
            self._vacant -= is_vacant
        if is_vacant:
            self._start()
        return future

    def _start(self) -> None:
        try:
            Thread(target=self._run, daemon=True).start()
        except RuntimeError:  # The system has no thread left: whoever is done next takes what waits.
            with self._lock:
                self._vacant += 1
                if self._vacant == self._most:  # There is nobody who could.
                    self._waiting.clear()
                    raise

    def _run(self) -> None:
        while work := self._next():
            work()

    def _next(self) -> Callable[[], None] | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._vacant += 1
            return None


class ThreadedWorker(ThreadWorker):  # type: ignore[misc] # gunicorn has no types.
    """gunicorn's threads, of which a client that sends or hangs up slowly holds one, for a while, and no other.

    A stream is held by a new thread, which ends with it. Those that answer everything else keep the 30 KiB of stack
    that making a page has taken for as long as they live, and would take them along.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._patience = Patience()
        self._streams: dict[TConn, Request] = {}

    def handle(self, conn: TConn) -> Any:
        """Answer the next requests of a connection, or hand it on to a thread of its own.

        Whoever asks again at once is not sent through the loop over all connections, which takes three times as long
        as an answer that is ready.
        """
        goes_on = self._answer(conn)
        answered = 1
        while goes_on is True and answered < IN_TURN and self.alive and _asks_again(conn):
            goes_on = self._answer(conn)
            answered += 1
        return goes_on

    def _answer(self, conn: TConn) -> Any:
        self._patience.begin(conn.sock)
        try:
            goes_on = super().handle(conn)
        finally:
            self._patience.end(conn.sock)
        if request := self._streams.pop(conn, None):
            Thread(target=self._hold, args=(request, conn), daemon=True).start()
            return _HELD
        if not goes_on:
            _hang_up(conn.sock)
        return goes_on

    def handle_request(self, req: Request, conn: TConn) -> Any:
        """Answer a request that is for no stream; gunicorn does nothing more with one on which this is no."""
        if not req.path.endswith(STREAM):
            return super().handle_request(req, conn)
        self._streams[conn] = req
        return False

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """Keep or close a connection when its request is answered, which one that is held is not yet."""
        if fs.cancelled() or fs.exception() or fs.result() is not _HELD:
            super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Lose patience, where it is due; the loop over all connections comes by here every second."""
        super().murder_pending()
        self._patience.lose()

    def _hold(self, request: Request, conn: TConn) -> None:
        goes_on = self._stream(request, conn)
        if not goes_on:
            _hang_up(conn.sock)
        answered: Future[bool] = Future()
        answered.set_result(goes_on)
        self.method_queue.defer(self.finish_request, conn, answered)

    def _stream(self, request: Request, conn: TConn) -> bool:
        try:
            return bool(self._keepalive_after(conn, super().handle_request(request, conn)))
        except (OSError, StopIteration):  # The client is gone, or what went wrong has been told.
            return False
        except Exception as error:  # noqa: BLE001 — gunicorn answers and tells it, as it does for other requests.
            self.handle_error(request, conn.sock, conn.client, error)
            return False


def _do(future: Future[T], work: Callable[[], T]) -> None:
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 — whoever waits for the future is told.
        future.set_exception(error)
    else:
        future.set_result(result)


def _asks_again(conn: TConn) -> bool:
    """Whether the next request of a connection is there already, or soon."""
    if conn.parser.unreader.buf.getvalue():
        return True
    asking = select.poll()
    asking.register(conn.sock, select.POLLIN)
    return bool(asking.poll(SOON))


def _hang_up(line: socket.socket) -> None:
    """Wait until a client has read its answer to the end; gunicorn would make all other connections wait for that."""
    with suppress(OSError):  # It is gone already.
        util.close_graceful(line.dup())
        line.shutdown(socket.SHUT_RD)
