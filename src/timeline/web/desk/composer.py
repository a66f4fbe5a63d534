"""The composer: where facts are reported; what readers will have is shown before it is on record."""

import json
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from uuid_utils.compat import uuid7
from werkzeug.wrappers import Response as AnyResponse

from timeline.clockwords import zone_of
from timeline.desk import View
from timeline.domain.errors import FactChanged, Fault, Faulty, InvalidEvent, Refusal
from timeline.domain.event import EDITORIAL, StoryDescribed, read_draft
from timeline.domain.fact import Fact
from timeline.domain.ijson import parse
from timeline.entries import entry_of, label
from timeline.kinds.kind import find_kind
from timeline.store.drafts import SavedDraft, discard_draft, drafts, save_draft
from timeline.store.people import Person, Role
from timeline.web.access import authorize, require
from timeline.web.desk import amend
from timeline.web.desk.drafting import Sheet, event_json, offer_value, read_id
from timeline.web.desk.forms import Values, fields, schema_of, vocabulary
from timeline.web.desk.guard import current_person, guard
from timeline.web.newsroom import current_desk
from timeline.web.problems import STATUSES

blueprint = Blueprint("composer", __name__)
guard(blueprint)

LATEST: Final = 40
"""So many entries are listed beside the composer; the others are found on the readers' page and in the record."""


@blueprint.get("/stories/<slug>")
def story(slug: str) -> str:
    """Show the desk of a story: what the board offers, the composer, and the latest entries."""
    person = current_person()
    require(person, Role.CONTRIBUTOR, slug, "working on it")
    view = current_desk().view(slug)
    kept = _kept(person, view)
    values = dict(kept.form) if kept else {}
    return _page(view, values | {"type": request.args.get("type") or values.get("type", "")}, kept=kept)


@blueprint.post("/stories/<slug>/preview")
def preview(slug: str) -> Response:
    """Answer with the proof: the event as readers will have it, and what is surprising about it; nothing is written.

    With `part` in the address the proof alone, for a page that shows it beside the form.
    """
    person, sheet = current_person(), open_sheet(slug)
    is_part = "part" in request.args
    try:
        proof = _proof(person, sheet)
    except FactChanged as changed:
        return _told(changed, amend.merge(sheet, is_part=is_part))
    except Refusal as refusal:
        faults = refusal.faults if isinstance(refusal, Faulty) else (Fault("", str(refusal)),)
        page = render_template("desk/faults.html", faults=faults) if is_part else _again(sheet, faults)
        return _told(refusal, page)
    return make_response(proof if is_part else _proof_page(sheet, proof))


@blueprint.post("/stories/<slug>/publish")
def publish(slug: str) -> AnyResponse:
    """Append the event that a proof showed, and go back to the desk; the draft of it is forgotten."""
    person = current_person()
    draft = read_draft(parse(request.form.get("event", "")))
    authorize(person, slug, [draft.type], [draft.actor])
    if draft.type == "fact.taken_down":
        raise InvalidEvent("this is not published so", [Fault("type", "a takedown needs a second person")])
    sheet = open_sheet(slug, _values(parse(request.form.get("form") or "{}")))
    try:
        recorded = current_desk().append(slug, [draft], actor=person.name, seen=sheet.seen)[0]
    except FactChanged as changed:
        return _told(changed, amend.merge(sheet, is_part="part" in request.args))
    discard_draft(current_desk().database, person.id, recorded.id)
    there = url_for(".story", slug=slug, _anchor=f"v{recorded.version}")
    return redirect(there, HTTPStatus.SEE_OTHER)


@blueprint.post("/stories/<slug>/drafts")
def keep(slug: str) -> AnyResponse:
    """Keep what is being written, or forget it; it is nobody else's, and on no record."""
    person, values = current_person(), _posted()
    require(person, Role.CONTRIBUTOR, slug, "writing about it")
    desk = current_desk()
    head, id_ = desk.head(slug), read_id(values.get("id", ""))
    if id_ is None:
        raise InvalidEvent("the draft cannot be kept", [Fault("id", "is missing")])
    if values.pop("discard", None):
        discard_draft(desk.database, person.id, id_)
        return redirect(url_for(".story", slug=slug), HTTPStatus.SEE_OTHER)
    save_draft(desk.database, person.id, head.id, id_, read_id(values.get("fact", "")), values, desk.clock())
    return make_response("", HTTPStatus.NO_CONTENT)


def open_sheet(slug: str, values: Values | None = None) -> Sheet:
    """Return the form that was posted about a story, with the fact that it is about as its writer saw it.

    Raises Forbidden, UnknownStory, UnknownFact and VersionBeyondHead.
    """
    require(current_person(), Role.CONTRIBUTOR, slug, "working on it")
    values = _posted() if values is None else values
    desk = current_desk()
    story, kind = desk.story(slug), find_kind(desk.head(slug).kind)
    sheet = Sheet(values, story, kind)
    id_ = read_id(values.get("fact", ""))
    return sheet if id_ is None else Sheet(values, story, kind, desk.fact(slug, id_, sheet.seen)[1])


