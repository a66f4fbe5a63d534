"""Clock words: moments as a reader of the story's own place would say them, the zone always named."""

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from timeline.domain.fact import Content
from timeline.domain.moments import Precision
from timeline.domain.story import Story

_FIELD: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?", re.ASCII)


def zone_of(story: Story) -> ZoneInfo:
    """Return the zone in whose words the story's moments are told."""
    return ZoneInfo(story.timezone)


def clock(moment: datetime, zone: ZoneInfo) -> Markup:
    """Return `21:04 PST` as a `time` element."""
    return _element(_hands(moment, zone), _machine(moment))


def full(moment: datetime, zone: ZoneInfo) -> Markup:
    """Return `21:04:12 PST on 26 February 2017` as a `time` element."""
    there = local(moment, zone)
    words = f"{there:%H:%M:%S} {_abbreviation(there)} on {_date(there)}"
    return _element(words, _machine(moment))


def published(moment: datetime, zone: ZoneInfo, beside: datetime) -> Markup:
    """Return the time of publication, with its date where that is not the date of the moment beside it."""
    there = local(moment, zone)
    words = _hands(moment, zone)
    if there.date() != local(beside, zone).date():
        words += f" on {_date(there)}"
    return _element(words, _machine(moment))


def happened(content: Content, zone: ZoneInfo) -> Markup:
    """Return when a fact happened, no more precisely than is known; the date only where it is all there is."""
    there = local(content.occurred_at, zone)
    match content.precision:
        case Precision.YEAR:
            return _element(f"{there.year}", f"{there.year:04}")
        case Precision.MONTH:
            return _element(f"{there:%B} {there.year}", f"{there.year:04}-{there:%m}")
        case Precision.DAY:
            return _element(_date(there), there.date().isoformat())
        case Precision.HOUR:
            return _element(_about(there), _machine(content.occurred_at))
        case Precision.MINUTE | Precision.SECOND:
            return clock(content.occurred_at, zone)


def happened_in_full(content: Content, zone: ZoneInfo) -> Markup:
    """Return when a fact happened, with its date."""
    words = happened(content, zone)
    if content.precision in _DATED:
        return words
    there = local(content.occurred_at, zone)
    return words + " on " + _element(_date(there), there.date().isoformat())


def heading(content: Content, zone: ZoneInfo) -> Markup:
    """Return the date under which a fact stands in the timeline: a day, or the month or year if no day is known."""
    there = local(content.occurred_at, zone)
    if content.precision in (Precision.MONTH, Precision.YEAR):
        return happened(content, zone)
    return _weekday(there.date())


def elapsed(span: timedelta) -> str:
    """Return `3 days`, `26 minutes`, `1 hour` or `12 seconds`: the largest whole unit."""
    seconds = max(0, int(span.total_seconds()))
    unit, length = next((each for each in _UNITS if seconds >= each[1]), ("second", 1))
    count = seconds // length
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def canonical(moment: datetime) -> str:
    """Return `2017-02-27T05:04:00Z`, the shortest form in UTC: what links carry."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def is_local(text: str) -> bool:
    """Whether the text is what a browser's date-time field sends: a moment without its zone."""
    return _FIELD.fullmatch(text) is not None


def write_local(moment: datetime, zone: ZoneInfo) -> str:
    """Return what a date-time field shows of a moment: its second, or the next one if it lies between two."""
    there = local(moment, zone).replace(tzinfo=None)
    if there.microsecond:
        with suppress(OverflowError):  # The calendar's last second is its own.
            there = there.replace(microsecond=0) + timedelta(seconds=1)
    return there.isoformat(timespec="seconds")


def local(moment: datetime, zone: tzinfo) -> datetime:
    """Return the moment in the zone; in UTC where the zone's calendar ends before the year 1 or after 9999."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return moment


_UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60))
_DATED: Final = (Precision.DAY, Precision.MONTH, Precision.YEAR)


def _hands(moment: datetime, zone: ZoneInfo) -> str:
    there = local(moment, zone)
    return f"{there:%H:%M} {_abbreviation(there)}"


def _about(there: datetime) -> str:
    """Return the nearest full hour; towards the end of a day it is midnight, which no date has to follow."""
    hour = there.hour + (there.minute >= 30)
    return f"about {hour:02}:00 {_abbreviation(there)}" if hour % 24 else f"about midnight {_abbreviation(there)}"


def _abbreviation(there: datetime) -> str:
    """Return `PST`; zones that have only an offset for a name are given with UTC before it."""
    name = there.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


@lru_cache(1_000)
def _weekday(day: date) -> Markup:
    return _element(f"{day:%A} {_date(day)}", day.isoformat())


def _date(there: date) -> str:
    return f"{there.day} {there:%B} {there.year}"


def _machine(moment: datetime) -> str:
    """Return the moment's second for a machine that reads the page: HTML cannot write microseconds."""
    return canonical(moment.replace(microsecond=0))


def _element(words: str, machine: str) -> Markup:
    return Markup(f'<time datetime="{escape(machine)}">{escape(words)}</time>')  # noqa: S704 — both are escaped.
