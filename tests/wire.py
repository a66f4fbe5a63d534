"""The API as another program meets it: requests with a token, answers as JSON."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from newsroom import Newsroom
from timeline.domain.moments import format_moment
from timeline.store.people import ANY, Role
from timeline.store.tokens import create_token
from timeline.web.app import create_app

PROBLEM = "application/problem+json"
NAME = "Ana"
"""Whose tokens the tests' requests bear."""


@dataclass(frozen=True, slots=True)
class Wire:
    """A newsroom behind its API, asked by somebody who bears a token."""

    newsroom: Newsroom
    token: str
    client: FlaskClient

    def get(self, path: str, /, **query: str | int) -> TestResponse:
        return self.client.get(f"/api{path}?{urlencode(query)}")

    def get_unless(self, path: str, tag: str) -> TestResponse:
        """Ask as one who has the answer with this ETag already."""
        return self.client.get(f"/api{path}", headers={"If-None-Match": tag})

    def read(self, path: str, /, **query: str | int) -> Any:
        """Return the JSON of an answer that must be 200."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json

    def post(self, path: str, body: Any, token: str | None = None, **headers: str) -> TestResponse:
        """Post a JSON value, or bytes as they are; header names have `_` for `-`."""
        sent = {"Authorization": f"Bearer {token or self.token}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(f"/api{path}", data=data, headers=sent)

    def append(self, body: Any, **headers: str) -> TestResponse:
        """Post to the record of the newsroom's story."""
        return self.post(f"/stories/{self.newsroom.story}/record", body, **headers)

    def bearing(self, role: Role, story: str = ANY) -> "Wire":
        return Wire(self.newsroom, _token(self.newsroom, role, story), self.client)


def wired(newsroom: Newsroom, role: Role = Role.ADMIN) -> Wire:
    """Return the newsroom's API with a new token of a role."""
    return borne(newsroom, _token(newsroom, role))


def borne(newsroom: Newsroom, token: str) -> Wire:
    """Return the newsroom's API, asked by somebody who bears this token, good or bad."""
    return Wire(newsroom, token, create_app(newsroom.desk).test_client())


def _token(newsroom: Newsroom, role: Role, story: str = ANY) -> str:
    return create_token(newsroom.database, NAME, role, newsroom.clock(), story=story)


def sent(newsroom: Newsroom, headline: str = "Anora leads", **envelope: Any) -> dict[str, Any]:
    """Return a report as a program would send it."""
    moment = format_moment(newsroom.clock())
    return {
        "id": str(uuid4()),
        "type": "update.reported",
        "occurred_at": moment,
        "data": {"headline": headline},
    } | envelope


def problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """Return a problem (RFC 9457), which must be whole, of this status and of this type."""
    assert (answer.status_code, answer.mimetype) == (status, PROBLEM), answer.text
    told: dict[str, Any] = answer.json or {}
    assert (told["type"], told["status"]) == (f"/problems/{code}", status), told
    assert told["title"]
    assert told["detail"]
    assert answer.headers["Cache-Control"] == "no-store"
    return told
