"""A story: what it is called and whether it is live, as its record says."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from timeline.domain.event import CoverageEnded, CoverageStarted, Recorded, StoryDescribed, StoryOpened


@dataclass(frozen=True, slots=True)
class Story:
    """A story at a version of its record (0: before its first event)."""

    slug: str
    title: str
    kind: str
    timezone: str
    language: str | None
    summary: str | None
    version: int
    status: Literal["open", "live", "ended"] = "open"


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
                )
            case StoryDescribed(title=title, summary=summary):
                story = replace(story, title=title or story.title, summary=summary or story.summary)
            case CoverageStarted():
                story = replace(story, status="live")
            case CoverageEnded():
                story = replace(story, status="ended")
            case _:
                pass
    return story
