"""The vocabulary of a story: the words that its facts use, suggested to whoever writes the next."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from timeline.domain.fact import Fact
from timeline.domain.ijson import JsonObject

_NOT_SUGGESTED: Final = frozenset({"headline", "body", "quote"})
_LONGEST_SUGGESTION: Final = 120
_MOST_SUGGESTIONS: Final = 200


def vocabulary(facts: Iterable[Fact]) -> dict[str, tuple[str, ...]]:
    """Return the words that standing facts use under each key: the most frequent first, then the most recent."""
    used: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for fact in sorted(facts, key=lambda fact: fact.version, reverse=True):
        if fact.stands:
            for key, word in _words(fact.data or {}):
                used[key][word] += 1
    return {key: tuple(word for word, _ in words.most_common(_MOST_SUGGESTIONS)) for key, words in used.items()}


def _words(data: JsonObject) -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        for word in value if isinstance(value, list) else [value]:
            if key not in _NOT_SUGGESTED and isinstance(word, str) and _is_word(word):
                yield key, word.strip()


def _is_word(text: str) -> bool:
    return 0 < len(text.strip()) <= _LONGEST_SUGGESTION and "\n" not in text
