"""News: what a reader who was here at an earlier version has missed since."""

from collections.abc import Iterator
from dataclasses import dataclass

from timeline.desk import Changes
from timeline.domain.fact import Fact
from timeline.domain.ijson import JsonObject
from timeline.domain.story import Story
from timeline.entries import Alteration, Entry, Notice, alter, entry_of
from timeline.views import View


@dataclass(frozen=True, slots=True)
class Amended:
    """An entry that was there before, what was changed about it since, and how it is marked now."""

    entry: Entry
    notices: tuple[Notice, ...]
    marks: tuple[str, ...]

    @property
    def last(self) -> int:
        """The version of its latest change; 0 where it was only marked."""
        return self.notices[-1].change.version if self.notices else 0

    @property
    def weight(self) -> int:
        """How many changes there are to show; that it was only marked is one."""
        return max(1, len(self.notices))


@dataclass(frozen=True, slots=True)
class News:
    """What changed: the entries, the latest first; what the story is called; what is new on the board, in words."""

    new: tuple[Entry, ...]
    amended: tuple[Amended, ...]
    story: tuple[Alteration, ...]
    board: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.new or self.amended or self.story or self.board)


def news(changes: Changes) -> News:
    """Return what changed between two views of the record clock, where nothing once published goes away."""
    before, after = changes.before, changes.after
    new = [entry_of(each.after, after.kind) for each in changes.facts if each.after and not each.before]
    amended = [
        _amended(each.before, each.after, after, since=before.story.version)
        for each in changes.facts
        if each.before and each.after
    ]
    return News(
        new=tuple(sorted(new, key=lambda entry: -entry.fact.version)),
        amended=tuple(sorted(amended, key=lambda each: (-each.last, -each.entry.fact.version))),
        story=alter(_described(before.story), _described(after.story)),
        board=tuple(after.kind.turns(before.board, after.board)),
    )


def _amended(was: Fact, now: Fact, view: View, since: int) -> Amended:
    entry = entry_of(now, view.kind)
    notices = tuple(notice for notice in entry.notices if notice.change.version > since)
    return Amended(entry, notices, tuple(_marks(was, now)))


def _marks(was: Fact, now: Fact) -> Iterator[str]:
    if was.key != now.key:
        yield "Now a key moment" if now.key else "No longer a key moment"
    if was.pinned != now.pinned:
        yield "Now pinned" if now.pinned else "No longer pinned"


def _described(story: Story) -> JsonObject:
    coverage = {"open": "not live yet", "live": "live", "ended": "ended"}[story.status]
    return {"title": story.title, "summary": story.summary or "", "coverage": coverage}
