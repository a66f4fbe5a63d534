"""Single sign-on: people come in by an account at an OpenID Connect provider that is known here to be theirs."""

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from timeline.domain.errors import Fault, InvalidEvent, UnknownSubject
from timeline.settings import BadSettings, Settings
from timeline.store.invitations import accept, find_invitation
from timeline.store.people import Person, bind, check_name, find_subject
from timeline.store.sessions import begin_session
from timeline.web.desk.door import inside, let_in
from timeline.web.desk.errand import COOKIE, LASTS, Errand, collect, hand_out, use_up
from timeline.web.desk.guard import find_current_person, guard
from timeline.web.newsroom import current_desk
from timeline.web.problems import Forbidden, Unauthenticated

if TYPE_CHECKING:  # What this module needs is not installed where nobody signs on so.
    from timeline.web.desk.provider import Identity, Provider

blueprint = Blueprint("sso", __name__)
guard(blueprint, is_open=True)


def provider_of(settings: Settings) -> "Provider | None":
    """Return the provider that the settings name, if any. Raises BadSettings where what it takes is not installed."""
    issuer, id_, secret = settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret
    if not issuer or not id_ or not secret:
        return None
    try:
        from timeline.web.desk.provider import Provider  # noqa: PLC0415 - an optional extra.
    except ModuleNotFoundError:
        missing = Fault("TIMELINE_OIDC_ISSUER", 'single sign-on is not installed: pip install "timeline[sso]"')
        raise BadSettings("the settings cannot be used", [missing]) from None
    return Provider(issuer, id_, secret)


@blueprint.post("/sso")
def begin() -> AnyResponse:
    """Send somebody to the provider, to sign in, to accept an invitation, or to have their account bound to them.

    They go by a page that moves on by itself: a browser blocks a form whose answer redirects to another site, and
    the sites that a provider sends people on to cannot be known.
    """
    provider, now = _provider(), current_desk().clock()
    errand = _errand()
    address = provider.question(errand.proofs, url_for("sso.returned", _external=True), now)
    page = make_response(render_template("desk/sso.html", host=provider.host, address=address))
    return hand_out(page, errand, url_for("desk.home"))


@blueprint.get("/sso/return")
def returned() -> AnyResponse:
    """Let in whoever the provider says has come, if that account is somebody's here."""
    provider, desk = _provider(), current_desk()
    errand = collect(request.cookies.get(COOKIE), request.args.get("state", ""), desk.clock())
    here = url_for("sso.returned", _external=True)
    identity = provider.identify(request.args, errand.proofs, here, desk.clock())
    there = inside(errand.next)
    if errand.person is not None:
        _bind(errand.person, identity)
        return redirect(there, HTTPStatus.SEE_OTHER)
    person = _welcome(errand, identity) if errand.invitation else _recognise(provider, identity)
    if person.disabled_at is not None:
        raise Forbidden(f"{person.name} is let in no more: ask an administrator")
    return let_in(there, begin_session(desk.database, person.id, desk.clock()))


@blueprint.after_request
def _use_up(response: Response) -> AnyResponse:
    return use_up(response) if request.endpoint == "sso.returned" else response


@blueprint.app_context_processor
def _sign_on() -> dict[str, object]:
    """Let templates of the desk know the provider's host; None where there is no provider."""
    provider: Provider | None = current_app.extensions["provider"]
    return {"sign_on": provider and provider.host}


def _provider() -> "Provider":
    provider: Provider | None = current_app.extensions["provider"]
    if provider is None:
        abort(HTTPStatus.NOT_FOUND, "nobody signs in here by another site: no provider is set up")
    return provider


def _errand() -> Errand:
    """Return what somebody asks for; what cannot be had is refused before they leave."""
    desk, form = current_desk(), request.form
    invitation, name = form.get("invitation", ""), form.get("name", "").strip()
    if invitation:
        find_invitation(desk.database, invitation, desk.clock())
    if name:
        check_name(name)
    errand = Errand(desk.clock() + LASTS, form.get("next", ""), invitation, name)
    if not form.get("bind"):
        return errand
    person = find_current_person()
    if person is None:
        raise Unauthenticated("you are signed out: sign in first, then bind your account")
    return replace(errand, person=person.id)


def _bind(id_: int, identity: "Identity") -> None:
    person, desk = find_current_person(), current_desk()
    if person is None or person.id != id_:
        raise Unauthenticated("somebody else is signed in by now, or nobody: sign in and bind your account again")
    bind(desk.database, person.id, identity.subject, desk.clock())


def _welcome(errand: Errand, identity: "Identity") -> Person:
    """Let somebody in by their invitation; the first of all is called as they wish, or as the provider calls them."""
    desk = current_desk()
    found = find_invitation(desk.database, errand.invitation, desk.clock())
    name = found.name or errand.name or identity.name
    if not name:
        missing = Fault("name", "the provider tells none: open the invitation again and type yours")
        raise InvalidEvent("nobody is let in without a name", [missing])
    return accept(desk.database, errand.invitation, name, now=desk.clock(), subject=identity.subject)


def _recognise(provider: "Provider", identity: "Identity") -> Person:
    """Return whose account it is; neither a name nor an e-mail address makes it anybody's."""
    person = find_subject(current_desk().database, identity.subject)
    if person is None:
        raise UnknownSubject(provider.host)
    return person
