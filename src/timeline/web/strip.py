"""The strip: a whole story as one row of steps, on which a reader moves from moment to moment.

What lies behind the reader's moment is told by its time and its number alone: no kind, no title.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from math import ceil, log2
from typing import Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from timeline.clockwords import canonical, full, happened_in_full, local
from timeline.desk import Desk
from timeline.domain.event import EDITORIAL
from timeline.domain.fact import Content, Fact
from timeline.domain.moments import Precision
from timeline.domain.vantage import END, FIRST, Vantage
from timeline.entries import counted
from timeline.store.digests import Outline
from timeline.store.fact_versions import Flag
from timeline.store.rows import Outline as EventOutline
from timeline.views import Sight
from timeline.web.layout import LONG
from timeline.web.marks import WORDS, Mark, headline_of, in_order, lanes, marks_of, marks_of_many, told
from timeline.web.replay import Query, query
from timeline.web.ruler import Tick, percent, ticks

EXACT: Final = 2_000
"""A story of so many events is told moment by moment; of a longer one, stretches are."""
MOST: Final = 300
"""So many steps can be told apart on a screen; of more, neighbours are merged."""

_FINEST_FIRST: Final = tuple(Precision)


@dataclass(frozen=True, slots=True)
class Step:
    """A place to move to; `count` is how many events it brings, `local` when, in the story's zone."""

    to: Query
    when: str
    what: str = ""
    marks: tuple[Mark, ...] = ()
    count: int = 0
    local: datetime | None = None
    precision: Precision = Precision.SECOND
    is_seen: bool = True

    @property
    def title(self) -> str:
        """When and what."""
        return f"{self.when} · {self.told}" if self.told else self.when

    @property
    def told(self) -> str:
        """What it brings, with the kinds in words for those who do not see the shapes."""
        kinds = ", ".join(WORDS[mark].lower() for mark in self.marks if mark is not Mark.OTHER)
        return f"{self.what} ({kinds})" if kinds else self.what

    @property
    def height(self) -> float:
        """How high its bar stands: a doubling of the events is one more stair."""
        return round(5 + min(20, 2.9 * log2(self.count)), 1) if self.count else 0


@dataclass(frozen=True, slots=True)
class Strip:
    """The steps on one clock, and at which of them the reader stands.

    `known_today` and `as_published` are the same moment on either clock.
    """

    clock: Literal["at", "as_of"]
    steps: tuple[Step, ...]
    position: int
    now: Step
    ticks: tuple[Tick, ...]
    lanes: tuple[Mark, ...]
    known_today: Query
    as_published: Query
    previous_key: Query | None

    @property
    def title(self) -> str:
        return self.now.title

    def place(self, step: float) -> str:
        """Return where a step stands, in percent of the strip's length."""
        return f"{percent(step, len(self.steps)):.4g}%"


def strip_of(sight: Sight, zone: ZoneInfo) -> Strip | None:
    """Return the strip of a view, None where there is nothing to replay."""
    if sight.vantage.as_of is not None and sight.vantage.at is None:
        return _published(sight, zone)
    return _known(sight, zone)


def next_key(desk: Desk, slug: str, vantage: Vantage) -> Query:
    """Return the vantage of the next key moment on the clock that the vantage limits, else that clock's end.

    It is asked for, not linked to: that there is one is not told before. Raises UnknownStory, VersionBeyondHead.
    """
    with desk.looking(slug, vantage) as sight:
        here = query(vantage, sight.version)
        if vantage.as_of is not None and vantage.at is None:
            later = (version for version in sight.keys_marked() if version > sight.version)
            return here | {"as_of": str(next(later, sight.head.version))}
        moments = (canonical(moment) for moment in _key_moments(sight) if vantage.at and moment > vantage.at)
        return here | {"at": next(moments, None)}


