"""Who may append what: every check is about one story."""

from collections.abc import Iterable

from flask import request

from timeline.domain.event import EDITORIAL
from timeline.store.people import ANY, Rights, Role, may
from timeline.store.tokens import Token, find_token
from timeline.web.newsroom import current_desk
from timeline.web.problems import Forbidden, Unauthenticated


def required_role(type_: str) -> Role:
    """Return the least role that may append an event of this type."""
    if type_ == "fact.taken_down":
        return Role.STANDARDS
    return Role.EDITOR if type_ in EDITORIAL else Role.CONTRIBUTOR


def authenticate() -> Token:
    """Return the token that the request bears. Raises Unauthenticated."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    desk = current_desk()
    token = find_token(desk.database, text.strip(), desk.clock()) if scheme.lower() == "bearer" else None
    if token is None:
        raise Unauthenticated("this needs a token in force, sent as `Authorization: Bearer timeline_…`")
    return token


def require(rights: Rights, least: Role, story: str, what: str) -> None:
    """Refuse somebody who has not at least this role in a story, or in ANY. Raises Forbidden."""
    if not may(rights, least, story):
        held = rights.role_in(story)
        where = "all stories" if story == ANY else story[:80]
        present = f"is {held}" if held else "has no role"
        raise Forbidden(f"{rights.name} {present} in {where}; {what[:100]} needs the role {least}")


def authorize(rights: Rights, story: str, types: Iterable[str], actors: Iterable[str | None]) -> None:
    """Refuse what somebody may not append to a story, or would append in another's name. Raises Forbidden."""
    for type_ in types:
        require(rights, required_role(type_), story, type_)
        if type_ == "fact.taken_down" and isinstance(rights, Token) and rights.owner is not None:
            where = f"/desk/stories/{story}/facts/<id>/takedown"
            raise Forbidden(f"a takedown needs two people: {rights.owner.name} asks for it at {where}")
    for actor in actors:
        if actor not in (None, rights.name):
            raise Forbidden(f"the actor of this token is “{rights.name}”, not “{actor}”; leave `actor` out")
