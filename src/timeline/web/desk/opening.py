"""Opening a story: the form of its first event, and the name of its address."""

from dataclasses import replace
from http import HTTPStatus
from typing import Final
from zoneinfo import available_timezones

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from timeline.domain.errors import Fault, Refusal
from timeline.domain.event import Draft, StoryOpened, check_slug, decode
from timeline.domain.ijson import JsonObject, canonical
from timeline.kinds.kind import find_kind, kind_names
from timeline.store.people import Person, Role
from timeline.web.access import authorize
from timeline.web.desk.door import told
from timeline.web.desk.faults import DATA, every_fault, faults_of, faults_of_data, noting
from timeline.web.desk.forms import Field, Values, fields, read, schema_of
from timeline.web.desk.guard import current_person, guard
from timeline.web.newsroom import current_desk
from timeline.web.problems import Forbidden

blueprint = Blueprint("opening", __name__)
guard(blueprint)

_TYPE: Final = "story.opened"


@blueprint.get("/open")
def ask() -> str:
    """Ask what the new story is called."""
    if not may_open(current_person()):
        raise Forbidden("opening a story needs the role editor")
    return _page({"data.kind": "general", "data.timezone": "UTC", "data.language": "en"})


@blueprint.post("/open")
def open_() -> Response:
    """Open it, and go to its desk."""
    person, slug = current_person(), request.form.get("slug", "").strip()
    authorize(person, slug, [_TYPE], [])
    data = read(schema_of(StoryOpened), request.form)
    try:
        _check(slug, data)
        current_desk().open(slug, Draft(type=_TYPE, data=data), actor=person.name)
    except Refusal as refusal:
        return told(refusal, _page(request.form, faults_of(refusal)))
    return redirect(url_for("composer.story", slug=slug), HTTPStatus.SEE_OTHER)


def _check(slug: str, data: JsonObject) -> None:
    """Refuse at once what the record would refuse one by one. Raises InvalidEvent with every fault."""
    kind, zone = data.get("kind"), data.get("timezone")
    with every_fault() as faults:
        with noting(faults):
            check_slug(slug)
        with noting(faults, DATA):
            decode(_TYPE, canonical(data), data)
        if kind:
            with noting(faults):
                find_kind(kind)
        if zone and zone not in available_timezones():
            faults.append(Fault("data.timezone", f"“{zone[:80]}” is no time zone, such as America/Los_Angeles"))


def may_open(person: Person) -> bool:
    """Whether there is a story that somebody may open: any, or one of those that are theirs and not there yet."""
    there = {head.slug for head in current_desk().heads()}
    return any(role >= Role.EDITOR and story not in there for story, role in person.roles.items())


def _page(values: Values, faults: tuple[Fault, ...] = ()) -> str:
    known = {"timezone": sorted(available_timezones())}
    found = fields(schema_of(StoryOpened), values, suggestions=known, faults=faults_of_data(faults))
    return render_template(
        "desk/opening.html",
        values=values,
        fields=[_of_kinds(each) if each.name == "data.kind" else each for each in found],
        faults=faults,
    )


def _of_kinds(field: Field) -> Field:
    """Let one of the installed kinds be chosen; the model itself takes any name."""
    return replace(field, control="choice", choices=tuple(kind_names()))
