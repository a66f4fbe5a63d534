"""A rehearsal: a story's record played again, in its own rhythm, into a new story."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from timeline.desk import Desk
from timeline.domain.event import Draft, FactReported, Recorded
from timeline.domain.ijson import JsonObject


@dataclass(slots=True)
class Rehearsal:
    """`speed` times as fast as the story went, and no pause longer than `longest_pause`.

    What happened when stays as it was (the story clock); only the publication is repeated, now (the record clock).
    Facts that were taken down, and what was said about them, are left out.
    """

    desk: Desk
    slug: str
    into: str
    actor: str
    speed: float
    longest_pause: timedelta = timedelta(seconds=10)
    sleep: Callable[[float], None] = time.sleep
    _ids: dict[UUID, UUID] = field(default_factory=dict)

    def play(self) -> Iterator[Recorded]:
        """Append the events one by one, yielding each as recorded. Raises UnknownStory, InvalidSlug, StoryExists."""
        version, last = 0, None
        while events := self.desk.record(self.slug, version, 1)[1]:
            recorded_at = events[0].recorded_at
            if last is not None:
                pause = (recorded_at - last).total_seconds() / self.speed
                self.sleep(min(pause, self.longest_pause.total_seconds()))
            (original,) = self.desk.record(self.slug, version, 1)[1]  # It may have been taken down meanwhile.
            version, last = original.version, recorded_at
            if draft := self._again(original):
                yield self.desk.append(self.into, [draft], actor=self.actor)[0]

    def _again(self, original: Recorded) -> Draft | None:
        if original.data is None:
            return None
        id_, data = uuid7(), original.data
        if isinstance(original.event, FactReported):
            self._ids[original.id] = id_
        elif original.fact is not None:
            if original.fact not in self._ids:
                return None
            data = data | {"fact": str(self._ids[original.fact])}
        return Draft(
            id=id_,
            type=original.type,
            data=_retitled(data) if original.type in ("story.opened", "story.described") else data,
            occurred_at=original.occurred_at if isinstance(original.event, FactReported) else None,
            precision=original.precision,
            source=original.source,
        )


def _retitled(data: JsonObject) -> JsonObject:
    return data | {"title": f"Rehearsal: {data['title']}"[:500]} if "title" in data else data
