"""The desk's pages as somebody meets them who is signed in, or who is not."""

from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from newsroom import Newsroom
from timeline.store.passwords import hash_password
from timeline.store.people import ANY, Person, Role, create_person, find_person
from timeline.store.sessions import begin_session
from timeline.web.app import create_app
from timeline.web.desk.guard import COOKIE

PASSWORD = "a sentence that nobody guesses"
OURS = {"Sec-Fetch-Site": "same-origin"}
"""What every browser says of a form that stands on our own page."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """A browser at the desk, signed in or not."""

    newsroom: Newsroom
    client: FlaskClient
    name: str = ""

    def get(self, path: str = "", /, **query: str | int) -> TestResponse:
        return self.client.get(f"/desk{path}?{urlencode(query)}")

    def post(self, path: str, /, headers: dict[str, str] | None = None, **form: Any) -> TestResponse:
        """Send a form as our own page does; names are as they are posted, `data__people` for `data.people`."""
        fields = {name.replace("__", "."): value for name, value in form.items()}
        return self.client.post(f"/desk{path}", data=fields, headers=OURS | (headers or {}))


def app_of(newsroom: Newsroom) -> Flask:
    """Return the application over a newsroom's database, with its clock."""
    return create_app(newsroom.desk)


def stranger(newsroom: Newsroom) -> Visitor:
    """Return somebody who is not signed in."""
    return Visitor(newsroom, app_of(newsroom).test_client())


def signed_in(newsroom: Newsroom, name: str = "Ana", role: Role = Role.EDITOR, story: str = ANY) -> Visitor:
    """Return somebody who is signed in, made with this role if they are not there yet."""
    person = find_person(newsroom.database, name) or create_person(
        newsroom.database, name, story, role, by="a test", now=newsroom.clock()
    )
    visitor = Visitor(newsroom, app_of(newsroom).test_client(), person.name)
    secret = begin_session(newsroom.database, person.id, newsroom.clock())
    visitor.client.set_cookie(COOKIE, secret, secure=True, path="/")
    return visitor


def with_password(newsroom: Newsroom, name: str = "Ana", role: Role = Role.EDITOR, story: str = ANY) -> Person:
    """Make somebody who can sign in with PASSWORD."""
    now = newsroom.clock()
    return create_person(newsroom.database, name, story, role, by="a test", now=now, password=_kept())


@cache
def _kept() -> str:
    return hash_password(PASSWORD)
