"""Replay: where a reader stands on the two clocks, what the form sends, and the links that lead elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from timeline.clockwords import canonical, is_local, write_local, zone_of
from timeline.desk import Desk
from timeline.domain.moments import parse_local
from timeline.domain.story import Story
from timeline.domain.vantage import Vantage, read_as_of
from timeline.views import Page, View

Query = dict[str, str | None]
"""The two arguments that an address of a replay carries; None for a clock without limit."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """What the form shows of a vantage, and one step to each side on either clock; None where there is none."""

    at: str
    as_of: str
    at_earlier: Query | None
    at_later: Query | None
    as_of_earlier: Query | None
    as_of_later: Query | None


def query(vantage: Vantage, version: int) -> Query:
    """Return the canonical arguments of a vantage: permalinks carry the version."""
    return {
        "at": None if vantage.at is None else canonical(vantage.at),
        "as_of": None if vantage.as_of is None else str(version),
    }


def clocks(view: View, zone: ZoneInfo) -> Clocks:
    """Return the two clocks as they stand in a view."""
    here = query(view.vantage, view.story.version)
    version = view.story.version
    published = None if view.vantage.as_of is None else view.recorded_at
    return Clocks(
        at="" if view.vantage.at is None else write_local(view.vantage.at, zone),
        as_of=write_published(published, zone),
        at_earlier=None if view.earlier is None else here | {"at": canonical(view.earlier)},
        at_later=None if view.later is None else here | {"at": canonical(view.later)},
        as_of_earlier=here | {"as_of": str(version - 1)} if version else None,
        as_of_later=here | {"as_of": str(version + 1)} if version < view.head else None,
    )


def write_published(moment: datetime | None, zone: ZoneInfo) -> str:
    """Return what a field of the record clock shows: the second, of which the whole is meant."""
    return "" if moment is None else write_local(moment.replace(microsecond=0), zone)


def is_from_form(at: str | None, as_of: str | None) -> bool:
    """Whether the arguments are those of the form, empty or without a zone, and not yet an address to keep."""
    return any(text == "" or (text is not None and is_local(text)) for text in (at, as_of))


def resolve_form(desk: Desk, slug: str, at: str | None, as_of: str | None) -> Query:
    """Return the canonical arguments for what the form sent; a moment without a zone is the story's local time.

    Of the record clock the reader means the whole second that the field shows. Raises UnknownStory,
    VersionBeyondHead and MalformedMoment.
    """
    zone = zone_of(desk.story(slug, 0))
    moment = parse_local(at, zone) if at else None
    place: datetime | int | None = None
    if as_of:
        place = whole_second(parse_local(as_of, zone)) if is_local(as_of) else read_as_of(as_of)
    return query(Vantage(moment, place), desk.story(slug, place).version if as_of else 0)


def story_then(desk: Desk, view: Page) -> Story:
    """Return the story as it was called when the view ends: no headline of today over what had happened by then."""
    at = view.vantage.at
    if at is None or view.recorded_at is None or view.recorded_at <= at:
        return view.story
    return desk.story(view.story.slug, at)


def whole_second(moment: datetime) -> datetime:
    """Return the end of the second that a field shows."""
    return moment if moment.microsecond else moment.replace(microsecond=999_999)
