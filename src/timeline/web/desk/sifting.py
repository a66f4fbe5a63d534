"""Sifting: what of a trail an address asks for, and from which place on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from flask import request

from timeline.clockwords import write_local
from timeline.domain.errors import MalformedMoment, MalformedParameter
from timeline.domain.event import EDITORIAL
from timeline.domain.moments import format_moment, parse_local, parse_moment
from timeline.store.trail import Place, Sought
from timeline.web.replay import whole_second

REPORTS: Final = "reports"
"""Asks for whatever a kind of story can report: all types but those that every kind has."""
PEOPLE: Final = "people"
"""Asks for what is on no story's record: who was let in, and with which right."""
GROUPS: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    REPORTS: ("Reports", frozenset(EDITORIAL)),
    "changes": (
        "Corrections, retractions, takedowns",
        frozenset({"fact.corrected", "fact.retracted", "fact.reinstated", "fact.taken_down"}),
    ),
    "marks": (
        "Pins and key moments",
        frozenset({"fact.pinned", "fact.unpinned", "fact.marked_key", "fact.unmarked_key"}),
    ),
    "story": (
        "The story and its coverage",
        frozenset({"story.opened", "story.described", "coverage.started", "coverage.ended"}),
    ),
}
"""Groups of types that may be asked for: their names and the types, for reports those that are not meant."""

_FIELDS: Final = ("person", "story", "what", "from", "until", "source")
_LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form asks for, and the fields that are filled in; their moments are those of `zone`."""

    values: Mapping[str, str]
    zone: ZoneInfo
    sought: Sought

    @property
    def is_of_people(self) -> bool:
        return self.values.get("what") == PEOPLE


def read_asked(zone: ZoneInfo) -> Asked:
    """Return what the address of this request asks for. Raises MalformedParameter and MalformedMoment."""
    values = {name: _text(name) for name in _FIELDS}
    since, until = (parse_local(values[name], zone) if values[name] else None for name in ("from", "until"))
    sought = Sought(
        actor=values["person"],
        types=_types(values["what"]),
        is_other=values["what"] == REPORTS,
        since=since,
        until=until and whole_second(until),
        source=values["source"],
    )
    values |= {name: write_local(each, zone) for name, each in (("from", since), ("until", until)) if each}
    return Asked({name: value for name, value in values.items() if value}, zone, sought)


def read_number(name: str) -> int | None:
    """Return the number that the address gives under a name. Raises MalformedParameter."""
    text = request.args.get(name, "")
    if text and not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        raise MalformedParameter(f"{name} is “{text[:80]}”; it is a number of up to nine digits")
    return int(text) if text else None


def read_place() -> Place | None:
    """Return the place before which the address goes on, if it names one. Raises MalformedParameter."""
    text = request.args.get("before", "")
    match = re.fullmatch(r"([^~]{1,40})~([0-9]{1,9})~([0-9]{1,9})", text, re.ASCII)
    try:
        if not text or match:
            return Place(parse_moment(match[1]), int(match[2]), int(match[3])) if match else None
    except MalformedMoment:
        pass
    raise MalformedParameter(f"“{text[:80]}” is no place in a trail: follow the link to what is older")


def write_place(place: Place) -> str:
    """Return a place as addresses carry it."""
    return f"{format_moment(place.recorded_at)}~{place.story}~{place.version}"


def _text(name: str) -> str:
    text = request.args.get(name, "").strip()
    if "\0" in text or len(text) > _LONGEST:  # Not every text can be asked for: PostgreSQL knows no NUL.
        raise MalformedParameter(f"{name} is “{text[:80]}”; nothing on record is called so")
    return text


def _types(what: str) -> frozenset[str]:
    if what in ("", PEOPLE):
        return frozenset()
    if what in GROUPS:
        return GROUPS[what][1]
    if "." in what:
        return frozenset({what})
    known = ", ".join((*GROUPS, PEOPLE))
    raise MalformedParameter(f"what to show is “{what[:80]}”; it is a type such as fact.corrected, or one of {known}")
