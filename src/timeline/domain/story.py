"""A story: what it is called and whether it is live, as its record says."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from timeline.domain.event import CoverageEnded, CoverageStarted, Recorded, StoryDescribed, StoryOpened


@dataclass(frozen=True, slots=True)
class Story:
    """A story at a version of its record (0: before its first event).

    `id` is that of the event that opens it. `opened_at`, `started_at` (coverage, for the first time) and `ended_at`
    (None unless coverage has ended) are moments on the record clock.
    """

    slug: str
    title: str
    kind: str
    timezone: str
    language: str | None
    summary: str | None
    version: int
    status: Literal["open", "live", "ended"] = "open"
    id: UUID | None = None
    opened_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None


def tell(slug: str, record: Iterable[Recorded], version: int) -> Story:
    """Return the story as the events about it leave it; at version 0 they are the one that opens it."""
    story = Story(slug, "", "", "UTC", None, None, version)
    for recorded in record:
        match recorded.event:
            case StoryOpened() as opened:
                story = replace(
                    story,
                    title=opened.title,
                    kind=opened.kind,
                    timezone=opened.timezone,
                    language=opened.language,
                    summary=opened.summary,
                    id=recorded.id,
                    opened_at=recorded.recorded_at,
                )
            case StoryDescribed(title=title, summary=summary):
                story = replace(story, title=title or story.title, summary=summary or story.summary)
            case CoverageStarted():
                started_at = story.started_at or recorded.recorded_at
                story = replace(story, status="live", started_at=started_at, ended_at=None)
            case CoverageEnded():
                story = replace(story, status="ended", ended_at=recorded.recorded_at)
            case _:
                pass
    return story
