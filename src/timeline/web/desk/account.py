"""One's own account: roles, password, sessions, and the tokens by which programs append in one's name."""

from datetime import timedelta
from http import HTTPStatus
from typing import Final

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from timeline.domain.errors import TooManyAttempts, WeakPassword, WrongPassword
from timeline.store.people import ANY
from timeline.store.sessions import change_password
from timeline.store.tokens import create_token, revoke_token, tokens
from timeline.web.access import require
from timeline.web.desk.door import let_in, told
from timeline.web.desk.guard import current_person, guard
from timeline.web.desk.people import posted_role, posted_story, titles
from timeline.web.newsroom import current_desk

blueprint = Blueprint("account", __name__)
guard(blueprint)

MOST_DAYS: Final = 365
DEFAULT_DAYS: Final = 30


@blueprint.get("/account")
def show() -> str:
    """Show who is signed in, as what, and their tokens."""
    return _page()


@blueprint.post("/account/password")
def password_changed() -> AnyResponse:
    """Choose another password: every session ends, and this browser gets a new one."""
    person, desk, form = current_person(), current_desk(), request.form
    present, password = form.get("present", ""), form.get("password", "")
    try:
        secret = change_password(desk.database, person, present, password, request.remote_addr or "", desk.clock)
    except (WrongPassword, TooManyAttempts, WeakPassword) as refusal:
        return told(refusal, _page(fault=str(refusal)))
    return let_in(url_for(".show"), secret)


@blueprint.post("/account/tokens")
def token_made() -> AnyResponse:
    """Make a token, of a role that the person has there; its text is in this one answer and nowhere else."""
    person, desk = current_person(), current_desk()
    role, story, expires_at = posted_role(), posted_story(), desk.clock() + timedelta(days=_posted_days())
    require(person, role, story, "a token")
    text = create_token(
        desk.database, person.name, role, desk.clock(), story=story, owner=person, expires_at=expires_at
    )
    return make_response(_page(text=text))


@blueprint.post("/account/tokens/revoke")
def token_revoked() -> AnyResponse:
    """Make one of the person's own tokens worthless."""
    person, desk, number = current_person(), current_desk(), request.form.get("id", "")
    is_number = number.isascii() and number.isdecimal() and len(number) <= len("999999999")
    if not (is_number and revoke_token(desk.database, int(number), desk.clock(), person)):
        abort(HTTPStatus.NOT_FOUND, f"no token {number[:20]} of yours is in force")
    return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)


def _posted_days() -> int:
    days = request.form.get("days", "")
    if not (days.isascii() and days.isdecimal() and len(days) <= len(str(MOST_DAYS)) and 1 <= int(days) <= MOST_DAYS):
        abort(HTTPStatus.UNPROCESSABLE_ENTITY, f"a token is good for 1 to {MOST_DAYS} days, not “{days[:80]}”")
    return int(days)


def _page(fault: str = "", text: str = "") -> str:
    person, desk, called = current_person(), current_desk(), titles()
    return render_template(
        "desk/account.html",
        fault=fault,
        text=text,
        titles=called,
        choices=sorted({*person.roles, *(called if ANY in person.roles else ())}),
        tokens=tokens(desk.database, person),
        now=desk.clock(),
        most=MOST_DAYS,
        days=DEFAULT_DAYS,
    )
