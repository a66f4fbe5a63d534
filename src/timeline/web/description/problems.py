"""The problems of the document: what each code means, and one as it is really answered."""

from collections.abc import Iterator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from uuid import UUID

from werkzeug.exceptions import HTTPException, default_exceptions

from timeline.answers import Problem
from timeline.domain import errors
from timeline.domain.errors import Fault, Refusal
from timeline.web.description.parameters import FACT, STORY
from timeline.web.newsroom import SPAN
from timeline.web.problems import Forbidden, Unauthenticated, problem_of, problem_of_http

_ID: Final = UUID(FACT)
_HEADLINE: Final = [Fault("headline", "Field required")]

REFUSALS: Final[tuple[Refusal, ...]] = (
    errors.MalformedJson("the text is not JSON: Expecting value: line 1 column 1 (char 0)"),
    errors.MalformedMoment("yesterday"),
    errors.NaiveMoment("2025-03-02T19:45:00"),
    errors.MalformedVantage("the cursor is not one that a page gave as `next`"),
    errors.MalformedParameter("limit is “0”; it is a whole number from 1 to 1000"),
    errors.InvalidSlug("97th Academy Awards"),
    errors.InvalidEvent("the event is not well formed", [Fault("occurred_at", "a fact needs its moment")]),
    errors.InvalidData("update.reported refuses its data", _HEADLINE),
    errors.InvalidCorrection("update.reported refuses its data", _HEADLINE),
    errors.UnknownStory("96th-academy-awards"),
    errors.StoryExists(STORY, 67),
    errors.UnknownKind("football", ["ceremony", "general"]),
    errors.UnknownType("goal.scored", "general", ["update.reported"]),
    errors.UnknownFact(_ID, "89th-academy-awards"),
    errors.FutureFact(datetime(2035, 3, 3, tzinfo=UTC), datetime(2025, 3, 3, tzinfo=UTC)),
    errors.MissingNote("fact.retracted"),
    errors.NothingChanged(_ID),
    errors.AlreadyRetracted(_ID, 68),
    errors.NotRetracted(_ID, "standing"),
    errors.AlreadyTakenDown(_ID),
    errors.WrongVersion(STORY, 67, 66),
    errors.VersionBeyondHead(STORY, 67, 68),
    errors.SpanTooLong(1, 20_000, SPAN),
    errors.IdAlreadyUsed(_ID, 52, ["occurred_at"]),
    errors.StoreUnavailable("the database cannot be reached"),
    errors.SchemaMismatch("the database is older than this code"),
    Unauthenticated("this needs a token in force, sent as `Authorization: Bearer timeline_…`"),
    Forbidden("Ana is contributor in all stories; fact.taken_down needs the role standards"),
)
"""One refusal of every class that the API answers with."""

HTTP: Final = (
    *(HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    *(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.SERVICE_UNAVAILABLE),
)


def problems() -> Iterator[tuple[str, str, Problem]]:
    """Yield every problem with its code and its meaning."""
    for refusal in REFUSALS:
        yield refusal.code, " ".join((type(refusal).__doc__ or "").split()), problem_of(refusal)
    for status in HTTP:
        problem = problem_of_http(http_error(status))
        yield code_of(problem), status.description, problem


def http_error(status: HTTPStatus) -> HTTPException:
    """Return an error of HTTP itself."""
    return default_exceptions[status]()


def code_of(problem: Problem) -> str:
    """Return the code at the end of a problem's type."""
    return problem["type"].rpartition("/")[2]
