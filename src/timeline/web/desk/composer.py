"""The composer: the desk of a story, where facts are reported, and the drafts of whoever has not finished."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Final

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from uuid_utils.compat import uuid7
from werkzeug.wrappers import Response

from timeline.clockwords import zone_of
from timeline.domain.errors import Fault, InvalidEvent
from timeline.domain.event import StoryDescribed
from timeline.domain.fact import Fact
from timeline.domain.vantage import NOTHING, PRESENT
from timeline.entries import entry_of, label
from timeline.store.drafts import SavedDraft, discard_draft, drafts, is_published, save_draft
from timeline.store.people import Person, Role, may
from timeline.views import View
from timeline.web.access import authorize, require
from timeline.web.desk.drafting import as_written, offer_value, read_id
from timeline.web.desk.faults import DATA, faults_of_data
from timeline.web.desk.forms import Field, Values, fields, schema_of, vocabulary
from timeline.web.desk.guard import current_person, guard
from timeline.web.newsroom import current_desk

blueprint = Blueprint("composer", __name__)
guard(blueprint)

LATEST: Final = 40
"""So many entries are listed beside the composer; the others are found on the readers' page and in the record."""

IN_MIND: Final = 500
"""So many of the latest facts give the words that are suggested, and the source that was named last."""

_DESCRIBED: Final = "story.described"
_LONGEST_NAME: Final = 80
"""By so many characters a draft is named."""


@blueprint.get("/stories/<slug>")
def story(slug: str) -> str:
    """Show the desk of a story: what the board offers, the composer, and the latest entries."""
    person = current_person()
    require(person, Role.CONTRIBUTOR, slug, "working on it")
    lately = look(slug)
    found = _drafts(person, slug)
    kept = _kept(found)
    asked = request.args.get("type")
    values = dict(kept.form) if kept else _blank(person, lately, asked)
    others = [each for each in found if each != kept]
    return page(lately, values | ({"type": asked} if asked else {}), kept=kept, others=others)


@blueprint.post("/stories/<slug>/drafts")
def keep(slug: str) -> Response:
    """Keep what is being written, or forget it, or tell with `ask` whether it is on record by now."""
    person, values = current_person(), as_written(request.form)
    authorize(person, slug, [values.get("type", "")], [])
    desk = current_desk()
    head, id_ = desk.head(slug), read_id(values.get("id", ""))
    if id_ is None:
        raise InvalidEvent("the draft cannot be kept", [Fault("id", "is missing")])
    if values.get("discard"):
        discard_draft(desk.database, person.id, id_)
        told = "yes" if _drafts(person, slug) else None  # Else what comes next looks like what was to go.
        return redirect(url_for(".story", slug=slug, discarded=told), HTTPStatus.SEE_OTHER)
    if values.get("ask"):
        is_open = not is_published(desk.database, head.id, id_)
    else:
        fact = read_id(values.get("fact", ""))
        is_open = save_draft(desk.database, person.id, head.id, id_, fact, values, desk.clock())
    # Whoever is told to reset the content has nothing to keep: it was published as the page was left, or elsewhere.
    return make_response("", HTTPStatus.NO_CONTENT if is_open else HTTPStatus.RESET_CONTENT)


def look(slug: str) -> View:
    """Return a story with what was reported last, the last first: what whoever writes on has in mind."""
    with current_desk().looking(slug, PRESENT) as sight:
        return replace(sight.view(NOTHING), facts=sight.latest(IN_MIND))


