"""The door of the desk: signing in and out, and the links that let somebody in for the first time."""

from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from timeline.domain.errors import NameTaken, Refusal, TooManyAttempts, WeakPassword, WrongPassword
from timeline.store.passwords import hash_password
from timeline.store.people import accept, find_invitation
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
        return redirect(_inside(request.args.get("next")))
    return make_response(_form())


@blueprint.post("/login")
def enter() -> AnyResponse:
    """Sign in, and go on to the page that was asked for."""
    desk = current_desk()
    name, password = request.form.get("name", ""), request.form.get("password", "")
    try:
        secret = sign_in(desk.database, name, password, request.remote_addr or "", desk.clock)
    except (WrongPassword, TooManyAttempts) as refusal:
        response = _told(refusal, _form(fault=str(refusal), name=name))
        if isinstance(refusal, TooManyAttempts):
            response.headers["Retry-After"] = str(int(refusal.wait.total_seconds()) + 1)
        return response
    return hand_over(redirect(_inside(request.form.get("next")), HTTPStatus.SEE_OTHER), secret)


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
    except (WeakPassword, NameTaken) as refusal:
        page = render_template("desk/invitation.html", found=found, fault=str(refusal), name=name)
        return _told(refusal, page)
    response = redirect(url_for("desk.home"), HTTPStatus.SEE_OTHER)
    return hand_over(response, begin_session(desk.database, person.id, desk.clock()))


def _form(fault: str = "", name: str = "") -> str:
    there = _inside(request.values.get("next"))
    return render_template("desk/login.html", fault=fault, name=name, next=there)


def _told(refusal: Refusal, page: str) -> Response:
    return make_response(page, STATUSES[type(refusal)])


def _inside(address: str | None) -> str:
    """Return an address of the desk, whatever was asked for: nobody is sent to another site by signing in."""
    home = url_for("desk.home")
    parts = urlsplit(address or home)
    is_inside = not parts.scheme and not parts.netloc and (parts.path == home or parts.path.startswith(f"{home}/"))
    is_plain = address is not None and address.isprintable() and "\\" not in address
    return address if address and is_inside and is_plain else home
