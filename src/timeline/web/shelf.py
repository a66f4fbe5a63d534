"""The shelf: finished answers about stories, each kept until its story moves on, or until there is no room for it.

Beside them stand the pieces of live pages, and what is sent to those that are open: they outlast what is appended,
unless it is a takedown.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from flask import current_app
from sqlalchemy import event

from timeline.domain.errors import StoreUnavailable
from timeline.domain.event import is_slug
from timeline.store.database import Database
from timeline.store.glance import Glance
from timeline.store.rows import has_takedown
from timeline.web.newsroom import current_desk, etag, tag_of
from timeline.web.pieces import Piece, Pieces

ROOM: Final = 64 * 1_048_576
"""So many bytes stand on the shelf of a process."""
LARGEST: Final = ROOM // 16
"""A larger answer is not kept: it would push out too many others."""
FRAME: Final = 4_096
"""What an answer is taken to cost beside its body."""


class Place(NamedTuple):
    """All that decides, the story's version aside, what is answered.

    `form` is its encoding, or that it is a 304, or that these are pieces, of the page or of bulletins.
    """

    slug: str
    scheme: str
    host: str
    root: str
    path: str
    query: str
    form: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the application has answered, ready to be sent; `tag` is that of the story as it was rendered."""

    tag: str
    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def size(self) -> int:
        return len(self.body)


class Shelf:
    """The answers that one process keeps, in bounded memory: what was not asked for longest goes first."""

    def __init__(self, database: Database, room: int = ROOM) -> None:
        self.watch: Callable[[], None] = lambda: None
        """Is called when something was put on the shelf: from then on somebody has to sweep."""
        self._database = database
        self._glance = Glance(database)
        self._room = room
        self._kept: OrderedDict[Place, Answer | Pieces] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}
        event.listen(database.engine, "engine_disposed", lambda _: self.clear())

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def size(self) -> int:
        """How many bytes all of it is taken to cost."""
        return self._size

    def tag(self, slug: str) -> str | None:
        """Return the tag of a story as it is on record now; None where that cannot be told."""
        head = self._heads((slug,)).get(slug) if is_slug(slug) else None
        return tag_of(*head) if head else None

    def find(self, place: Place, tag: str | None) -> Answer | None:
        """Return what is kept of a story that has this tag now."""
        with self._lock:
            answer = self._kept.get(place)
            if not isinstance(answer, Answer) or answer.tag != tag:
                return None
            self._kept.move_to_end(place)
            return answer

    def find_pieces(self, slug: str, root: str) -> Mapping[Piece, str]:
        """Return the texts that are kept of a story's live page."""
        place = _place_of_pieces(slug, root)
        with self._lock:
            pieces = self._kept.get(place)
            if not isinstance(pieces, Pieces):
                return {}
            self._kept.move_to_end(place)
            return pieces.texts

    def find_bulletins(self, slug: str, root: str) -> Mapping[Piece, str]:
        """Return the texts that are kept of a story's bulletins, unless anything of it was taken down by now."""
        with self._lock:
            pieces = self._kept.get(place := _place_of_pieces(slug, root, "bulletins"))
            if not isinstance(pieces, Pieces):
                return {}
            self._kept.move_to_end(place)
        return {} if self._may_be_gone(pieces, self._heads((slug,)).get(slug)) else pieces.texts

    def turn(self, slug: str) -> threading.Lock:
        """Return what is to be held by whoever makes the bulletins of a story, so that the next finds them made."""
        return self._turns.setdefault(slug, threading.Lock())

    def keep(self, place: Place, answer: Answer) -> None:
        """Keep an answer, unless it is too large, or its story has moved on while it was made."""
        if self.tag(place.slug) == answer.tag:
            self._put(place, answer)

    def keep_pieces(self, pieces: Pieces) -> None:
        """Keep pieces, unless they are too large, or anything was taken down while they were made."""
        slug = pieces.head.slug
        if not self._may_be_gone(pieces, self._heads((slug,)).get(slug)):
            self._put(_place_of_pieces(slug, pieces.root, pieces.form), pieces)

    def sweep(self) -> None:
        """Drop the answers of all stories that have moved on, and the pieces where anything was taken down.

        Where the records cannot be seen everything goes.
        """
        with self._lock:
            kept = [*self._kept.items()]
        heads = self._heads({place.slug for place, _ in kept})
        tags = {slug: tag_of(*head) for slug, head in heads.items()}
        with self._lock:
            for place, each in kept:
                if isinstance(each, Answer) and each.tag != tags.get(place.slug):
                    self._drop(place)
        for place, each in kept:
            if isinstance(each, Pieces):
                self._look_after(place, each, heads.get(place.slug))

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._kept.clear()
            self._size = 0

    def _heads(self, slugs: Collection[str]) -> dict[str, tuple[str, int]]:
        with suppress(StoreUnavailable):
            return self._glance(slugs) if slugs else {}
        return {}

    def _may_be_gone(self, pieces: Pieces, head: tuple[str, int] | None) -> bool:
        """Whether anything of the pieces may be taken down by now that the record ends at this head."""
        if head and head[1] == pieces.head.version:
            return False
        with suppress(StoreUnavailable), self._database.reading() as connection:
            return has_takedown(connection, pieces.head)
        return True

    def _look_after(self, place: Place, pieces: Pieces, head: tuple[str, int] | None) -> None:
        """Drop pieces, or note up to which version nothing of them was taken down."""
        may_be_gone = head is None or self._may_be_gone(pieces, head)
        with self._lock:
            if head is None or may_be_gone:
                self._drop(place)  # Whatever stands there by now: it may be made of the same.
            elif head[1] != pieces.head.version and self._kept.get(place) is pieces:
                self._kept[place] = replace(pieces, head=replace(pieces.head, version=head[1]))

    def _put(self, place: Place, it: Answer | Pieces) -> None:
        size = _size(place, it)
        if size > min(LARGEST, self._room):
            return
        with self._lock:
            self._drop(place)
            self._kept[place] = it
            self._size += size
            while self._size > self._room:
                self._drop(next(iter(self._kept)))
        self.watch()

    def _drop(self, place: Place) -> None:
        if it := self._kept.pop(place, None):
            self._size -= _size(place, it)


def current_shelf() -> Shelf:
    """Return the shelf of the application that answers this request."""
    shelf: Shelf = current_app.extensions["shelf"]
    return shelf


def current_tag(slug: str) -> str:
    """Return the tag of whatever this request may be shown of a story now. Raises UnknownStory, StoreUnavailable."""
    return current_shelf().tag(slug) or etag(current_desk().head(slug))


def _place_of_pieces(slug: str, root: str, form: str = "pieces") -> Place:
    return Place(slug, scheme="", host="", root=root, path="", query="", form=form)


def _size(place: Place, it: Answer | Pieces) -> int:
    return it.size + len(place.path) + len(place.query) + len(place.host) + FRAME
