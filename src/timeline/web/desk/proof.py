"""The proof: an event as readers will have it, shown before it is on record, and how it comes to be on record."""

import json
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from uuid_utils.compat import uuid7
from werkzeug.wrappers import Response

from timeline.clockwords import zone_of
from timeline.desk import Foresight
from timeline.domain.errors import FactChanged, Fault, IdAlreadyUsed, InvalidEvent, Refusal
from timeline.domain.event import Draft, read_draft
from timeline.domain.ijson import parse
from timeline.entries import Entry, Notice, entry_of
from timeline.kinds.kind import find_kind
from timeline.store.drafts import discard_draft
from timeline.store.people import Role
from timeline.web.access import authorize, require
from timeline.web.desk import amend, composer
from timeline.web.desk.door import told
from timeline.web.desk.drafting import BARE, Sheet, as_written, event_json, read_id, take_up
from timeline.web.desk.faults import faults_of
from timeline.web.desk.forms import Values
from timeline.web.desk.guard import current_person, guard
from timeline.web.newsroom import current_desk

blueprint = Blueprint("proof", __name__)
guard(blueprint)


@blueprint.post("/stories/<slug>/preview")
def preview(slug: str) -> Response:
    """Answer with the proof: the event as readers will have it, and what is surprising about it; nothing is written.

    With `part` in the address the proof alone, for a page that shows it beside the form.
    """
    require(current_person(), Role.CONTRIBUTOR, slug, "working on it")
    sheet = take_up(_sheet(slug, as_written(request.form)))
    authorize(current_person(), slug, [sheet.type], [])
    if "again" in request.form:
        return make_response(_again(sheet, ()))
    try:
        proof = _proof(sheet)
    except FactChanged as changed:
        return told(changed, amend.overtaken(sheet, is_part=_is_part()))
    except IdAlreadyUsed as used:  # From another tab, or by a way back: what is written now is another event.
        sheet = replace(sheet, values=dict(sheet.values) | {"id": str(uuid7())})
        return told(used, _again(sheet, faults_of(used)))
    except Refusal as refusal:
        return told(refusal, _again(sheet, faults_of(refusal)))
    if _is_part():
        return make_response(proof)
    return make_response(_page(sheet, proof))


@blueprint.post("/stories/<slug>/publish")
def publish(slug: str) -> Response:
    """Append the event that a proof showed, and go back to the desk; the draft of it is forgotten."""
    person = current_person()
    require(person, Role.CONTRIBUTOR, slug, "working on it")
    draft = read_draft(parse(request.form.get("event", "")))
    authorize(person, slug, [draft.type], [draft.actor])
    _check_is_proof(draft)
    sheet = _sheet(slug, _carried() | {"fact": _about(draft)})
    try:
        recorded = current_desk().append(slug, [draft], actor=person.name, seen=sheet.seen)[0]
    except FactChanged as changed:
        return told(changed, amend.overtaken(sheet, is_part=_is_part()))
    discard_draft(current_desk().database, person.id, recorded.id)
    there = url_for("composer.story", slug=slug, _anchor=f"v{recorded.version}")
    return redirect(there, HTTPStatus.SEE_OTHER)


def _is_part() -> bool:
    return "part" in request.args


def _sheet(slug: str, values: Values) -> Sheet:
    """Return a form about a story, with the fact that it is about as its writer saw it.

    Raises UnknownStory, UnknownFact and VersionBeyondHead.
    """
    desk = current_desk()
    story = desk.story(slug)
    sheet = Sheet(values, story, find_kind(story.kind))
    id_ = read_id(values.get("fact", ""))
    return sheet if id_ is None else Sheet(values, story, sheet.kind, desk.fact(slug, id_, sheet.seen)[1])


def _proof(sheet: Sheet) -> str:
    desk, slug = current_desk(), sheet.story.slug
    draft = sheet.draft(desk.clock())
    seen = sheet.seen if sheet.fact else None
    foresight = desk.foresee(slug, [draft], actor=current_person().name, seen=seen)
    entry = entry_of(foresight.facts[0], sheet.kind) if foresight.facts else None
    return render_template(
        "desk/proof.html",
        story=foresight.story,
        slug=slug,
        zone=zone_of(sheet.story),
        entry=entry,
        notice=entry and _notice(entry, foresight),
        surprises=foresight.surprises,
        event=event_json(draft),
        # Nobody overtakes a report, so nothing of its form is needed again.
        form=json.dumps(dict(sheet.values), ensure_ascii=False) if sheet.fact else "{}",
    )


def _page(sheet: Sheet, proof: str) -> str:
    """Return the page of a proof, from which a way leads back to the form as it was left, if there is one."""
    values = {} if sheet.type in BARE else {name: text for name, text in sheet.values.items() if name != "offer"}
    return render_template(
        "desk/proof_page.html", story=sheet.story, slug=sheet.story.slug, proof=proof, values=values
    )


def _notice(entry: Entry, foresight: Foresight) -> Notice | None:
    """Return the notice that the event brings to its entry; marks bring none."""
    versions = {recorded.version for recorded in foresight.recorded}
    return next((notice for notice in entry.notices if notice.change.version in versions), None)


def _again(sheet: Sheet, faults: tuple[Fault, ...]) -> str:
    """Return the page of the form as it was posted, with what is wrong with it."""
    if _is_part():
        return render_template("desk/faults.html", faults=faults)
    if sheet.fact is not None:
        return amend.page(sheet, faults)
    return composer.page(composer.look(sheet.story.slug), sheet.values, faults)


def _check_is_proof(draft: Draft) -> None:
    """Refuse what no proof holds. Raises InvalidEvent."""
    faults = []
    if draft.type == "fact.taken_down":
        faults.append(Fault("type", "a takedown needs a second person"))
    if draft.id is None:
        faults.append(Fault("id", "is missing: without it, sent twice it would be published twice"))
    if faults:
        raise InvalidEvent("this is not published so", faults)


def _about(draft: Draft) -> str:
    """Return the id of the fact that the event is about, as far as it names one."""
    about = draft.data.get("fact") if draft.type.startswith("fact.") else None
    return about if isinstance(about, str) else ""


def _carried() -> dict[str, str]:
    """Return the form that the proof was made of: of what was overtaken, nothing may be lost."""
    found: Any = parse(request.form.get("form") or "{}")
    return {name: text for name, text in found.items() if isinstance(text, str)} if isinstance(found, dict) else {}
