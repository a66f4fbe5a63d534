"""The live stream: one look-out per process watches the records, and hands each bulletin to every reader.

A stream holds no database session. Its queue is bounded: a reader who is too slow is dropped, and resumes from
the record where it broke off. Events of other processes are found by looking, those of this one at once.
"""

import queue
import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from sqlalchemy import Engine, Pool, event

from timeline.desk import Desk
from timeline.domain.errors import MalformedParameter, StoreUnavailable, VersionBeyondHead
from timeline.web.bulletins import Bulletin, bulletins, reset
from timeline.web.crowd import admit_reader
from timeline.web.newsroom import conditional, current_desk, etag
from timeline.web.shelf import Shelf

LOOK_SECONDS: Final = 0.25
LAST_LOOK_SECONDS: Final = 10.0
"""For so long a database that is being closed waits for the last look into it."""
HEARTBEAT_SECONDS: Final = 15.0
RETRY_MILLISECONDS: Final = 2_000
QUEUE: Final = 64
BEAT: Final = "event: beat\ndata: {}\n\n"
"""The heartbeat is an event, not a comment, so that a page can tell a silent stream from a dead one."""

_NAME: Final = "lookout"

blueprint = Blueprint("live", __name__)

Batch = tuple[Bulletin, ...]
"""Bulletins as they are sent; their texts are written once for all readers."""


@blueprint.get("/stories/<slug>/live")
def live(slug: str) -> Response:
    """Send what happens to a story, from behind `Last-Event-ID` or `after` on, as server-sent events."""
    admit_reader()
    desk = current_desk()
    lookout: Lookout = current_app.extensions["lookout"]
    reader = lookout.enter(slug)
    try:
        story = desk.story(slug)  # Not before: what comes to the record from here on is handed out.
        after = _after(slug, story.version)
        missed = _told(desk, slug, after, story.version)
    except Exception:
        lookout.leave(slug, reader)
        raise
    is_over = story.status == "ended"
    if is_over and not missed:  # Nothing more will be sent.
        lookout.leave(slug, reader)
        return Response(status=HTTPStatus.NO_CONTENT)
    stream = _stream(reader, missed, sent=story.version, is_over=is_over)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    response = Response(stream, mimetype="text/event-stream", headers=headers)
    # Not when the stream ends: one of which nothing was ever read, as for HEAD, would never end.
    response.call_on_close(partial(lookout.leave, slug, reader))
    return response


@blueprint.get("/stories/<slug>/updates")
def updates(slug: str) -> Response:
    """Answer with the same bulletins as JSON, for whoever can hold no stream; good for a second."""
    desk = current_desk()
    head = desk.head(slug)
    after = _after(slug, head.version)

    def render() -> Response:
        found = _told(desk, slug, after, head.version)
        return jsonify(version=head.version, bulletins=[each.as_json() for each in found])

    response = conditional(etag(head), render)
    response.cache_control.no_cache = None
    response.cache_control.public = True
    response.cache_control.max_age = 1
    response.vary.add("Last-Event-ID")
    return response


@dataclass(eq=False, slots=True)
class Reader:
    """One open stream."""

    batches: queue.SimpleQueue[Batch] = field(default_factory=queue.SimpleQueue)
    """What waits to be sent. Only the look-out adds to it: the locks by which a Queue keeps its bound take 3 KiB."""
    is_dropped: bool = False

    def is_full(self) -> bool:
        """Whether this reader is too slow to be waited for."""
        return self.batches.qsize() >= QUEUE

    def drop(self) -> None:
        """End the stream, and keep nothing of what still waits for it."""
        self.is_dropped = True
        with suppress(queue.Empty):
            while True:
                self.batches.get_nowait()
        self.batches.put_nowait(())  # Whoever waits for the next batch is told so.


