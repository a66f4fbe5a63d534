"""An executor whose threads end with their work, so that what they have needed goes with them."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from threading import Lock, Thread
from typing import ParamSpec, TypeVar

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


def _do(future: Future[T], work: Callable[[], T]) -> None:
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001 — whoever waits for the future is told.
        future.set_exception(error)
    else:
        future.set_result(result)