def _known(sight: Sight, zone: ZoneInfo) -> Strip | None:
    """Return the strip on the story clock."""
    at, here = sight.vantage.at, query(sight.vantage, sight.version)
    first = sight.places(FIRST, END, limit=1)
    if not first:
        return None
    events = (_by_moment if sight.version <= EXACT else _by_stretch)(here, sight, zone)
    before = Step(here | {"at": canonical(_just_before(first[0][0]))}, "Before the first entry")
    when, what = ("Then", "all that was on record") if here["as_of"] else ("The present", "all that is on record")
    end = Step(here | {"at": None}, when, what)
    steps = (before, *events, replace(end, is_seen=at is None))
    position = _position(events) if at else len(steps) - 1
    keys = [moment for moment in _key_moments(sight) if not at or moment < at]
    return Strip(
        clock="at",
        steps=steps,
        position=position,
        now=replace(steps[position], when=full(at, zone).striptags()) if at else end,
        ticks=_ruled(steps),
        lanes=lanes(sight.kind),
        known_today={"at": here["at"], "as_of": None},
        as_published={"at": None, "as_of": here["as_of"] or str(sight.version_then)},
        previous_key=here | {"at": canonical(keys[-1])} if keys else None,
    )


def _published(sight: Sight, zone: ZoneInfo) -> Strip:
    """Return the strip on the record clock."""
    version = sight.version
    events = _by_event(sight, zone) if sight.head.version <= EXACT else _by_version(sight, zone)
    steps = (Step({"at": None, "as_of": "0"}, "Before the first event"), *events)
    position = _position(events)
    moment = sight.recorded_at or _just_before(sight.recorded_at_version(1))
    keys = [each for each in sight.keys_marked() if each < version]
    now = replace(steps[position], when=_version(version, moment, zone)) if version else steps[0]
    return Strip(
        clock="as_of",
        steps=steps,
        position=position,
        now=now,
        ticks=_ruled(steps),
        lanes=lanes(sight.kind),
        known_today={"at": canonical(moment), "as_of": None},
        as_published={"at": None, "as_of": str(version)},
        previous_key={"at": None, "as_of": str(keys[-1])} if keys else None,
    )


def _by_moment(here: Query, sight: Sight, zone: ZoneInfo) -> list[Step]:
    moments = groupby(sight.known(), lambda fact: fact.occurred_at)
    return _merge([_happened(list(group), here, sight, zone) for _, group in moments])


def _by_stretch(here: Query, sight: Sight, zone: ZoneInfo) -> list[Step]:
    return [_outlined(each, here, sight, zone) for each in sight.digests.outlines(MOST) if each.count]


def _by_event(sight: Sight, zone: ZoneInfo) -> list[Step]:
    facts = {fact.id: fact for fact in sight.known()}
    return _merge([_recorded(run, facts, sight, zone) for run in _runs(sight.outline())])


def _by_version(sight: Sight, zone: ZoneInfo) -> list[Step]:
    """Return steps of as many events each, marked where a key moment was chosen or anything was changed."""
    size, head = ceil(sight.head.version / MOST), sight.head.version
    ends = [*range(size, head, size), head]
    marked = dict.fromkeys(sight.changed_stretches(size), Mark.AMENDED)
    keys = {ceil(version / size) for version in sight.keys_marked()}
    steps = []
    for place, last in enumerate(sight.outline(ends), start=1):
        marks = in_order([*filter(None, [marked.get(place)]), *([Mark.KEY] if place in keys else [])])
        count = last.version - (place - 1) * size
        step = Step(
            to={"at": None, "as_of": str(last.version)},
            when=_version(last.version, last.recorded_at, zone),
            count=count,
            local=local(last.recorded_at, zone),
            is_seen=last.version <= sight.version,
        )
        steps.append(replace(step, what=counted(count, "event"), marks=marks) if step.is_seen else step)
    return steps


def _key_moments(sight: Sight) -> list[datetime]:
    """Return when the key moments were that are known, ahead of the reader's moment, too."""
    return [fact.occurred_at for fact in sight.marked(Flag.KEY, END) if fact.stands]