class Lookout:
    """The one thread of a process that looks for new events, for all who read; what they outdate leaves the shelf."""

    def __init__(self, app: Flask, desk: Desk, shelf: Shelf) -> None:
        self._app = app
        self._desk = desk
        self._shelf = shelf
        self._readers: dict[str, set[Reader]] = defaultdict(set)
        self._seen: dict[str, int] = {}
        self._lock = threading.Lock()
        self._look = threading.Event()
        self._thread: threading.Thread | None = None
        self._pool: Pool | None = None
        event.listen(desk.database.engine, "engine_disposed", self._close)

    def enter(self, slug: str) -> Reader:
        """Add a reader, who gets every batch from now on. Raises UnknownStory."""
        version = self._desk.head(slug).version
        reader = Reader()
        with self._lock:
            if not self._readers[slug]:
                self._seen[slug] = version
            self._readers[slug].add(reader)
        self.start()
        return reader

    def leave(self, slug: str, reader: Reader) -> None:
        """Remove a reader."""
        with self._lock:
            self._readers[slug].discard(reader)

    def start(self) -> None:
        """Look from now on, for as long as there is a reader, or anything on the shelf."""
        with self._lock:
            # Only now: a thread from before a fork would be lost. And not by the last look into what is being closed.
            if self._thread is None and threading.current_thread().name != _NAME:
                self._pool = self._desk.database.engine.pool
                self._thread = threading.Thread(target=self._run, name=_NAME, daemon=True)
                self._thread.start()

    def wake(self) -> None:
        """Look now: this process has appended."""
        self._look.set()

    def _run(self) -> None:
        while self._is_needed():
            self._look.wait(LOOK_SECONDS)
            self._look.clear()
            try:
                self._look_around()
            except Exception:  # The watch goes on whatever happens: readers would wait in vain for ever.
                self._app.logger.exception("the look-out could not look")
                self._look.wait(1)

    def _is_needed(self) -> bool:
        with self._lock:
            if self._thread is not threading.current_thread():  # The database was closed.
                return False
            if not any(self._readers.values()) and not len(self._shelf):
                self._thread = None
            return self._thread is not None

    def _close(self, engine: Engine) -> None:
        """Look no more, end all streams, and leave no connection behind: the database is being closed."""
        with self._lock:
            thread, self._thread = self._thread, None
            pool, self._pool = self._pool, None
            readers = [reader for readers in self._readers.values() for reader in readers]
            self._readers.clear()
        for reader in readers:
            reader.drop()
        if thread:
            self._look.set()
            thread.join(LAST_LOOK_SECONDS)
            self._shelf.clear()  # Of what the last look has put there.
        if pool:  # What was in use went back to the pool that is closed, or came from the next one.
            pool.dispose()
            engine.pool.dispose()

    def _look_around(self) -> None:
        self._shelf.sweep()
        with self._lock:
            watched = {slug: self._seen[slug] for slug, readers in self._readers.items() if readers}
        present = self._desk.versions(watched) if watched else {}
        for slug, version in present.items():
            if version > watched[slug]:
                with self._app.test_request_context():
                    batch = _told(self._desk, slug, watched[slug], version)
                self._hand_out(slug, version, batch)

    def _hand_out(self, slug: str, version: int, batch: Batch) -> None:
        with self._lock:
            self._seen[slug] = version
            readers = list(self._readers[slug])
        # What still waits for a slow reader may be the very text that is taken down: the record has it no more.
        # Whoever loads the page anew needs none of it, and there may be a takedown in what a reset stands for.
        outdates = any(each.event in ("taken_down", "reset") for each in batch)
        for reader in readers:
            is_late = reader.is_full() or (outdates and not reader.batches.empty())
            if is_late:
                reader.drop()
                self.leave(slug, reader)
            else:
                reader.batches.put_nowait(batch)


def watch(app: Flask, desk: Desk, shelf: Shelf) -> None:
    """Give the application its look-out."""
    lookout = app.extensions["lookout"] = Lookout(app, desk, shelf)
    shelf.watch = lookout.start

    @app.after_request
    def _wake(response: Response) -> Response:
        if request.method == "POST" and response.status_code < HTTPStatus.BAD_REQUEST:  # Something may be on record.
            lookout.wake()
        return response


def _stream(reader: Reader, missed: Batch, *, sent: int, is_over: bool) -> Iterator[str]:
    yield f"retry: {RETRY_MILLISECONDS}\n\n{BEAT}{''.join(each.wire() for each in missed)}"
    del missed  # A stream stays open for hours, and what it has sent may be taken down.
    while not (is_over or reader.is_dropped):
        try:
            batch = reader.batches.get(timeout=HEARTBEAT_SECONDS)
        except queue.Empty:
            yield BEAT
            continue
        # What was read while the stream opened may be handed out as well: nothing is sent twice.
        fresh = [each for each in batch if each.version > sent]
        if fresh and not reader.is_dropped:
            yield "".join(each.wire() for each in fresh)
            sent = fresh[-1].version
            is_over = any(each.event == "ended" for each in fresh)


def _told(desk: Desk, slug: str, after: int, upto: int) -> Batch:
    """Return what happened to a story behind a version; where that cannot be told, a page is to load itself anew."""
    try:
        return bulletins(desk, slug, after, upto)
    except StoreUnavailable:  # That is no fault of this story, and passes.
        raise
    except Exception:
        current_app.logger.exception("the bulletins of %s cannot be made", slug)
        return (reset(upto),)


def _after(slug: str, present: int) -> int:
    """Return the version behind which the reader is. Raises MalformedParameter, VersionBeyondHead."""
    header = request.headers.get("Last-Event-ID")
    text = header or request.args.get("after") or str(present)
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        name = "Last-Event-ID" if header else "after"
        raise MalformedParameter(f"{name} is “{text[:80]}”; it is the version to go on from, a whole number from 0")
    if int(text) > present:
        raise VersionBeyondHead(slug, present, int(text))
    return int(text)
