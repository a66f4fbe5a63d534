"""Word differences: which words a text has lost, which it has gained, and which it has kept."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import takewhile
from typing import Final, NamedTuple

AROUND: Final = 12
"""So many kept words are left on either side of a change when runs are shortened."""

_SMALL: Final = 10_000
"""Up to so many pairs of words every pair is looked at; beyond, words that occur once must lead the way."""
_LEVELS: Final = 10
"""So often words that occur once are sought between such words; texts that people write need two or three."""

# Thai to Khmer, kana and Han write no spaces: there each character is compared for itself.
_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD: Final = re.compile(rf"\s+|[{_UNSPACED}]|\w(?:[^\s—–…/“”()\[\]{_UNSPACED}]*\w)?|.", re.DOTALL)


class Fate(StrEnum):
    """What became of words."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Run:
    """Words that share a fate, with the spaces around them."""

    fate: Fate
    text: str


def compare(was: str, now: str) -> tuple[Run, ...]:
    """Return how one text became another; where words were replaced, the removed ones come before the added.

    Joined, what was kept and removed is the old text, what was kept and added the new one.
    """
    return tuple(_runs(_readable(_changes(_WORD.findall(was), _WORD.findall(now)))))


def shorten(runs: Sequence[Run], around: int = AROUND) -> tuple[Run, ...]:
    """Return the runs with “[…]” in long stretches of kept words, `around` of them left beside every change."""
    if len(runs) < 2:
        return tuple(runs)
    last = len(runs) - 1
    return tuple(
        Run(run.fate, _excerpt(run.text, before=around * (place > 0), behind=around * (place < last)))
        if run.fate is Fate.KEPT
        else run
        for place, run in enumerate(runs)
    )


class _Match(NamedTuple):
    was: int
    now: int
    size: int


class _Change(NamedTuple):
    """Words that were replaced (either may be empty), and those that are kept behind them."""

    removed: str
    added: str
    kept: str


def _runs(changes: Sequence[_Change]) -> Iterator[Run]:
    for change in changes:
        for fate, text in zip((Fate.REMOVED, Fate.ADDED, Fate.KEPT), change, strict=True):
            if text:
                yield Run(fate, text)


def _changes(was: Sequence[str], now: Sequence[str]) -> Iterator[_Change]:
    at_was = at_now = 0
    for match in _matches(was, now, 0, 0, _LEVELS):
        removed, added = was[at_was : match.was], now[at_now : match.now]
        at_was, at_now = match.was + match.size, match.now + match.size
        yield _Change("".join(removed), "".join(added), "".join(was[match.was : at_was]))


def _readable(changes: Iterator[_Change]) -> list[_Change]:
    """Return the changes with small islands of kept words given up: “a red fox” for “the brown dog” is one change."""
    found = [_Change("", "", "")]
    for change in changes:
        before = found[-1]
        if not (change.removed or change.added):
            found[-1] = before._replace(kept=before.kept + change.kept)
        elif _is_island(before, change):
            removed, added = (text + before.kept for text in before[:2])
            found[-1] = _Change(removed + change.removed, added + change.added, change.kept)
        else:
            found.append(change)
    return found


def _is_island(before: _Change, behind: _Change) -> bool:
    """Whether what is kept between two changes is nothing, or too little to be told apart from them."""
    sizes = (max(len(change.removed), len(change.added)) for change in (before, behind))
    return len(before.kept.split()) < 3 and len(before.kept) <= min(sizes)


def _matches(was: Sequence[str], now: Sequence[str], at_was: int, at_now: int, levels: int) -> Iterator[_Match]:
    """Yield what both have in common, in order: a beginning, what stands between anchors, an end."""
    head = _shared(was, now)
    tail = _shared(was[head:][::-1], now[head:][::-1])
    yield _Match(at_was, at_now, head)
    yield from _inner(was[head : len(was) - tail], now[head : len(now) - tail], at_was + head, at_now + head, levels)
    yield _Match(at_was + len(was) - tail, at_now + len(now) - tail, tail)


def _inner(was: Sequence[str], now: Sequence[str], at_was: int, at_now: int, levels: int) -> Iterator[_Match]:
    """Yield what two texts with different ends have in common: patience first, as it stays fast and readable."""
    anchors = _anchors(was, now) if levels else []
    if anchors:
        old = new = 0
        for anchor in [*anchors, (len(was), len(now))]:
            yield from _matches(was[old : anchor[0]], now[new : anchor[1]], at_was + old, at_now + new, levels - 1)
            old, new = anchor
    elif len(was) * len(now) <= _SMALL:
        for block in SequenceMatcher(None, was, now, autojunk=False).get_matching_blocks():
            yield _Match(at_was + block.a, at_now + block.b, block.size)


def _anchors(was: Sequence[str], now: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of words that occur once in each text, as many as follow each other in both.

    That is Bram Cohen's patience diff: a longest increasing sequence, found as in a game of patience.
    """
    once = {word for word, count in Counter(was).items() if count == 1}
    places = {word: place for place, word in enumerate(now) if word in once}
    once = {word for word, count in Counter(word for word in now if word in once).items() if count == 1}
    tops: list[int] = []
    piles: list[list[tuple[tuple[int, int], int]]] = []
    for old, word in enumerate(was):
        if word in once:
            new = places[word]
            pile = bisect_left(tops, new)
            if pile == len(piles):
                tops.append(new)
                piles.append([])
            tops[pile] = new
            piles[pile].append(((old, new), len(piles[pile - 1]) - 1 if pile else -1))
    return _followed_back(piles)


def _followed_back(piles: list[list[tuple[tuple[int, int], int]]]) -> list[tuple[int, int]]:
    found = []
    place = len(piles[-1]) - 1 if piles else -1
    for pile in reversed(piles):
        pair, place = pile[place]
        found.append(pair)
    return found[::-1]


def _shared(was: Sequence[str], now: Sequence[str]) -> int:
    """Return how many words two texts share from their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(was, now, strict=False)))


def _excerpt(text: str, *, before: int, behind: int) -> str:
    """Return a text with so many words left at its beginning and at its end; a few more are not worth a mark."""
    words = list(re.finditer(r"\S+", text))
    if len(words) <= before + behind + 3:
        return text
    start = text[: words[before - 1].end()] + " " if before else ""
    end = " " + text[words[-behind].start() :] if behind else ""
    return f"{start}[…]{end}"
