"""What every request needs: the desk, the vantage it asks for, and the version it may answer 304 to."""

import re
from collections.abc import Callable, Iterable
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Final

from flask import Response, current_app, make_response, request

from timeline.desk import Desk
from timeline.domain.errors import MalformedParameter, UnknownKind
from timeline.kinds.kind import find_kind
from timeline.store.rows import Head

SPAN: Final = 1_000
"""What changed between two versions is told if at most so many events lie between them."""


def current_desk() -> Desk:
    """Return the desk of the application that answers this request."""
    desk: Desk = current_app.extensions["desk"]
    return desk


def etag(head: Head) -> str:
    """Return the tag of whatever is shown of a story: it changes with its record, its kind and this code."""
    return tag_of(head.kind, head.version)


def tag_of(kind: str, version: int) -> str:
    """Return the tag of a story of a kind at a version."""
    return f"{version}-{_revision(kind)}.{build()}"


def etag_of_all(heads: Iterable[Head]) -> str:
    """Return the tag of whatever is shown of all stories."""
    return sha256(" ".join(f"{head.slug} {etag(head)}" for head in heads).encode()).hexdigest()[:24]


def conditional(tag: str, render: Callable[[], Response | str]) -> Response:
    """Answer 304 to a reader who has this already, else render it; caches may keep it, but must ask each time.

    Never `immutable`, not even for a version: a takedown must reach every copy.
    """
    # A tag that came back from a compressed answer ends in the name of its encoding.
    sent = request.if_none_match.as_set(include_weak=True)  # For what is no tag, None stands among them.
    known = request.if_none_match.star_tag or any((each or "").partition(":")[0] == tag for each in sent)
    response = make_response("", HTTPStatus.NOT_MODIFIED) if known else make_response(render())
    response.set_etag(tag)
    response.cache_control.no_cache = True
    return response


def whole_number(name: str, least: int = 1, most: int = 999_999_999) -> int | None:
    """Return the number that an argument gives, None without it. Raises MalformedParameter."""
    text = request.args.get(name)
    if text is not None and not (re.fullmatch(r"\d{1,10}", text, re.ASCII) and least <= int(text) <= most):
        raise MalformedParameter(f"{name} is “{text[:80]}”; it is a whole number from {least} to {most}")
    return None if text is None else int(text)


@cache
def build() -> str:
    """Return a name for the code that renders: the same for the same templates and modules."""
    folder = Path(__file__).parents[1]
    found = sha256(version_of("timeline").encode())
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".html", ".css", ".js"):
            found.update(path.read_bytes())
    return found.hexdigest()[:12]


def _revision(kind: str) -> int:
    """Return a kind's revision; 0 if its package is gone, which must not hide the stories of other kinds."""
    try:
        return find_kind(kind).revision
    except UnknownKind:
        return 0
