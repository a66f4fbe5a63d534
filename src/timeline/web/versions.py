"""The versions of an entry: what it has said, and how any two of them differ."""

import re
from dataclasses import dataclass

from timeline.domain.errors import MalformedVantage, VersionBeyondHead
from timeline.domain.fact import Content
from timeline.entries import Alteration, Entry, alter, moves


@dataclass(frozen=True, slots=True)
class Version:
    """What an entry said from a version of its record on; `label` is what made it say so."""

    number: int
    label: str
    content: Content


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of an entry, and what changed from the one to the other."""

    before: Version
    after: Version
    moved: tuple[Content, Content] | None
    alterations: tuple[Alteration, ...]


def versions(entry: Entry) -> tuple[Version, ...]:
    """Return everything that an entry has said, oldest first; nothing once it was taken down."""
    fact = entry.fact
    if fact.data is None:
        return ()
    first = Version(fact.version, "Published", fact.reported)
    changes = ((notice.label, notice.change) for notice in entry.notices)
    return (first, *(Version(each.version, label, each.after) for label, each in changes if each.after))


def compare(entry: Entry, before: str | None, after: str | None, slug: str, head: int) -> Comparison | None:
    """Return how the two versions differ that an address names, if it names any; the first and the last by default.

    Raises MalformedVantage and VersionBeyondHead.
    """
    if before is None and after is None:
        return None
    known = versions(entry)
    if not known:
        raise MalformedVantage("the entry was taken down; none of its versions can be compared")
    old = known[0] if before is None else _find(known, "from", before, slug, head)
    new = known[-1] if after is None else _find(known, "to", after, slug, head)
    return Comparison(
        *(old, new),
        moved=moves(old.content, new.content),
        alterations=alter(old.content.data or {}, new.content.data or {}),
    )


def _find(known: tuple[Version, ...], name: str, text: str, slug: str, head: int) -> Version:
    number = int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else 0
    if number > head:
        raise VersionBeyondHead(slug, head, number)
    for version in known:
        if version.number == number:
            return version
    numbers = ", ".join(str(version.number) for version in known)
    raise MalformedVantage(f"{name} is “{text[:80]}”; the versions of this entry are {numbers}")
