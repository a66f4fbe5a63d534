"""Moments: instants in UTC to the microsecond, and how precisely they are known."""

import re
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Annotated, Final

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from timeline.domain.errors import MalformedMoment, NaiveMoment

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]([01]\d|2[0-3]):\d\d(:\d\d(\.\d{1,6})?)?(?P<zone>[Zz]|[+-]\d\d:[0-5]\d)?", re.ASCII
)
_DAYS = r"(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31"
_YEARS = r"[0-9]{3}[1-9]|[0-9]{2}[1-9][0-9]|[0-9][1-9][0-9]{2}|[1-9][0-9]{3}"
_LEAP_YEARS = r"[0-9][0-9](0[48]|[2468][048]|[13579][26])|(0[48]|[2468][048]|[13579][26])00"
WRITTEN = (
    rf"(({_YEARS})-({_DAYS})|({_LEAP_YEARS})-02-29)"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
)
"""A moment as programs are told to write it: a pattern for schemas. A little more is read than this."""


_FORM: Final = "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ"


class Precision(StrEnum):
    """How precisely a moment on the story clock is known."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


def parse_moment(text: str) -> datetime:
    """Return the moment that a text of RFC 3339 names, in UTC.

    Seconds may be missing. Raises MalformedMoment, and NaiveMoment where there is no zone.
    """
    match = _RFC_3339.fullmatch(text)
    if match is None:
        raise MalformedMoment(text)
    if match["zone"] is None:
        raise NaiveMoment(text)
    return _in_utc(text, UTC)


def parse_local(text: str, zone: tzinfo) -> datetime:
    """Return the moment that a text of RFC 3339 names, in UTC; without a zone it is a local time of `zone`.

    Of a local time that the clocks show twice, the first; one that they leave out is refused. Raises
    MalformedMoment.
    """
    try:
        return parse_moment(text)
    except NaiveMoment:
        moment = _in_utc(text, zone)
    if moment.astimezone(zone).replace(tzinfo=None) != datetime.fromisoformat(text.upper()):
        raise MalformedMoment(text, f"the clocks of {zone} skip it")
    return moment


def format_moment(moment: datetime) -> str:
    """Return `2025-03-03T03:45:00.000000Z`: one form for every moment, so that equal moments are equal texts."""
    utc = moment.astimezone(UTC)
    # In half the time of isoformat, which is felt where millions of moments are hashed.
    return _FORM % (utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second, utc.microsecond)


def _in_utc(text: str, zone: tzinfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text.upper())
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedMoment(text, str(error)) from None


def _validate(value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo is not None:  # A draft that is copied brings what was read.
        return value.astimezone(UTC)
    if not isinstance(value, str):
        raise PydanticCustomError("malformed_moment", "a moment is a text such as 2025-03-03T03:45:00Z")
    try:
        return parse_moment(value)
    except MalformedMoment as error:
        raise PydanticCustomError(error.code.replace("-", "_"), "{why}", {"why": str(error)}) from None


Moment = Annotated[datetime, BeforeValidator(_validate), Field(json_schema_extra={"pattern": f"^{WRITTEN}$"})]
"""A field of a model that is a moment: read from RFC 3339, kept in UTC."""