def _posted() -> dict[str, str]:
    """Return the fields of the form, with the line ends that were typed: browsers send two characters for each."""
    return {name: text.replace("\r\n", "\n") for name, text in request.form.items()}


def _values(found: Any) -> dict[str, str]:
    """Return the form that a proof carries along."""
    return {name: text for name, text in found.items() if isinstance(text, str)} if isinstance(found, dict) else {}


def last_source(person: Person, facts: tuple[Fact, ...]) -> dict[str, str]:
    """Return whom the person named last in this story, as a form has it: on the night it is mostly the same."""
    own = [fact for fact in facts if fact.actor == person.name and fact.data is not None]
    if not own:
        return {}
    source = max(own, key=lambda fact: fact.version).source
    if source is None:
        return {"source.waived": "yes"}
    return {"source.name": source.name, "source.url": source.url or ""}


def _proof(person: Person, sheet: Sheet) -> str:
    desk = current_desk()
    draft = sheet.draft(desk.clock())
    authorize(person, sheet.story.slug, [draft.type], [])
    seen = sheet.seen if sheet.fact else None
    foresight = desk.foresee(sheet.story.slug, [draft], actor=person.name, seen=seen)
    entry = entry_of(foresight.facts[0], sheet.kind) if foresight.facts else None
    is_told = draft.type in EDITORIAL and entry is not None and entry.notices
    return render_template(
        "desk/proof.html",
        story=foresight.view.story,
        slug=sheet.story.slug,
        zone=zone_of(sheet.story),
        entry=entry,
        notice=entry.notices[-1] if entry and is_told else None,
        deed=label(draft.type.partition(".")[2]),
        surprises=foresight.surprises,
        event=event_json(draft),
        form=json.dumps(dict(sheet.values), ensure_ascii=False),
    )


def _proof_page(sheet: Sheet, proof: str) -> str:
    return render_template("desk/proof_page.html", story=sheet.story, slug=sheet.story.slug, proof=proof)


def _again(sheet: Sheet, faults: tuple[Fault, ...]) -> str:
    """Return the page of the form as it was posted, with what is wrong with it."""
    if sheet.fact is not None:
        return amend.page(sheet, faults)
    return _page(current_desk().view(sheet.story.slug), sheet.values, faults)


def _page(view: View, values: Values, faults: tuple[Fault, ...] = (), kept: SavedDraft | None = None) -> str:
    person, slug = current_person(), view.story.slug
    type_ = values.get("type", "")
    type_ = type_ if type_ in view.kind.types or type_ == "story.described" else _first_type(view)
    values = last_source(person, view.facts) | {"id": str(uuid7())} | dict(values) | {"type": type_}
    return render_template(
        "desk/story.html",
        view=view,
        story=view.story,
        slug=slug,
        zone=zone_of(view.story),
        kept=kept,
        values=values,
        types=[(each, label(each.partition(".")[0])) for each in view.kind.types],
        fields=_fields(view, values, faults),
        faults=faults,
        offers=_offers(view),
        latest=[entry_of(fact, view.kind) for fact in sorted(view.facts, key=lambda fact: -fact.version)[:LATEST]],
    )


def _fields(view: View, values: Values, faults: tuple[Fault, ...]) -> object:
    type_ = values["type"]
    model = StoryDescribed if type_ == "story.described" else view.kind.types[type_]
    own = [Fault(fault.path.removeprefix("data."), fault.message) for fault in faults]
    return fields(schema_of(model), values, suggestions=vocabulary(view.facts), faults=own)


def _first_type(view: View) -> str:
    return next(iter(view.kind.types))


def _offers(view: View) -> list[tuple[str, list[tuple[object, str]]]]:
    """Return what the board offers to report next, by group, each with the value of its button."""
    groups: dict[str, list[tuple[object, str]]] = {}
    for offer in view.kind.offers(view.board):
        groups.setdefault(offer.group, []).append((offer, offer_value(offer.type, offer.data)))
    return list(groups.items())


def _kept(person: Person, view: View) -> SavedDraft | None:
    """Return what the person was writing: the draft that the address names, else the last one; none if `new`."""
    if "new" in request.args:
        return None
    asked: UUID | None = read_id(request.args.get("draft", ""))
    head = current_desk().head(view.story.slug)
    found = [each for each in drafts(current_desk().database, person.id, head.id) if each.fact is None]
    return next((each for each in found if asked in (None, each.id)), None)


def _told(refusal: Refusal, page: str) -> Response:
    return make_response(page, STATUSES[type(refusal)])
