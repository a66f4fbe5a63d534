"""Errata: what was changed about a story's entries, each change by itself, and how much of it there is."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from timeline.domain.fact import Content, Fact
from timeline.domain.moments import Precision, format_moment
from timeline.domain.vantage import END, Place
from timeline.entries import Entry, Notice, entry_of
from timeline.kinds.kind import Kind
from timeline.views import Sight

_COUNTED: Final = {
    "Correction": "Corrections",
    "Clarification": "Clarifications",
    "Update": "Updates",
    "Retracted": "Retractions",
    "Reinstated": "Reinstatements",
    "Taken down": "Takedowns",
    "Minor edit": "Minor edits",
}
"""What errata are called where they are counted, by their label."""

_MISTAKES: Final = ("Correction", "Retracted")
"""The errata that say that something was wrong: how fast they come is what a desk is measured by."""


@dataclass(frozen=True, slots=True)
class Erratum:
    """A notice that stands by itself, with the entry that it is about."""

    entry: Entry
    notice: Notice

    @property
    def recorded_at(self) -> datetime:
        return self.notice.change.recorded_at

    @property
    def version(self) -> int:
        return self.notice.change.version

    @property
    def content(self) -> Content:
        """When it was published, as entries have it: it stands among them at its place on the record clock."""
        return Content(self.recorded_at, Precision.SECOND, None)

    @property
    def order(self) -> str:
        """A text by which it sorts among entries."""
        return _order(self.recorded_at, self.version)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many errata there are of each kind that there is, and in what time mistakes were corrected."""

    counts: tuple[tuple[str, int], ...]
    median: timedelta | None


def errata(entries: Iterable[Entry], at: datetime | None = None) -> list[Erratum]:
    """Return what was changed about entries, in the order of the record; with `at` only what was out by then."""
    found = [Erratum(entry, notice) for entry in entries for notice in entry.notices]
    found = [erratum for erratum in found if at is None or erratum.recorded_at <= at]
    return sorted(found, key=lambda erratum: erratum.version)


def latest_errata(sight: Sight, before: Place | None, since: datetime | None, most: int) -> tuple[list[Erratum], str]:
    """Return what was changed last about the entries of a view, minor edits aside, before a place, since a moment.

    Beside it, the order behind which there may be more of it; the empty text if this is all.
    """
    end = min(sight.version_then + 1, sight.version_behind(before) if before else END[1])
    versions, facts = sight.changes(sight.version_before(since) if since else 0, end, most)
    shown = [fact for fact in facts if sight.vantage.at is None or fact.occurred_at <= sight.vantage.at]
    found = [each for each in errata_of(shown, sight.kind) if each.version in versions]
    is_all = len(versions) < most
    return found, "" if is_all else _order(sight.recorded_at_version(versions[-1]), versions[-1])


def errata_of(facts: Iterable[Fact], kind: Kind, at: datetime | None = None) -> list[Erratum]:
    """Return what was changed about facts, as `errata` does."""
    return errata((entry_of(fact, kind) for fact in facts), at)


def count(found: Iterable[Erratum]) -> Tally:
    """Return how many errata there are."""
    notices = [erratum.notice for erratum in found]
    kinds = Counter(notice.label for notice in notices)
    seconds = [notice.after.total_seconds() for notice in notices if notice.label in _MISTAKES]
    return Tally(
        counts=tuple((name, kinds[label]) for label, name in _COUNTED.items() if kinds[label]),
        median=timedelta(seconds=median(seconds)) if seconds else None,
    )


def _order(moment: datetime, version: int) -> str:
    return f"{format_moment(moment)}#{version:09}"
