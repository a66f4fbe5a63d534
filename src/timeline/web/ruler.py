"""The ruler over the strip: the dates and hours that begin between its steps, as far as there is room for words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final, Literal

from timeline.domain.moments import Precision

WIDE: Final = 6.5
NARROW: Final = 19.0
"""The room that six letters need on a wide and on a narrow screen, in percent of the ruler; fewer need no less."""

Dated = tuple[int, datetime, Precision]
"""The place of a step in the row, and when it is, in the story's zone."""

_Taken = tuple[float, float]
"""Where words begin, and the room that they need from there on."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A date or an hour that begins at a place, in percent; `room`: on which screens there is room for its words."""

    place: float
    words: str
    is_date: bool
    room: Literal["any", "wide", "none"]


@dataclass(frozen=True, slots=True)
class _Beginning:
    step: int
    words: str
    is_date: bool
    length: int


def ticks(steps: Sequence[Dated], row: int) -> tuple[Tick, ...]:
    """Return the ticks of a row of so many steps; the dates with the most steps get their words first."""
    wide: list[_Taken] = []
    narrow: list[_Taken] = []
    found = []
    for beginning in sorted(_beginnings(steps), key=lambda each: (not each.is_date, -each.length, each.step)):
        place = percent(beginning.step - 0.5, row)
        length = max(6, len(beginning.words)) / 6
        has_wide = _takes(place, WIDE * length, wide)
        has_narrow = has_wide and _takes(place, NARROW * length, narrow)
        if has_wide or beginning.is_date:
            room: Literal["any", "wide", "none"] = "any" if has_narrow else "wide" if has_wide else "none"
            found.append(Tick(place, beginning.words, beginning.is_date, room))
    return tuple(sorted(found, key=lambda tick: tick.place))


def percent(step: float, row: int) -> float:
    """Return where a step stands in a row of so many, in percent of its length."""
    return 100 * step / max(1, row - 1)


def _beginnings(steps: Sequence[Dated]) -> Iterable[_Beginning]:
    year = steps[-1][1].year if steps else 0
    for words, group in groupby(steps, lambda step: _date(step[1], step[2], year)):
        day = list(group)
        yield _Beginning(day[0][0], words, True, len(day))
        timed = [step for step in day if step[2] in (Precision.SECOND, Precision.MINUTE, Precision.HOUR)]
        for hour, in_hour in groupby(timed, lambda step: step[1].hour):
            first = next(in_hour)[0]
            if first != day[0][0]:
                yield _Beginning(first, f"{hour:02}:00", False, 1)


def _date(there: datetime, precision: Precision, year: int) -> str:
    """Return `2 Mar`, with the year where it is not the one in which the row ends."""
    if precision is Precision.YEAR:
        return f"{there.year}"
    words = f"{there:%b}" if precision is Precision.MONTH else f"{there.day} {there:%b}"
    return words if there.year == year else f"{words} {there.year}"


def _takes(place: float, room: float, taken: list[_Taken]) -> bool:
    """Whether words fit in here, before the end and beside those that are there; if so, they take the place."""
    fits = place <= 100 - 1.25 * room and all(_is_free(*sorted([(place, room), other])) for other in taken)
    if fits:
        taken.append((place, room))
    return fits


def _is_free(left: _Taken, right: _Taken) -> bool:
    return right[0] - left[0] >= left[1]
