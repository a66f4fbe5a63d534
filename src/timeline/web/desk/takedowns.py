"""Takedowns at the desk: one person asks, having seen what will be erased; another decides, and sees what was."""

from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Final
from uuid import UUID

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from timeline.clockwords import zone_of
from timeline.domain.errors import Faulty, MissingNote, Refusal, TakedownOpen
from timeline.domain.event import FactCorrected, Recorded
from timeline.domain.fact import Content
from timeline.domain.moments import format_moment
from timeline.entries import Detail, wording
from timeline.store import takedowns
from timeline.store.erasure import prove, reach
from timeline.store.people import Role, may
from timeline.store.takedowns import find_open, find_takedown
from timeline.store.tree import leaf
from timeline.web.access import require
from timeline.web.desk.door import told
from timeline.web.desk.guard import current_person, guard
from timeline.web.newsroom import current_desk
from timeline.web.problems import Forbidden

BASES: Final = ("court order", "data protection", "safety of a person", "copyright", "other")
"""The usual ones: the field takes any."""

blueprint = Blueprint("takedowns", __name__)
guard(blueprint)


@dataclass(frozen=True, slots=True)
class Text:
    """An event about a fact with all the text that it has, as readers' pages set it; none, once it is erased."""

    recorded: Recorded
    details: tuple[Detail, ...]

    @property
    def leaf(self) -> bytes:
        """Its hash in the story's tree, computed from what is there now."""
        return leaf(self.recorded)


@blueprint.get("/stories/<slug>/facts/<uuid:id_>/takedown")
def form(slug: str, id_: UUID) -> str:
    """Ask on which basis a fact should be taken down, beside the list of what that erases."""
    _require(slug)
    return _form(slug, id_)


@blueprint.post("/stories/<slug>/facts/<uuid:id_>/takedown")
def ask(slug: str, id_: UUID) -> AnyResponse:
    """Ask for a takedown; it waits for a second person."""
    _require(slug)
    desk, by = current_desk(), current_person().name
    basis, note = (request.form.get(name, "").replace("\r\n", "\n").strip() for name in ("basis", "note"))
    try:
        asked = takedowns.ask(desk.database, slug, id_, basis, note, by=by, now=desk.clock())
    except (Faulty, MissingNote, TakedownOpen) as refusal:
        return told(refusal, _form(slug, id_, basis=basis, note=note, fault=_fault(refusal)))
    return redirect(url_for(".show", id_=asked), HTTPStatus.SEE_OTHER)


@blueprint.get("/takedowns")
def index() -> str:
    """Show the takedowns that wait for a decision, and those that are decided, in the person's stories."""
    person, desk = current_person(), current_desk()
    if max(person.roles.values(), default=Role.CONTRIBUTOR) < Role.STANDARDS:
        raise Forbidden(f"{person.name} has the role {Role.STANDARDS} in no story")
    seen = [each for each in takedowns.takedowns(desk.database) if may(person, Role.STANDARDS, each.story)]
    stories = {slug: desk.story(slug) for slug in {each.story for each in seen}}
    return render_template("desk/takedowns.html", seen=seen, stories=stories)


@blueprint.get("/takedowns/<uuid:id_>")
def show(id_: UUID) -> str:
    """Show what was asked for and, once it is carried out, the report of what was erased.

    The whole record is looked through only where that is asked for: a million events take half a minute.
    """
    desk = current_desk()
    found = find_takedown(desk.database, id_)
    _require(found.story)
    done = takedowns.carried_out(desk.database, found)
    return render_template(
        "desk/takedown.html",
        found=found,
        done=done,
        proof=prove(desk.database, found.story) if done and "check" in request.args else None,
        acts=takedowns.acts_about(desk.database, found),
        is_own=found.is_asked_by(current_person().name),
        **_list(found.story, found.fact),
    )


@blueprint.post("/takedowns/<uuid:id_>")
def decide(id_: UUID) -> AnyResponse:
    """Approve a takedown as a second person, which erases at once; or decline it; or withdraw one's own."""
    desk, by = current_desk(), current_person().name
    _require(find_takedown(desk.database, id_).story)
    match request.form.get("decision"):
        case "approve":
            append = partial(desk.append, actor=by)
            takedowns.approve(desk.database, id_, by=by, now=desk.clock(), append=append)
        case "decline":
            takedowns.decline(desk.database, id_, by=by, now=desk.clock())
        case _:
            abort(HTTPStatus.BAD_REQUEST, "a takedown is approved or declined")
    return redirect(url_for(".show", id_=id_), HTTPStatus.SEE_OTHER)


def _require(slug: str) -> None:
    require(current_person(), Role.STANDARDS, slug, "a takedown")


def _form(slug: str, fact: UUID, **values: str) -> str:
    listed = _list(slug, fact)
    waiting = find_open(current_desk().database, slug, fact)
    return render_template("desk/takedown_form.html", bases=BASES, values=values, waiting=waiting, **listed)


def _list(slug: str, fact: UUID) -> dict[str, object]:
    """Return what both pages tell: what is erased, what stays, and the drafts about it."""
    desk = current_desk()
    story = desk.story(slug)
    found = reach(desk.database, slug, fact)
    return {
        "slug": slug,
        "story": story,
        "zone": zone_of(story),
        "reach": found,
        "erased": [_text(each) for each in found.erased],
        "is_gone": found.fact.data is None,
    }


def _text(recorded: Recorded) -> Text:
    match recorded.event:
        case FactCorrected(note=note, set=amendment):
            details = [Detail("Note", note)] if note else []
            if amendment.occurred_at:
                details.append(Detail("When it happened", format_moment(amendment.occurred_at)))
            set_ = Content(recorded.occurred_at, recorded.precision, amendment.data)
            return Text(recorded, (*details, *wording(set_)))
        case _:
            content = Content(recorded.occurred_at, recorded.precision, recorded.data)
            return Text(recorded, tuple(wording(content)))


def _fault(refusal: Refusal) -> str:
    if isinstance(refusal, Faulty):
        return "; ".join(map(str, refusal.faults))
    return str(refusal)
