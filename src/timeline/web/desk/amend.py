"""Amending: everything that can be done to an entry, and what happens when two editors do it at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from flask import Blueprint, render_template, request
from uuid_utils.compat import uuid7

from timeline.clockwords import zone_of
from timeline.domain.errors import Fault
from timeline.domain.fact import Fact
from timeline.entries import Entry, Notice, entry_of, label
from timeline.kinds.kind import find_kind
from timeline.store.drafts import SavedDraft, drafts
from timeline.store.people import Role
from timeline.web.access import require
from timeline.web.desk.drafting import Sheet, present
from timeline.web.desk.forms import Values, fields, schema_of, vocabulary
from timeline.web.desk.guard import current_person, guard
from timeline.web.newsroom import current_desk
from timeline.worddiff import Run, compare

blueprint = Blueprint("amend", __name__)
guard(blueprint)

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


@dataclass(frozen=True, slots=True)
class Clash:
    """One field that both changed: what the other says now, and how this editor's words differ from it."""

    label: str
    theirs: str
    mine: str

    @property
    def runs(self) -> tuple[Run, ...]:
        return compare(self.theirs, self.mine)


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
    blank = {"type": deed, "id": str(uuid7()), "fact": str(id_), "seen": str(head.version)}
    kept = None if "new" in request.args else _kept(head.id, id_, deed)
    return page(replace(sheet, values=blank | dict(kept.form) if kept else blank), kept=kept)


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
    fact, story = sheet.fact, sheet.story
    assert fact is not None  # noqa: S101 — only forms about a fact come here.
    values = present(fact, sheet.kind, story) | {"kind": "correction"} | dict(sheet.values) if fact.data else {}
    own = [Fault(fault.path.removeprefix("data."), fault.message) for fault in faults]
    words = vocabulary(current_desk().view(story.slug).facts)
    return render_template(
        "desk/entry_form.html" if is_part else "desk/entry.html",
        story=story,
        slug=story.slug,
        zone=zone_of(story),
        entry=entry_of(fact, sheet.kind),
        deeds=[(deed, label(deed.partition(".")[2])) for deed in deeds(fact)],
        values=values,
        fields=fields(schema_of(sheet.kind.types[fact.type]), values, suggestions=words, faults=own),
        faults=faults,
        guidance=GUIDANCE,
        kept=kept,
        **more,
    )


def merge(sheet: Sheet, *, is_part: bool = False) -> str:
    """Return the form of an editor whom another one overtook: both texts, what changed meanwhile, and nothing lost.

    What only one of them touched is taken from that one; of what both touched, this editor's is in the form.
    """
    desk, before = current_desk(), sheet.fact
    assert before is not None  # noqa: S101 — a fact that changed is a fact.
    head = desk.head(sheet.story.slug)
    story, after = desk.fact(sheet.story.slug, before.id, head.version)
    entry = entry_of(after, sheet.kind)
    was, theirs = (present(fact, sheet.kind, story) if fact.data else {} for fact in (before, after))
    touched = {name: text for name, text in sheet.values.items() if text != was.get(name, "")}
    merged = dict(sheet.values) | theirs | touched | {"seen": str(head.version)}
    return page(
        replace(sheet, values=merged, story=story, fact=after),
        is_part=is_part,
        meanwhile=_meanwhile(entry, sheet.seen or 0),
        clashes=_clashes(was, theirs, touched),
    )


def _meanwhile(entry: Entry, seen: int) -> list[Notice]:
    return [notice for notice in entry.notices if notice.change.version > seen]


def _clashes(was: Values, theirs: Values, mine: Values) -> list[Clash]:
    both = [name for name in theirs if name in mine and theirs[name] not in (was.get(name), mine[name])]
    return [Clash(label(name.rpartition(".")[2]), theirs[name], mine[name]) for name in both]


def _kept(story: int, fact: UUID, deed: str) -> SavedDraft | None:
    """Return what the person was writing about the entry, if it was the same that they are about to do."""
    found = drafts(current_desk().database, current_person().id, story)
    return next((each for each in found if each.fact == fact and each.form.get("type") == deed), None)
