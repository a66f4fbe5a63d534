"""Bulletins: what each event of a record means for a page that is open, with the fragments to show it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from flask import render_template

from timeline import answers
from timeline.clockwords import heading, zone_of
from timeline.desk import Desk
from timeline.domain.event import (
    CoverageEnded,
    CoverageStarted,
    Erased,
    FactCorrected,
    FactReinstated,
    FactReported,
    FactRetracted,
    FactTakenDown,
    Recorded,
    StoryDescribed,
    StoryOpened,
)
from timeline.domain.ijson import JsonObject
from timeline.domain.vantage import NOTHING, Vantage
from timeline.entries import entry_of
from timeline.kinds.kind import find_kind
from timeline.web.errata import errata
from timeline.web.scoreboard import phase

MOST: Final = 200
"""A page that is further behind than so many events is told to load itself anew."""


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One message to an open page; `version` is its place in the record, None for what only goes with the next."""

    event: answers.BulletinName
    data: JsonObject
    version: int | None = None

    def wire(self) -> str:
        """Return the message as an event stream has it (HTML Living Standard, server-sent events)."""
        id_ = "" if self.version is None else f"id: {self.version}\n"
        return f"{id_}event: {self.event}\ndata: {json.dumps(self.data, ensure_ascii=False)}\n\n"

    def as_json(self) -> answers.Bulletin:
        return {"id": self.version, "event": self.event, "data": self.data}


def bulletins(desk: Desk, slug: str, after: int, upto: int) -> list[Bulletin]:
    """Return what happened to a story behind a version, the board first; each entry as it stood at its event.

    To be called in a request's context. Raises UnknownStory.
    """
    if upto <= after:
        return []
    if upto - after > MOST:
        return [Bulletin("reset", {"version": upto}, upto)]
    events = desk.record(slug, after, upto - after)[1]
    return [_board(desk, slug, upto), *(_bulletin(desk, recorded) for recorded in events)]


def _board(desk: Desk, slug: str, version: int) -> Bulletin:
    with desk.looking(slug, Vantage(as_of=version)) as sight:
        view = sight.view(NOTHING)
        cited = {str(fact.id): entry_of(fact, view.kind) for fact in sight.find_all(view.cites)}
    html = render_template(
        [f"boards/{view.kind.name}.html", "boards/any.html"],
        view=view,
        story=view.story,
        slug=slug,
        zone=zone_of(view.story),
        cited=cited,
    )
    return Bulletin("board", {"version": version, "html": html, "phase": phase(view.board)})


def _bulletin(desk: Desk, recorded: Recorded) -> Bulletin:
    data = {"version": recorded.version, **_data(desk, recorded)}
    return Bulletin(_name(recorded), data, recorded.version)


def _name(recorded: Recorded) -> answers.BulletinName:
    match recorded.event:
        case FactReported():
            return "published"
        case FactCorrected():
            return "corrected"
        case FactRetracted():
            return "retracted"
        case FactReinstated():
            return "reinstated"
        case FactTakenDown():
            return "taken_down"
        case CoverageEnded():
            return "ended"
        case StoryOpened() | StoryDescribed() | CoverageStarted() | Erased():  # Nothing is left to tell of it.
            return "described"
        case _:
            return "pinned"


def _data(desk: Desk, recorded: Recorded) -> JsonObject:
    if recorded.fact is None:
        return dict(_story_parts(desk, recorded))
    story, fact = desk.fact(recorded.story, recorded.fact, recorded.version)
    zone = zone_of(story)
    entry = entry_of(fact, find_kind(story.kind))
    told = {"slug": story.slug, "zone": zone}
    found = errata([entry])
    is_amended = any(erratum.version == recorded.version for erratum in found)
    return {
        "id": f"fact-{fact.id}",
        "order": entry.order,
        "day": str(heading(entry.content, zone)),
        "minor": isinstance(recorded.event, FactCorrected) and recorded.event.kind == "minor",
        "html": render_template("bulletin.html", entry=entry, story=story, **told),
        "errata": [
            {
                "id": f"v{erratum.version}",
                "order": erratum.order,
                "day": str(heading(erratum.content, zone)),
                "html": render_template("erratum.html", erratum=erratum, **told),
            }
            for erratum in found
            if is_amended and not erratum.notice.is_minor  # All of them: each names the entry by its headline.
        ],
    }


def _story_parts(desk: Desk, recorded: Recorded) -> Iterator[tuple[str, object]]:
    story = desk.story(recorded.story, recorded.version)
    yield "title", story.title
    yield "summary", story.summary
    yield "status", story.status
    yield "html", render_template("status.html", story=story, replayed=False)
