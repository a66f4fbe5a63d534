"""Amending: everything that can be done to an entry, and what happens when two editors do it at once."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID

from flask import Blueprint, render_template, request
from uuid_utils.compat import uuid7

from timeline.clockwords import zone_of
from timeline.domain.errors import Fault
from timeline.domain.fact import Fact
from timeline.entries import entry_of
from timeline.kinds.kind import find_kind
from timeline.store.drafts import SavedDraft, drafts
from timeline.store.people import Role
from timeline.web.access import require
from timeline.web.desk import composer
from timeline.web.desk.drafting import Sheet, present
from timeline.web.desk.faults import faults_of_data
from timeline.web.desk.forms import fields, schema_of, vocabulary
from timeline.web.desk.guard import current_person, guard
from timeline.web.desk.merging import clashes, merge
from timeline.web.newsroom import current_desk

blueprint = Blueprint("amend", __name__)
guard(blueprint)

DEEDS: Final[Mapping[str, str]] = {
    "fact.corrected": "Correct",
    "fact.retracted": "Retract",
    "fact.reinstated": "Reinstate",
    "fact.pinned": "Pin",
    "fact.unpinned": "Unpin",
    "fact.marked_key": "Mark as key moment",
    "fact.unmarked_key": "Unmark as key moment",
}
"""What can be done to an entry, by the type of the event."""

GUIDANCE: Final[Mapping[str, str]] = {
    "correction": "Something was wrong. Say what was wrong and what is right, so that a reader who sees only this"
    " note understands it: “We said that … In fact …”",
    "clarification": "What we said was right but could be misunderstood. Say what is meant.",
    "update": "Something has become known since. Say what is new; nothing that we said was wrong.",
    "minor": "Spelling or style, nothing that changes the meaning. It needs no note; readers find it folded away.",
    "fact.retracted": "The entry stays in sight, struck. Say that it is withdrawn and why, and what is true as far as"
    " it is known. Do not repeat the error in other words.",
    "fact.reinstated": "Say why the entry stands again, and what made us withdraw it.",
}
"""What the trade advises on notes, by the kind of a correction or by the type of the event."""


@blueprint.get("/stories/<slug>/facts/<uuid:id_>")
def entry(slug: str, id_: UUID) -> str:
    """Show an entry as readers have it, and the form of what is to be done to it."""
    require(current_person(), Role.CONTRIBUTOR, slug, "working on it")
    desk = current_desk()
    head = desk.head(slug)
    story, fact = desk.fact(slug, id_, head.version)
    sheet = Sheet({}, story, find_kind(story.kind), fact)
    deed = request.args.get("do", "")
    deed = deed if deed in deeds(fact) else next(iter(deeds(fact)), "")
    kept = None if "new" in request.args else _kept(head.id, id_, deed)
    blank = {"type": deed, "id": str(uuid7()), "fact": str(id_), "seen": str(head.version), "kind": "correction"}
    untouched = present(fact, sheet.kind, story) if fact.data else {}
    return page(replace(sheet, values=kept.form if kept else untouched | blank), kept=kept)


def deeds(fact: Fact) -> list[str]:
    """Return the types of the events that may be appended about a fact as it stands."""
    if fact.data is None:
        return []
    marks = [
        "fact.unpinned" if fact.pinned else "fact.pinned",
        "fact.unmarked_key" if fact.key else "fact.marked_key",
    ]
    return [*(["fact.reinstated"] if fact.retracted else ["fact.corrected", "fact.retracted"]), *marks]


def page(
    sheet: Sheet,
    faults: tuple[Fault, ...] = (),
    kept: SavedDraft | None = None,
    *,
    is_part: bool = False,
    **more: object,
) -> str:
    """Return the page of an entry with a form as it was left, and what is wrong with it."""
    fact, story = _fact_of(sheet), sheet.story
    words, own = vocabulary(composer.look(story.slug).facts), faults_of_data(faults)
    return render_template(
        "desk/entry_form.html" if is_part else "desk/entry.html",
        story=story,
        slug=story.slug,
        zone=zone_of(story),
        entry=entry_of(fact, sheet.kind),
        deeds=[(deed, DEEDS[deed]) for deed in deeds(fact)],
        values=sheet.values,
        fields=fields(schema_of(sheet.kind.types[fact.type]), sheet.values, suggestions=words, faults=own),
        faults=faults,
        guidance=GUIDANCE,
        kept=kept,
        **more,
    )


def overtaken(sheet: Sheet, *, is_part: bool = False) -> str:
    """Return the form of an editor whom another one overtook: both texts, and what changed meanwhile."""
    desk, before = current_desk(), _fact_of(sheet)
    head = desk.head(sheet.story.slug)
    story, after = desk.fact(sheet.story.slug, before.id, head.version)
    now = replace(sheet, story=story, fact=after)
    if after.data is None:
        return page(now, is_part=is_part)
    was, theirs = (present(fact, sheet.kind, story) for fact in (before, after))
    return page(
        replace(now, values=merge(was, theirs, sheet.values) | {"seen": str(head.version)}),
        is_part=is_part,
        meanwhile=[each for each in entry_of(after, sheet.kind).notices if each.change.version > (sheet.seen or 0)],
        clashes=clashes(was, theirs, sheet.values),
    )


def _fact_of(sheet: Sheet) -> Fact:
    assert sheet.fact is not None  # noqa: S101 — only forms about a fact come here.
    return sheet.fact


def _kept(story: int, fact: UUID, deed: str) -> SavedDraft | None:
    """Return what the person was writing about the entry, if it was the same that they are about to do."""
    found = drafts(current_desk().database, current_person().id, story)
    return next((each for each in found if each.fact == fact and each.form.get("type") == deed), None)
