"""The door of the desk: signing in and out, and the links that let somebody in for the first time."""

from http import HTTPStatus

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from timeline.domain.errors import InvalidEvent, NameTaken, Refusal, TooManyAttempts, WeakPassword, WrongPassword
from timeline.store.invitations import accept, find_invitation
from timeline.store.passwords import hash_password
from timeline.store.sessions import begin_session, sign_in, sign_out, sign_out_everywhere
from timeline.web.desk.guard import COOKIE, find_current_person, guard, hand_over, take_back
from timeline.web.newsroom import current_desk
from timeline.web.problems import STATUSES

blueprint = Blueprint("door", __name__)
guard(blueprint, is_open=True)


@blueprint.get("/login")
def login() -> AnyResponse:
    """Ask for a name and a password; who is signed in already is sent on."""
    if find_current_person() is not None:
        return redirect(inside(request.args.get("next")))
    return make_response(_form())


@blueprint.post("/login")
def enter() -> AnyResponse:
    """Sign in, and go on to the page that was asked for."""
    desk = current_desk()
    name, password = request.form.get("name", ""), request.form.get("password", "")
    try:
        secret = sign_in(desk.database, name, password, request.remote_addr or "", desk.clock)
    except (WrongPassword, TooManyAttempts) as refusal:
        return told(refusal, _form(fault=str(refusal), name=name))
    return let_in(inside(request.form.get("next")), secret)


@blueprint.post("/logout")
def leave() -> AnyResponse:
    """Sign out here, or everywhere."""
    person = find_current_person()
    if person is not None and request.form.get("where") == "everywhere":
        sign_out_everywhere(current_desk().database, person.id)
    sign_out(current_desk().database, request.cookies.get(COOKIE, ""))
    return take_back(redirect(url_for("door.login"), HTTPStatus.SEE_OTHER))


@blueprint.get("/invitations/<secret>")
def invited(secret: str) -> str:
    """Let somebody choose their password, and the first of all their name too."""
    desk = current_desk()
    return render_template("desk/invitation.html", found=find_invitation(desk.database, secret, desk.clock()))


@blueprint.post("/invitations/<secret>")
def accepted(secret: str) -> AnyResponse:
    """Let them in: the link is used up by that, whoever else has seen it."""
    desk = current_desk()
    found = find_invitation(desk.database, secret, desk.clock())
    name, password = request.form.get("name", ""), request.form.get("password", "")
    try:
        kept = hash_password(password)
        person = accept(desk.database, secret, name, now=desk.clock(), password=kept)
    except (WeakPassword, NameTaken, InvalidEvent) as refusal:
        page = render_template("desk/invitation.html", found=found, fault=str(refusal), name=name)
        return told(refusal, page)
    return let_in(url_for("desk.home"), begin_session(desk.database, person.id, desk.clock()))


def let_in(there: str, secret: str) -> AnyResponse:
    """Send a browser on with a new session; the one that it had, whoever gave it that, ends."""
    sign_out(current_desk().database, request.cookies.get(COOKIE, ""))
    return hand_over(redirect(there, HTTPStatus.SEE_OTHER), secret)


def told(refusal: Refusal, page: str) -> Response:
    """Answer with a page that tells a refusal beside the form that was sent."""
    response = make_response(page, STATUSES[type(refusal)])
    if isinstance(refusal, TooManyAttempts):
        response.headers["Retry-After"] = str(int(refusal.wait.total_seconds()) + 1)
    return response


def inside(address: str | None) -> str:
    """Return an address of the desk, whatever was asked for: nobody is sent to another site by signing in."""
    home, address = url_for("desk.home"), address or ""
    path = address.partition("?")[0]
    is_inside = path == home or path.startswith(f"{home}/")
    return address if is_inside and address.isprintable() and "\\" not in address else home


def _form(fault: str = "", name: str = "") -> str:
    there = inside(request.values.get("next"))
    return render_template("desk/login.html", fault=fault, name=name, next=there)
