"""gunicorn's worker of threads, as `timeline serve` has it: no client holds up another, and a stream takes little."""

import select
import socket
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from gunicorn import util
from gunicorn.http.message import Request
from gunicorn.workers.gthread import TConn, ThreadWorker

from timeline.cli.heads import head
from timeline.cli.patience import Patience
from timeline.cli.refusing import Refusing
from timeline.web.hatch import WORDS, Hatch

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

STREAM: Final = "/live"
"""What the path of a stream ends in."""
_HELD: Final = object()
SOON: Final = 5
"""So many milliseconds a thread waits for the next request of a connection that it has just answered."""
IN_TURN: Final = 100
"""So many requests of one connection are answered before it is the turn of others, should threads be scarce."""
LONGEST: Final = 2_048
"""A request of more bytes is read each time anew."""
_NOT_PLAIN: Final = frozenset({"CONTENT-LENGTH", "TRANSFER-ENCODING", "EXPECT", "UPGRADE"})
"""A request with one of these is more than its head."""

Words: TypeAlias = tuple[str, bytes]
"""Who sends, and what: all that a request is."""


class ThreadedWorker(Refusing, ThreadWorker):  # type: ignore[misc] # gunicorn has no types.
    """gunicorn's threads, of which a client that sends or hangs up slowly holds one, for a while, and no other.

    A stream is held by a new thread, which ends with it. Those that answer everything else keep the 30 KiB of stack
    that making a page has taken for as long as they live, and would take them along.
    """

    wsgi: Any

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.max_keepalived = self.cfg.threads  # Or with the streams they could take all connections.
        self._patience = Patience()
        self._streams: dict[TConn, Request] = {}
        self._words: dict[socket.socket, Words] = {}

    def load_wsgi(self) -> None:
        """Load the application, which is told the words of each request, and its hatch, if it has one."""
        super().load_wsgi()
        self._app = self.wsgi
        self._hatch: Hatch | None = getattr(self._app, "hatch", None)
        self.wsgi = self._call

    def handle(self, conn: TConn) -> Any:
        """Answer the next requests of a connection, or hand it on to a thread of its own.

        Whoever asks again at once is not sent through the loop over all connections, which takes three times as long
        as an answer that is ready.
        """
        goes_on = self._answer(conn, is_asked=_asks_again(conn))
        answered = 1
        while goes_on is True and answered < IN_TURN and self.alive and _asks_again(conn):
            goes_on = self._answer(conn, is_asked=True)
            answered += 1
        return goes_on

    def _answer(self, conn: TConn, *, is_asked: bool) -> Any:
        self._patience.begin(conn.sock)
        try:
            goes_on = (is_asked and self._hand_out(conn)) or super().handle(conn)
        except OSError:  # The client is gone.
            goes_on = False
        except Exception as error:  # noqa: BLE001 — gunicorn sees to all but what we hand out ourselves.
            self.handle_error(None, conn.sock, conn.client, error)
            goes_on = False
        finally:
            self._patience.end(conn.sock)
            self._words.pop(conn.sock, None)
        if request := self._streams.pop(conn, None):
            Thread(target=self._hold, args=(request, conn), daemon=True).start()
            return _HELD
        if not goes_on:
            _hang_up(conn.sock)
        return goes_on

    def _hand_out(self, conn: TConn) -> bool:
        """Answer a request with what stands ready for its words, if anything does: then it need not be read."""
        is_full = len(self.keepalived_conns) >= self.max_keepalived
        if self._hatch is None or is_full or not self.alive:
            return False
        conn.sock.setblocking(True)
        conn.init()
        unread = conn.parser.unreader
        words = conn.client[0], unread.read()
        if answer := self._hatch.find(words):
            conn.sock.sendall(head(answer.status, answer.headers, "keep-alive") + answer.body)
            return True
        unread.unread(words[1])
        self._words[conn.sock] = words
        return False

    def handle_request(self, req: Request, conn: TConn) -> Any:
        """Answer a request that is for no stream; gunicorn does nothing more with one on which this is no."""
        if req.path.endswith(STREAM):
            self._streams[conn] = req
            return False
        if not _is_all(req, conn, self._words.get(conn.sock)):
            self._words.pop(conn.sock, None)
        return super().handle_request(req, conn)

    def _call(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Any:
        if words := self._words.get(environ["gunicorn.socket"]):
            environ[WORDS] = words
        return self._app(environ, start_response)

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


def _asks_again(conn: TConn) -> bool:
    """Whether the next request of a connection is there already, or soon."""
    if conn.initialized and conn.parser.unreader.buf.getvalue():
        return True
    asking = select.poll()
    asking.register(conn.sock, select.POLLIN)
    return bool(asking.poll(SOON))


def _is_all(req: Request, conn: TConn, words: Words | None) -> bool:
    """Whether these bytes are a request from beginning to end, and nothing else, on a connection that goes on."""
    if words is None or not (words[1].startswith(b"GET ") and words[1].endswith(b"\r\n\r\n")):
        return False
    is_plain = _NOT_PLAIN.isdisjoint(name for name, _ in req.headers) and not req.should_close()
    return is_plain and len(words[1]) <= LONGEST and not conn.parser.unreader.buf.getvalue()


def _hang_up(line: socket.socket) -> None:
    """Wait until a client has read its answer to the end; gunicorn would make all other connections wait for that."""
    with suppress(OSError):  # It is gone already.
        util.close_graceful(line.dup())
        line.shutdown(socket.SHUT_RD)
