"""A takedown by the API: a person's token is one person, and two are needed; a token of the command line is not."""

from typing import Any

import pytest

from newsroom import STORY, Newsroom, report
from timeline.store.people import Role, create_person
from timeline.store.tokens import create_token
from wire import Wire, borne, problem, sent


@pytest.mark.parametrize("role", [Role.STANDARDS, Role.ADMIN])
def test_the_token_of_a_person_takes_nothing_down(wire: Wire, role: Role) -> None:
    event = _takedown(wire.newsroom)
    bearer = _owned(wire.newsroom, role)
    before = wire.newsroom.trace()

    told = problem(bearer.append(event), 403, "forbidden")
    problem(bearer.append([sent(wire.newsroom), event]), 403, "forbidden")

    assert "two people" in told["detail"]
    assert f"/desk/stories/{STORY}/facts/<id>/takedown" in told["detail"]
    assert wire.newsroom.trace() == before


def test_the_token_of_a_person_does_everything_else(wire: Wire) -> None:
    fact = _takedown(wire.newsroom)["data"]["fact"]
    bearer = _owned(wire.newsroom, Role.STANDARDS)

    for type_, data in (("fact.pinned", {}), ("fact.retracted", {"note": "Wrong."})):
        assert bearer.append({"type": type_, "data": {"fact": fact} | data}).status_code == 201


def test_a_token_made_at_the_command_line_may_still_take_down(wire: Wire) -> None:
    assert wire.bearing(Role.STANDARDS).append(_takedown(wire.newsroom)).status_code == 201


def _owned(newsroom: Newsroom, role: Role) -> Wire:
    owner = create_person(newsroom.database, "Ana", STORY, role, by="a test", now=newsroom.clock())
    return borne(newsroom, create_token(newsroom.database, "Ana", role, newsroom.clock(), story=STORY, owner=owner))


def _takedown(newsroom: Newsroom) -> dict[str, Any]:
    """Publish a fact and return the takedown of it as a program sends it."""
    fact = report("A name that must go")
    newsroom.publish(fact)
    said = {"fact": str(fact.id), "basis": "court order", "note": "A court ordered it."}
    return {"type": "fact.taken_down", "data": said}
