"""Errata: what was changed about a story's entries, each change by itself, and how much of it there is."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from timeline.domain.fact import Content, Fact
from timeline.domain.moments import Precision, format_moment
from timeline.domain.vantage import END, Place
from timeline.entries import LABELS, Entry, Notice, entry_of
from timeline.views import Amendment, Sight

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


def errata(entries: Iterable[Entry]) -> list[Erratum]:
    """Return what was changed about entries, in the order of the record."""
    found = [Erratum(entry, notice) for entry in entries for notice in entry.notices]
    return sorted(found, key=lambda erratum: erratum.version)


def latest_errata(sight: Sight, before: Place | None, since: datetime | None, most: int) -> tuple[list[Erratum], str]:
    """Return what was changed last about the entries of a view, minor edits aside, before a place, since a moment.

    Beside it, the order behind which there may be more of it; the empty text if this is all.
    """
    end = sight.version_behind(before) if before else END[1]
    versions, facts = sight.changes(sight.version_before(since) if since else 0, end, most)
    is_all = len(versions) < most
    last = "" if is_all else _order(sight.recorded_at_version(versions[-1]), versions[-1])
    return _errata_of(versions, facts, sight), last


def errata_before(sight: Sight, version: int, most: int) -> tuple[list[Erratum], int | None]:
    """Return what was changed last about the entries of a view, before a version, the last first.

    Beside it, the version before which there is more of it, if there is.
    """
    versions, facts = sight.changes(0, version, most + 1, minor=True)
    return _errata_of(versions[:most], facts, sight)[::-1], versions[most - 1] if len(versions) > most else None


def count(amendments: Iterable[Amendment]) -> Tally:
    """Return how many errata there are."""
    told = [(LABELS[kind], after) for kind, after in amendments]
    kinds = Counter(label for label, _ in told)
    seconds = [after.total_seconds() for label, after in told if label in _MISTAKES]
    return Tally(
        counts=tuple((name, kinds[label]) for label, name in _COUNTED.items() if kinds[label]),
        median=timedelta(seconds=median(seconds)) if seconds else None,
    )


def _errata_of(versions: Sequence[int], facts: Iterable[Fact], sight: Sight) -> list[Erratum]:
    """Return what was changed about facts by events of these versions."""
    wanted = set(versions)
    return [each for each in errata(entry_of(fact, sight.kind) for fact in facts) if each.version in wanted]


def _order(moment: datetime, version: int) -> str:
    return f"{format_moment(moment)}#{version:09}"