def page(
    view: View,
    values: Values,
    faults: tuple[Fault, ...] = (),
    kept: SavedDraft | None = None,
    others: Sequence[SavedDraft] = (),
) -> str:
    """Return the desk of a story with a form as it was left, what is wrong with it, and what else was left."""
    person, slug = current_person(), view.story.slug
    type_ = _known_type(view, values.get("type", ""))
    values = dict(values) | {"type": type_, "id": str(read_id(values.get("id", "")) or uuid7())}
    return render_template(
        "desk/story.html",
        view=view,
        story=view.story,
        slug=slug,
        zone=zone_of(view.story),
        kept=kept,
        others=[(each, _called(each)) for each in others],
        values=values,
        named=_last_source(person, view.facts),
        types=_types(view),
        fields=_fields(view, values, faults),
        faults=faults,
        offers=_offers(view),
        latest=[entry_of(fact, view.kind) for fact in view.facts[:LATEST]],
    )


def _drafts(person: Person, slug: str) -> list[SavedDraft]:
    """Return what the person has not published of a story, but for what is about one of its facts."""
    desk = current_desk()
    return [each for each in drafts(desk.database, person.id, desk.head(slug).id) if each.fact is None]


def _kept(found: Sequence[SavedDraft]) -> SavedDraft | None:
    """Return what the person was writing: the draft that the address names, else the last one; none if `new`.

    A draft that is named is taken along to another type; one that is not must be of the type that is asked for.
    """
    if "new" in request.args:
        return None
    asked, type_ = read_id(request.args.get("draft", "")), request.args.get("type")
    if asked is None and type_:
        found = [each for each in found if each.form.get("type") == type_]
    return next((each for each in found if asked in (None, each.id)), None)


def _called(kept: SavedDraft) -> str:
    """Return the words by which somebody knows a draft of theirs: its headline, else the first that they wrote."""
    said = [kept.form.get("data.headline", "")] + [text for name, text in kept.form.items() if name.startswith(DATA)]
    words = " ".join(next(filter(str.strip, said), "without a word").split())
    return words if len(words) <= _LONGEST_NAME else f"{words[: _LONGEST_NAME - 1]}…"


def _blank(person: Person, view: View, type_: str | None) -> dict[str, str]:
    """Return a form that nobody has begun: a report is new, the title and the summary are changed."""
    if type_ == _DESCRIBED:
        return {"data.title": view.story.title, "data.summary": view.story.summary or ""}
    return _last_source(person, view.facts)


def _last_source(person: Person, facts: tuple[Fact, ...]) -> dict[str, str]:
    """Return whom the person named last in this story, as a form has it: on the night it is mostly the same.

    That they named nobody is no habit: it is decided each time.
    """
    own = (fact.source for fact in facts if fact.actor == person.name and fact.data is not None)
    source = next(filter(None, own), None)
    return {"source.name": source.name, "source.url": source.url or ""} if source else {}


def _known_type(view: View, type_: str) -> str:
    """Return the type if the composer has a form of it, else the first of the story's kind."""
    may_describe = may(current_person(), Role.EDITOR, view.story.slug)
    is_known = type_ in view.kind.types or (type_ == _DESCRIBED and may_describe)
    return type_ if is_known else next(iter(view.kind.types))


def _fields(view: View, values: Values, faults: tuple[Fault, ...]) -> tuple[Field, ...]:
    model = StoryDescribed if values["type"] == _DESCRIBED else view.kind.types[values["type"]]
    words = vocabulary(view.facts)
    return fields(schema_of(model), values, suggestions=words, faults=faults_of_data(faults))


def _types(view: View) -> list[tuple[str, str]]:
    """Return the types of what can be reported, each by its first word where that names it alone."""
    first = {type_: type_.partition(".")[0] for type_ in view.kind.types}
    told = Counter(first.values())
    return [(type_, label(word if told[word] == 1 else type_.replace(".", " "))) for type_, word in first.items()]


def _offers(view: View) -> list[tuple[str, list[tuple[object, str]]]]:
    """Return what the board offers to report next, by group, each with the value of its button."""
    groups: dict[str, list[tuple[object, str]]] = {}
    for offer in view.kind.offers(view.board):
        groups.setdefault(offer.group, []).append((offer, offer_value(offer.type, offer.data)))
    return list(groups.items())
