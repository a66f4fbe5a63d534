"""Ends: where records were left, so that who writes to one next need not ask."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Final

from timeline.store.rows import Head

MOST: Final = 1_000
"""Of so many records it is known where they were left."""


class Ends:
    """Where this process left the records that it wrote to.

    It is told to who is alone with a record: nobody else here is writing to it, and nobody elsewhere was when this
    process last looked.
    """

    def __init__(self) -> None:
        self._left: dict[str, tuple[Head, bool]] = {}
        self._writers: Counter[str] = Counter()
        self._lock = Lock()

    @contextmanager
    def approach(self, slug: str) -> Iterator[Head | None]:
        """Count a writer in, for as long as it is within, and tell it the record's end if it is alone with it."""
        with self._lock:
            end, is_alone = self._left.get(slug, (None, False))
            is_first = slug not in self._writers
            self._writers[slug] += 1
        try:
            yield end if is_alone and is_first else None
        finally:
            with self._lock:
                self._writers[slug] -= 1
                if not self._writers[slug]:
                    del self._writers[slug]

    def leave(self, before: Head, after: Head) -> None:
        """Note where a record ends, and that before it was found where it was left, or not."""
        with self._lock:
            left, _ = self._left.pop(after.slug, (before, True))
            self._left[after.slug] = (after, left == before)
            if len(self._left) > MOST:
                del self._left[next(iter(self._left))]
