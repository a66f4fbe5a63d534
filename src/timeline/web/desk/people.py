"""The people of the desk: who may do what, and the links that let others in; each admin within their own stories."""

from http import HTTPStatus

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from timeline.domain.errors import InvalidEvent, LastAdmin, NameTaken, UnknownPerson
from timeline.domain.event import check_slug
from timeline.store.invitations import invitations, invite, invite_back, withdraw
from timeline.store.people import ANY, Person, Role, disable, grant, may, people, person_called, role_of
from timeline.web.access import require
from timeline.web.desk.door import told
from timeline.web.desk.guard import current_person, guard
from timeline.web.newsroom import current_desk
from timeline.web.problems import Forbidden

blueprint = Blueprint("people", __name__)
guard(blueprint)


@blueprint.get("/people")
def show() -> str:
    """Show the people with the roles that the person may change, and whom they may invite."""
    if not current_person().administers:
        raise Forbidden(f"{current_person().name} is admin of no story: people and their roles are for admins")
    return _page()


@blueprint.post("/people/invite")
def invited() -> AnyResponse:
    """Invite somebody who is not there yet; the link is in this one answer and nowhere else."""
    person, desk, name = current_person(), current_desk(), request.form.get("name", "")
    role, story = posted_role(), posted_story()
    require(person, Role.ADMIN, story, "inviting people")
    try:
        secret = invite(desk.database, name, story, role, by=person.name, now=desk.clock())
    except (InvalidEvent, NameTaken) as refusal:
        return told(refusal, _page(fault=str(refusal)))
    return make_response(_page(link=_link(secret), name=name))


@blueprint.post("/people/withdraw")
def withdrawn() -> AnyResponse:
    """Take back an invitation that nobody has followed yet."""
    person, desk, story = current_person(), current_desk(), posted_story()
    require(person, Role.ADMIN, story, "taking back an invitation")
    withdraw(desk.database, request.form.get("name", ""), story, by=person.name, now=desk.clock())
    return _back()


@blueprint.post("/people/role")
def granted() -> AnyResponse:
    """Give somebody who is there another role in a story, or in all, or take it away."""
    person, desk, story = current_person(), current_desk(), posted_story()
    role = None if request.form.get("role") == "none" else posted_role()
    require(person, Role.ADMIN, story, "changing roles")
    try:
        known = person_called(desk.database, request.form.get("name", ""))
        grant(desk.database, known.id, story, role, by=person.name, now=desk.clock())
    except (InvalidEvent, UnknownPerson, LastAdmin) as refusal:
        return told(refusal, _page(fault=str(refusal)))
    return _back()


@blueprint.post("/people/disable")
def disabled() -> AnyResponse:
    """Let somebody in no more."""
    person, desk = current_person(), current_desk()
    require(person, Role.ADMIN, ANY, "showing somebody out")
    known = person_called(desk.database, request.form.get("name", ""))
    if known.id == person.id:
        raise Forbidden("nobody shows themselves out: ask another admin")
    disable(desk.database, known.id, by=person.name, now=desk.clock())
    return _back()


@blueprint.post("/people/password")
def invited_back() -> AnyResponse:
    """Let somebody who forgot their password choose another; the link is in this one answer and nowhere else."""
    person, desk = current_person(), current_desk()
    require(person, Role.ADMIN, ANY, "letting somebody choose another password")
    known = person_called(desk.database, request.form.get("name", ""))
    secret = invite_back(desk.database, known, by=person.name, now=desk.clock())
    return make_response(_page(link=_link(secret), name=known.name))


def posted_role() -> Role:
    """Return the role that a form names, else answer 422."""
    name = request.form.get("role", "")
    if name not in map(str, Role):
        abort(HTTPStatus.UNPROCESSABLE_ENTITY, f"“{name[:80]}” is no role: choose one of {', '.join(map(str, Role))}")
    return role_of(name)


def posted_story() -> str:
    """Return the slug that a form names, or ANY. Raises InvalidSlug."""
    story = request.form.get("story", "")
    return ANY if story == ANY else check_slug(story)


def titles() -> dict[str, str]:
    """Return what the stories are called, by slug."""
    return {story.slug: story.title for story, _ in current_desk().stories()}


def _page(fault: str = "", link: str = "", name: str = "") -> str:
    person, desk = current_person(), current_desk()
    everybody, called, pending = people(desk.database), titles(), invitations(desk.database, desk.clock())
    known = {story for each in everybody for story in each.roles} | set(called) | person.administers
    return render_template(
        "desk/people.html",
        fault=fault,
        link=link,
        name=name,
        titles=called,
        everybody=[(each, roles) for each in everybody if (roles := _shown(person, each)) is not None],
        invited=[each for each in pending if each.story and may(person, Role.ADMIN, each.story)],
        choices=sorted(story for story in known | {ANY} if may(person, Role.ADMIN, story)),
    )


def _shown(viewer: Person, each: Person) -> dict[str, Role] | None:
    """Return the roles of somebody that a viewer may change; None for those of whom the viewer sees nothing."""
    roles = {story: role for story, role in each.roles.items() if may(viewer, Role.ADMIN, story)}
    return roles if roles or may(viewer, Role.ADMIN, ANY) else None


def _link(secret: str) -> str:
    return url_for("door.invited", secret=secret, _external=True)


def _back() -> AnyResponse:
    return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)
