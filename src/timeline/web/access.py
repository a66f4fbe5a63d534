"""Who may append what through the API."""

from collections.abc import Iterable

from flask import request

from timeline.domain.event import EDITORIAL
from timeline.store.tokens import Role, Token, find_token
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
    token = find_token(current_desk().database, text.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        raise Unauthenticated("this needs a token in force, sent as `Authorization: Bearer timeline_…`")
    return token


def authorize(token: Token, types: Iterable[str], actors: Iterable[str | None]) -> None:
    """Refuse what the token's role may not append, or what it would append in another's name. Raises Forbidden."""
    for type_ in types:
        needed = required_role(type_)
        if token.role < needed:
            raise Forbidden(
                f"{token.name} is {token.role.name.lower()}; {type_[:100]} needs the role {needed.name.lower()}"
            )
    for actor in actors:
        if actor not in (None, token.name):
            raise Forbidden(f"the actor of this token is “{token.name}”, not “{actor}”; leave `actor` out")
