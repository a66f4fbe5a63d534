"""Pieces: what of a story's live page is set once, and set anew only when its entry was changed.

What is sent to pages that are open is made of such pieces, too: of each event there is one, set once for all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from sys import getsizeof
from typing import Final, Literal
from uuid import UUID

from timeline.domain.fact import Fact
from timeline.store.rows import Head

FRAME: Final = 512
"""What a piece is taken to cost beside its text."""

Piece = tuple[str, UUID, int, bool]
"""What a piece is of, and all that decides how it reads: the fact, its last version, and whether it is key.

In a bulletin it is the event, its version, and nothing else.
"""


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a page was put together from; nothing of it had been taken down when the record ended at `head`.

    `root` is where the application stands on its host: the addresses in the texts begin with it.
    """

    head: Head
    root: str
    texts: Mapping[Piece, str]
    form: Literal["pieces", "bulletins"] = "pieces"

    @property
    def size(self) -> int:
        return sum(map(weight, self.texts.values()))


def weight(text: str) -> int:
    """Return how many bytes a piece is taken to cost."""
    return getsizeof(text) + FRAME


@dataclass(frozen=True, slots=True)
class Setting:
    """One rendering of a page: what has not changed since the `last` one is taken from there."""

    last: Mapping[Piece, str] = field(default_factory=dict)
    texts: dict[Piece, str] = field(default_factory=dict)

    def once(self, what: str, fact: Fact, caller: Callable[[], str]) -> str:
        """Return a piece that is about a fact, and about nothing else; if it has to be set, by the `caller`."""
        return self.take((what, fact.id, fact.last_version, fact.key), caller)

    def take(self, piece: Piece, make: Callable[[], str]) -> str:
        """Return a piece; if it has to be set, as it is made."""
        text = self.texts[piece] = self.last.get(piece) or make()
        return text
