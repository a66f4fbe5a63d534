"""Bulletins: what each event of a record means for a page that is open, with the fragments to show it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import Final

from flask import render_template, request

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
from timeline.web.pieces import Piece, Pieces, Setting, weight
from timeline.web.scoreboard import phase
from timeline.web.shelf import LARGEST, current_shelf

MOST: Final = 200
"""A page that is further behind than so many events is told to load itself anew."""


ROOM: Final = LARGEST // 2
"""Nor is it told more than this, as text weighs in memory; as much of a story's bulletins is kept for other pages."""
ERRATA: Final = 5
"""So many errata of an entry go with a change of it, its own the last. A page changes the others by itself, but for
one that was opened before it could: there those go that are not told."""


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One message to an open page: the version that it is about, and what it says, as JSON."""

    event: answers.BulletinName
    version: int
    text: str

    @property
    def id(self) -> int | None:
        """Its place in the record; None for the board, which only goes with what comes next."""
        return None if self.event == "board" else self.version

    def wire(self) -> str:
        """Return the message as an event stream has it (HTML Living Standard, server-sent events)."""
        id_ = "" if self.id is None else f"id: {self.id}\n"
        return f"{id_}event: {self.event}\ndata: {self.text}\n\n"

    def as_json(self) -> answers.Bulletin:
        return {"id": self.id, "event": self.event, "data": json.loads(self.text)}


def bulletins(desk: Desk, slug: str, after: int, upto: int) -> tuple[Bulletin, ...]:
    """Return what happened to a story behind a version, the board first; each entry as it stood at its event.

    Each is made once for all who ask, until anything of the story is taken down. To be called in a request's context.
    Raises UnknownStory.
    """
    if upto <= after:
        return ()
    if upto - after > MOST:
        return (reset(upto),)
    shelf, root = current_shelf(), request.script_root
    head, events = desk.record(slug, after, upto - after)
    with shelf.turn(slug):
        setting = Setting(shelf.find_bulletins(slug, root))  # Not before the head: what is found is good up to it.
        found = _bulletins(desk, events, setting)
        if not setting.texts.keys() <= setting.last.keys():
            shelf.keep_pieces(Pieces(head, root, _newest(setting), "bulletins"))
    return found


def reset(version: int) -> Bulletin:
    """Return the message that tells a page to load itself anew."""
    return Bulletin("reset", version, _json(version))


def _bulletins(desk: Desk, events: Sequence[Recorded], setting: Setting) -> tuple[Bulletin, ...]:
    last = events[-1]
    board = setting.take(("board", last.id, last.version, False), partial(_board, desk, last))
    found: list[Bulletin] = []
    room = ROOM - weight(board)
    for recorded in reversed(events):  # The newest first: they are asked for most.
        text = setting.take(("event", recorded.id, recorded.version, False), partial(_text, desk, recorded))
        room -= weight(text)
        if room < 0:
            return (reset(last.version),)
        found.append(Bulletin(_name(recorded), recorded.version, text))
    return Bulletin("board", last.version, board), *reversed(found)


def _newest(setting: Setting) -> dict[Piece, str]:
    """Return what is to be kept: what was asked for now and before, without older boards, as far as there is room."""
    older = {piece: text for piece, text in setting.last.items() if piece[0] != "board"}
    newest_first = sorted((older | setting.texts).items(), key=lambda item: item[0][2], reverse=True)
    sizes = accumulate(weight(text) for _, text in newest_first)
    return {piece: text for (piece, text), size in zip(newest_first, sizes, strict=True) if size <= ROOM}


def _json(version: int, **told: object) -> str:
    return json.dumps({"version": version, **told}, ensure_ascii=False)


def _board(desk: Desk, last: Recorded) -> str:
    with desk.looking(last.story, Vantage(as_of=last.version)) as sight:
        view = sight.view(NOTHING)
        cited = {str(fact.id): entry_of(fact, view.kind) for fact in sight.find_all(view.cites)}
    html = render_template(
        [f"boards/{view.kind.name}.html", "boards/any.html"],
        view=view,
        story=view.story,
        slug=last.story,
        zone=zone_of(view.story),
        cited=cited,
    )
    return _json(last.version, html=html, phase=phase(view.board))


def _text(desk: Desk, recorded: Recorded) -> str:
    return _json(recorded.version, **_data(desk, recorded))


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
    lasting = [erratum for erratum in found if is_amended and not erratum.notice.is_minor]
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
            # A takedown tells all that are left of it, so that no other stays.
            for erratum in (lasting if isinstance(recorded.event, FactTakenDown) else lasting[-ERRATA:])
        ],
    }


def _story_parts(desk: Desk, recorded: Recorded) -> Iterator[tuple[str, object]]:
    story = desk.story(recorded.story, recorded.version)
    yield "title", story.title
    yield "summary", story.summary
    yield "status", story.status
    yield "html", render_template("status.html", story=story, replayed=False)