def _outlined(outline: Outline, here: Query, sight: Sight, zone: ZoneInfo) -> Step:
    """Return the step of many facts at once."""
    at, moment = sight.vantage.at, outline.last[0]
    step = Step(
        to=here | {"at": canonical(moment)},
        when=str(full(moment, zone).striptags()),
        count=outline.count,
        local=local(moment, zone),
        is_seen=at is None or moment <= at,
    )
    what = counted(outline.count, "entry", "entries")
    return replace(step, what=what, marks=marks_of_many(outline)) if step.is_seen else step


def _happened(facts: Sequence[Fact], here: Query, sight: Sight, zone: ZoneInfo) -> Step:
    """Return the step to which the facts of one moment belong."""
    at, moment = sight.vantage.at, facts[0].occurred_at
    finest = min((fact.content.precision for fact in facts), key=_FINEST_FIRST.index)
    step = Step(
        to=here | {"at": canonical(moment)},
        when=_when(moment, finest, zone),
        count=len(facts),
        local=local(moment, zone),
        precision=finest,
        is_seen=at is None or moment <= at,
    )
    if not step.is_seen:
        return step
    first = max(facts, key=lambda fact: fact.key)
    what = headline_of(first, sight.kind) if first.key or len(facts) == 1 else counted(len(facts), "entry", "entries")
    if first.key and len(facts) > 1:
        what += f", and {len(facts) - 1} more"
    return replace(step, what=what, marks=in_order(mark for fact in facts for mark in marks_of(fact)))


@lru_cache(4_096)
def _when(moment: datetime, precision: Precision, zone: ZoneInfo) -> str:
    return happened_in_full(Content(moment, precision, None), zone).striptags()


def _recorded(run: Sequence[EventOutline], facts: Mapping[UUID, Fact], sight: Sight, zone: ZoneInfo) -> Step:
    """Return the step of one event, or of many that are told as one."""
    last = run[-1]
    step = Step(
        to={"at": None, "as_of": str(last.version)},
        when=_version(last.version, last.recorded_at, zone),
        count=len(run),
        local=local(last.recorded_at, zone),
        is_seen=last.version <= sight.version,
    )
    if not step.is_seen:
        return step
    found = [told(each, facts, sight.kind) for each in run]
    what = found[0][0] if len(run) == 1 else counted(len(run), "entry", "entries")
    return replace(step, what=what, marks=in_order(mark for _, marks in found for mark in marks))


def _runs(outline: Iterable[EventOutline]) -> Iterator[list[EventOutline]]:
    """Yield events, those that the timeline folds as a run of one type and moment together."""
    for _, group in groupby(outline, _kinship):
        run = list(group)
        if len(run) >= LONG:
            yield run
        else:
            yield from ([each] for each in run)


def _kinship(event: EventOutline) -> tuple[object, ...]:
    return (event.version,) if event.type in EDITORIAL else (event.type, event.occurred_at)


def _merge(steps: Sequence[Step]) -> list[Step]:
    """Return no more steps than can be told apart: of neighbours that share one, the last gives the place."""
    size = ceil(len(steps) / MOST)
    return [_merged(steps[first : first + size]) for first in range(0, len(steps), size or 1)]


def _merged(steps: Sequence[Step]) -> Step:
    if len(steps) == 1:
        return steps[0]
    last, count = steps[-1], sum(step.count for step in steps)
    if not last.is_seen:
        return replace(last, count=count)
    marks = in_order(mark for step in steps for mark in step.marks)
    return replace(last, count=count, what=counted(count, "event"), marks=marks)


def _position(events: Iterable[Step]) -> int:
    """Return the index of the last step that is seen; 0 stands before the first event."""
    return sum(step.is_seen for step in events)


def _ruled(steps: Sequence[Step]) -> tuple[Tick, ...]:
    dated = [(place, step.local, step.precision) for place, step in enumerate(steps) if step.local]
    return ticks(dated, len(steps))


def _version(version: int, moment: datetime, zone: ZoneInfo) -> str:
    return f"{full(moment, zone).striptags()}, version {version}"


def _just_before(moment: datetime) -> datetime:
    try:
        return moment - timedelta(seconds=1)
    except OverflowError:
        return moment
