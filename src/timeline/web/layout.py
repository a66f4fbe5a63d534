"""The layout of the timeline: newest first, under its dates, long runs of one type and moment folded together."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup

from timeline.clockwords import heading
from timeline.domain.errors import MalformedMoment, MalformedParameter
from timeline.domain.fact import Content
from timeline.domain.moments import parse_moment
from timeline.domain.vantage import Place
from timeline.entries import Entry
from timeline.kinds.kind import REPORTED
from timeline.web.errata import Erratum

PAGE: Final = 200
"""So many entries make a page; more than that nobody reads at once."""
LONG: Final = 6
"""A run of so many entries is folded, so that a morning's nominations do not drown the night."""


@dataclass(frozen=True, slots=True)
class Run:
    """Entries of one type and one moment, in the order of the record, by their category where they have one."""

    entries: tuple[Entry, ...]

    @property
    def content(self) -> Content:
        return self.entries[0].content

    @property
    def title(self) -> str:
        """What they are and how many: “35 nominations”."""
        return f"{len(self.entries)} {_plural(self.entries[0].type.partition('.')[0].replace('_', ' '))}"

    @property
    def amended(self) -> int:
        """How many of them a reader finds amended."""
        return sum(bool(entry.badges) for entry in self.entries)

    def by_category(self) -> list[tuple[str, list[Entry]]]:
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(str((entry.fact.data or {}).get("category", "")), []).append(entry)
        return list(found.items())


@dataclass(frozen=True, slots=True)
class Day:
    """A date of the timeline, in words, and what stands under it."""

    heading: Markup
    items: tuple[Entry | Run | Erratum, ...]


def read_before(text: str | None) -> Place | None:
    """Return the place that a link to older entries names. Raises MalformedParameter."""
    if not text:
        return None
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)#(\d{9})", text, re.ASCII)
    try:
        if match:
            return parse_moment(match[1]), int(match[2])
    except MalformedMoment:
        pass
    raise MalformedParameter(f"“{text[:80]}” is no place in a timeline: follow the link to earlier entries")


def lay_out(items: Iterable[Entry | Erratum], zone: ZoneInfo) -> tuple[Day, ...]:
    """Return entries, and what was changed about them, as the days of a timeline, newest first."""
    newest_first = sorted(items, key=lambda item: item.order, reverse=True)
    days = groupby(newest_first, key=lambda item: heading(item.content, zone))
    return tuple(Day(title, tuple(_items(day))) for title, day in days)


def _items(items: Iterable[Entry | Erratum]) -> Iterator[Entry | Run | Erratum]:
    for _, group in groupby(items, key=_kinship):
        alike = tuple(group)
        run = tuple(item for item in alike if isinstance(item, Entry))
        if len(run) >= LONG:
            yield Run(run[::-1])
        else:
            yield from alike


def _kinship(entry: Entry | Erratum) -> tuple[object, ...]:
    """Return what entries of one run share; reports, key moments and what was taken back stand for themselves."""
    if isinstance(entry, Erratum):
        return (entry.version,)
    if entry.type == REPORTED or entry.fact.key or not entry.fact.stands:
        return (entry.id,)
    return (entry.type, entry.content.occurred_at, entry.content.precision)


def _plural(noun: str) -> str:
    return f"{noun}es" if noun.endswith(("s", "x", "z", "ch", "sh")) else f"{noun}s"
